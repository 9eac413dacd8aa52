"""Reading in a process apart, so that a server goes on answering while thousands of documents are read.

The process is this module, run: it takes a config and what is to be read from its standard input, and writes records to its
standard output, both pickled. Nothing else ever speaks to it.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice

from feeds.config.types import Config
from feeds.sources import readers
from feeds.sources.reading import Record
from feeds.sources.scan import Found

# Less than this is read sooner than a process starts.
_FEW = 100
_BATCH = 100


def read(config: Config, wanted: Sequence[tuple[Found, bytes | None]]) -> Iterator[Record]:
    """Records of documents, as `readers.read` gives them."""
    if len(wanted) < _FEW:
        yield from readers.read(config, wanted)
        return
    done = 0
    command = [sys.executable, "-m", __name__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603  # Python and this very module, nothing that was asked
        assert process.stdin is not None, "asked for"
        assert process.stdout is not None, "asked for"
        try:
            pickle.dump((config, list(wanted)), process.stdin)
            process.stdin.close()
            while done < len(wanted):
                records: list[Record] = pickle.load(process.stdout)  # noqa: S301  # from the process that was started here
                yield from records
                done += len(records)
        except (EOFError, BrokenPipeError, pickle.UnpicklingError):
            # It was killed, as for want of memory: what it left is read here.
            pass
        finally:
            process.kill()
    yield from readers.read(config, wanted[done:])


def main() -> None:
    """Be the process."""
    # Whoever asks the server for a feed goes first.
    os.nice(10)
    # Without an end, the server that asked has ended.
    with suppress(EOFError, BrokenPipeError, pickle.UnpicklingError):
        config, wanted = pickle.load(sys.stdin.buffer)  # noqa: S301  # from the process that started this one
        waiting = readers.read(config, wanted)
        while records := list(islice(waiting, _BATCH)):
            pickle.dump(records, sys.stdout.buffer)
            sys.stdout.buffer.flush()
    # Nobody reads what is left to be flushed.
    os._exit(0)


if __name__ == "__main__":
    main()
