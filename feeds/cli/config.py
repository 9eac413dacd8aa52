"""What commands know of the config: where it is, and how it is read."""

from collections.abc import Callable
from pathlib import Path

from feeds.config.types import Config

DEFAULT_CONFIG = Path("config.yaml")
# Reads the config anew: it may have changed since.
Load = Callable[[], Config]
