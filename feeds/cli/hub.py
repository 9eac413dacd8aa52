"""`feeds hub`."""

from datetime import UTC, datetime

import click

from feeds.cli import listening
from feeds.cli.config import Load
from feeds.cli.options import json_option, of_a_site
from feeds.cli.output import count, fail, print_json, say
from feeds.config.types import Config

# Lines of the status.
_FEW, _MANY = 20, 1000


@click.command()
@click.argument("what", type=click.Choice(["run", "status"]), default="run")
@of_a_site
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port", default=8001, show_default=True, type=click.IntRange(0, 65535), help="The port to listen at; 0: a free one."
)
@click.option("--metrics", is_flag=True, help="Open /metrics to every client of the hub.")
@json_option
def hub(load: Load, what: str, host: str, port: int, *, metrics: bool, as_json: bool) -> None:
    """Run the WebSub hub of a static site at /hub, or print its status: subscriptions, and those that lag behind."""
    settings = load()
    if what == "status":
        _status(settings, as_json=as_json)
        return
    if settings.hub is None:
        fail(f"{settings.path}: there is no `hub`; `hub: true` makes {settings.site.url}/hub the site's hub")
    import uvicorn

    from feeds.web.hub_app import create_hub

    listening.check_address(host, port)
    app = create_hub(settings, metrics=metrics)
    listening.run(uvicorn.Server(listening.settings_of(app, host, port, timeout_graceful_shutdown=1)))


def _status(settings: Config, *, as_json: bool) -> None:
    from feeds.hub.store import Store

    store = Store(settings)
    counts, behind, topics = store.counts(), store.behind(_MANY), store.by_topic(_MANY)
    store.close()
    if as_json:
        print_json(
            {
                **counts._asdict(),
                "by_topic": dict(topics),
                "behind": [
                    {
                        "protocol": each.protocol,
                        "topic": each.topic,
                        "callback": each.callback,
                        "since": _time(each.since),
                        "attempts": each.attempts,
                        "said": each.said,
                        "next": _time(each.due) if each.due is not None else None,
                    }
                    for each in behind
                ],
            }
        )
        return
    say(f"{count(counts.subscriptions, 'subscription')} to {count(counts.topics, 'feed')}, {counts.pending} pending")
    say(f"{count(counts.pings, 'ping')} to other hubs pending, {count(counts.intents, 'request')} to be verified")
    for topic, number in topics[:_FEW]:
        say(f"{number:>8,}  {topic}")
    for each in behind[:_FEW]:
        then = f"next try at {_time(each.due)}" if each.due is not None else "being tried"
        what = f"{count(each.attempts, 'try').replace('trys', 'tries')} failed, the last with {each.said}; {then}"
        say(f"behind since {_time(each.since)}: {each.callback} with {each.topic}: {what}")
    if len(behind) > _FEW:
        say(f"{len(behind) - _FEW:,} more are behind; --json lists them")
    if behind:
        say("Each is tried until its lease ends. If many hosts fail alike, see whether this machine reaches them.")


def _time(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
