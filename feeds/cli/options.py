"""Options that several commands have."""

import sys
from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from feeds.cli.config import DEFAULT_CONFIG, OTHER_CONFIG, Load, config_in
from feeds.config import loader
from feeds.config.types import Config
from feeds.errors import ConfigError, visible

Command = Callable[..., object]


def of_a_site(command: Command) -> Command:
    """Add the options that every command has. The command gets a function `load` that reads the config with them."""

    @click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path),
        default=lambda: config_in(Path()),
        envvar="FEEDS_CONFIG",
        help="The config file.",
        show_default=f"{OTHER_CONFIG} if there is one, else {DEFAULT_CONFIG}",
        show_envvar=True,
    )
    @click.option("--source", "sources", multiple=True, help="A folder of articles, in place of the config's. May be repeated.")
    @click.option("--base-url", help="Where the feeds will be, in place of site.url.")
    @click.option("--drafts", is_flag=True, help="Publish drafts, removed and scheduled articles too.")
    @wraps(command)
    def run(
        config_file: Path,
        sources: tuple[str, ...],
        base_url: str | None,
        folder: Path | None = None,
        *,
        drafts: bool,
        **options: Any,
    ) -> object:
        load: Load = partial(_load, config_file, sources=sources, base_url=base_url, drafts=drafts)
        if folder is not None:
            from feeds.cli.folder import load_of

            if sources or config_file != config_in(Path()):
                raise click.UsageError("FOLDER has a config of its own: it goes with neither --config nor --source")
            at = f"http://{options['host']}:{options['port']}" if "port" in options else None
            load = load_of(folder, base_url=base_url, drafts=drafts, listens_at=at)
        try:
            return command(load, **options)
        except KeyboardInterrupt:
            # Before Click sees it, which says "Aborted!". 130 is a shell's status for an interrupt.
            sys.exit(130)
        except ConfigError as error:
            from feeds.config import generators

            found = generators.recognise(config_file.parent) if config_file.is_file() else None
            if found is not None and found.file == config_file.name:
                message = f"{config_file}: this is {found.generator}'s config; `feeds init` makes ours from it, {OTHER_CONFIG}"
                raise click.UsageError(visible(message)) from error
            raise

    return run


def shrinking(settings: Config, *, allow_shrink: bool) -> Config:
    """`settings`, without the protection against vanished articles if `allowed`."""
    return replace(settings, least_left=0.0) if allow_shrink else settings


def load_of_context(ctx: click.Context) -> Load:
    """How to read the config that the options of an unfinished command line name."""
    given = ctx.params
    return partial(
        _load,
        given.get("config_file") or config_in(Path()),
        sources=tuple(given.get("sources") or ()),
        base_url=given.get("base_url"),
        drafts=bool(given.get("drafts")),
    )


def _load(config_file: Path, **options: Any) -> Config:
    if not config_file.exists():
        raise click.UsageError(
            f"{visible(str(config_file))}: there is no such config; `feeds init` writes one, --config names another, and "
            "`feeds serve FOLDER` or `feeds export FOLDER` need none"
        )
    return loader.load(config_file, **options)


strict_option = click.option("--strict", is_flag=True, help="Exit with 1 if any document is in error.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for a program to read.")
shrink_option = click.option(
    "--allow-shrink", is_flag=True, help="Publish this state though most articles have vanished: that is meant."
)
folder_argument = click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
