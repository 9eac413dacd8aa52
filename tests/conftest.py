"""Fixtures: an empty site, in a folder of its own."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from support import CONFIG, Site

# Machines that run tests are slow at times, and a slow example is no failure; the same examples each time.
settings.register_profile("feeds", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("feeds")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site with a config and no articles yet."""
    made = Site(tmp_path).write({"config.yaml": CONFIG})
    (tmp_path / "articles").mkdir()
    return made
