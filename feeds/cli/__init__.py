"""The `feeds` command: each subcommand is a module that parses, calls and prints.

Results go to stdout; progress and problems to stderr, progress only on a terminal. Exit status: 0 all well, 1 problems under
--strict or harm to subscribers, 2 wrong use or config.
"""

import os
import sys

import click

from feeds.cli.check import check
from feeds.cli.diff import diff
from feeds.cli.doctor import doctor
from feeds.cli.export import export
from feeds.cli.hub import hub
from feeds.cli.init import init
from feeds.cli.ledger import ledger
from feeds.cli.list import list_feeds
from feeds.cli.new import new
from feeds.cli.output import fail
from feeds.cli.serve import serve
from feeds.cli.show import show
from feeds.errors import FeedsError
from feeds.version import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
def app() -> None:
    """Publish a folder of articles as RSS, Atom and JSON Feed."""


for _command in (init, new, check, diff, doctor, export, serve, list_feeds, show, hub, ledger):
    app.add_command(_command)


def main() -> None:
    """Run the command. Errors are printed in plain words, with exit status 2."""
    try:
        app()
    except FeedsError as error:
        fail(str(error))
    except BrokenPipeError:
        # The reader of our output has closed it, as in `feeds show … | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
