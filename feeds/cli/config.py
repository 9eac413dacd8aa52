"""The config of a command: finding its file, and reading it."""

from collections.abc import Callable
from pathlib import Path

from feeds.config.types import Config

DEFAULT_CONFIG = Path("config.yaml")
# What ours is called beside a `config.yaml` of Hugo.
OTHER_CONFIG = Path("feeds.yaml")
# Reads the config again, since it may have changed.
Load = Callable[[], Config]


def config_in(folder: Path) -> Path:
    """The config of a folder, whether it is there or not."""
    other = folder / OTHER_CONFIG
    return other if other.is_file() else folder / DEFAULT_CONFIG
