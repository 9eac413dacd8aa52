"""What the shell offers where a command takes the address of a feed (Click's shell completion)."""

from datetime import UTC, datetime

import click
from click.shell_completion import CompletionItem

from feeds.cli.options import load_of_context
from feeds.errors import FeedsError

# A shell asks before it shows more than a hundred or so.
_MOST = 500


class FeedPath(click.ParamType[str]):
    """A path of the site: `topics/ai`, `topics/ai.atom`."""

    name = "path"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The paths of groups that begin with `incomplete`; also of their feeds, if only one group is left or there is a dot."""
        from feeds.site.build import build

        try:
            settings = load_of_context(ctx)()
            groups = build(settings, datetime.now(UTC)).site.collection.groups
        except (FeedsError, click.ClickException):
            # There is no site here: the shell offers nothing.
            return []
        found = [path for path in groups if path.startswith(incomplete)]
        if len(found) <= 1 or "." in incomplete:
            feeds = [f"{path}.{format}" for path in groups for format in settings.formats]
            found += [path for path in feeds if path.startswith(incomplete)]
        return [CompletionItem(path) for path in found[:_MOST]]
