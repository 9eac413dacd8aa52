"""Fixtures: an empty site, in a folder of its own; a PostgreSQL; where an index can be kept."""

import os
from collections.abc import Iterator
from pathlib import Path

import plans
import postgres
import pytest
from hypothesis import HealthCheck, Phase, settings
from support import CONFIG, Site

# Machines that run tests are slow at times, and a slow example is no failure; the same examples each time.
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
    """A PostgreSQL that runs, for all tests of one process."""
    with postgres.cluster() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Where an index can be kept, with nothing there yet: in a file, then in PostgreSQL."""
    if request.param == "sqlite":
        return "sqlite:///.feeds/index.db"
    cluster: postgres.Cluster = request.getfixturevalue("postgresql")
    return cluster.url()


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> plans.Statements:
    """Every SQL statement that the test runs, with parameters that it runs with."""
    return plans.record(monkeypatch)
