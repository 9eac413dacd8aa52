"""The `feeds` command: each subcommand is a module that parses, calls and prints.

Results go to stdout; progress and problems to stderr, progress only on a terminal. Exit status: 0 all well, 1 problems under
--strict or harm to subscribers, 2 wrong use or config.
"""

import os
import sys
from importlib import import_module

import click

from feeds.cli.output import fail
from feeds.errors import FeedsError
from feeds.version import __version__

# The subcommands. Each is the function of that name, in the module of that name.
_COMMANDS = ("check", "diff", "doctor", "export", "hub", "init", "ledger", "list", "new", "serve", "show")


class _Commands(click.Group):
    """The subcommands. Only the one that is called is imported, since most of the time to start is imports."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(import_module(f"feeds.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            # Click looks for the name that was meant among commands that are imported.
            raise click.NoSuchCommand(error.command_name, possibilities=_COMMANDS, ctx=ctx) from None


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
def app() -> None:
    """Publish a folder of articles as RSS, Atom and JSON Feed."""


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
