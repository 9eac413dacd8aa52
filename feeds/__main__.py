"""`python -m feeds` is the `feeds` command."""

import gc
import os
import sys
import threading


def main() -> None:
    """Run the command, and end the process."""
    # Modules stay in memory; to search them for cycles while they load would take a tenth more time.
    gc.disable()
    from feeds import cli

    gc.enable()
    try:
        cli.main()
    except SystemExit as ended:
        # This exception still holds the export's result: to free that would take longer than to end the process.
        if (ended.code is None or isinstance(ended.code, int)) and threading.active_count() == 1:
            status = ended.code or 0
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            except BrokenPipeError:
                # The reader of our output has closed it.
                status = 1
            if (sqlite := sys.modules.get("feeds.storage.sqlite")) is not None:
                sqlite.close_all()
            os._exit(status)
        raise


if __name__ == "__main__":
    main()
