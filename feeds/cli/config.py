"""The config of a command: finding its file, and reading it."""

from collections.abc import Callable
from pathlib import Path

from feeds.config.types import USUAL_CONFIGS, Config

DEFAULT_CONFIG, OTHER_CONFIG = map(Path, USUAL_CONFIGS)
# Reads the config again, since it may have changed.
Load = Callable[[], Config]


def config_in(folder: Path) -> Path:
    """The config of a folder, whether it is there or not."""
    other = folder / OTHER_CONFIG
    return other if other.is_file() else folder / DEFAULT_CONFIG
