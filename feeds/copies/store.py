"""The copies that a site keeps, as files beside its index, with what is known of pictures that can't be copied.

A cache: what is deleted is fetched again. Several processes may use one.
"""

import os
import tempfile
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from feeds.config.types import Config
from feeds.copies.names import LARGE

# Seconds until a picture that could not be copied is tried again.
_AGAIN = 3600.0
_FAILED = ".failed"


class Store:
    """The copies of the site of `config`."""

    def __init__(self, config: Config) -> None:
        # Several configs may be in one folder.
        self._folder = config.state_folder / "pictures" / config.path.stem

    def has(self, name: str, width: int) -> bool:
        """Whether a copy is kept."""
        return self._file(name, width).is_file()

    def get(self, name: str, width: int) -> bytes:
        """The bytes of a copy. Raises FileNotFoundError if it is not kept."""
        return self._file(name, width).read_bytes()

    def keep(self, name: str, copies: Mapping[int, bytes]) -> None:
        """Keep the copies of one picture, by width. Raises OSError."""
        # The large one last: where it is, the others are.
        for width, body in sorted(copies.items()):
            self._write(self._file(name, width), body)

    def fail(self, name: str, why: str) -> None:
        """Record that a picture can't be copied for now. Raises OSError."""
        self._write(self._place(name, _FAILED), why.encode())

    def failure(self, name: str) -> str | None:
        """Why a picture could not be copied lately; None if another attempt is due."""
        file = self._place(name, _FAILED)
        try:
            return file.read_text("utf-8") if time.time() - file.stat().st_mtime < _AGAIN else None
        except OSError:
            return None

    def names(self) -> frozenset[str]:
        """The names of all pictures whose copies are kept."""
        ending = self._file("", LARGE).name
        return frozenset(name.removesuffix(ending) for name in self._all() if name.endswith(ending))

    def tidy(self, known: Collection[str]) -> None:
        """Delete everything of pictures whose names are not `known`."""
        for name, file in self._all().items():
            if name.partition("-")[0].partition(".")[0] not in known:
                with suppress(OSError):
                    os.unlink(file)

    def _all(self) -> dict[str, str]:
        found: dict[str, str] = {}
        with suppress(FileNotFoundError), os.scandir(self._folder) as folders:
            for folder in folders:
                with os.scandir(folder) as files:
                    found.update((file.name, file.path) for file in files)
        return found

    def _file(self, name: str, width: int) -> Path:
        return self._place(name, f"-{width}.webp")

    def _place(self, name: str, ending: str) -> Path:
        return self._folder / name[:2] / f"{name}{ending}"

    def _write(self, file: Path, body: bytes) -> None:
        """Write a file in one step."""
        file.parent.mkdir(parents=True, exist_ok=True)
        number, made = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)
        try:
            with os.fdopen(number, "wb") as opened:
                opened.write(body)
            os.replace(made, file)
        except OSError:
            Path(made).unlink(missing_ok=True)
            raise
