"""Fixtures: an empty site, a PostgreSQL, and URLs of databases for an index."""

import os
from collections.abc import Iterator
from pathlib import Path

import plans
import postgres
import pytest
from hypothesis import HealthCheck, Phase, settings
from support import CONFIG, Site

# Slow examples are not failures on a busy machine. The examples are the same each time.
settings.register_profile("feeds", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
# For tools/mutants.py: one example that fails is enough.
settings.register_profile("mutants", settings.get_profile("feeds"), max_examples=30, phases=[Phase.explicit, Phase.generate])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "feeds"))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site with a config and no articles yet."""
    made = Site(tmp_path).write({"config.yaml": CONFIG})
    (tmp_path / "articles").mkdir()
    return made


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Cluster]:
    """A running PostgreSQL for all tests of a process."""
    with postgres.cluster() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database for an index, in a file and in PostgreSQL."""
    if request.param == "sqlite":
        return "sqlite:///.feeds/index.db"
    cluster: postgres.Cluster = request.getfixturevalue("postgresql")
    return cluster.url()


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> plans.Statements:
    """Every SQL statement that the test runs, with example parameters."""
    return plans.record(monkeypatch)
