"""The cost of a delivery does not grow with the number of subscriptions: no SQL statement scans a table."""

from plans import Statements, scans
from support import Site

from feeds.config import loader
from feeds.hub.records import Intent, Protocol, Role, Topic
from feeds.hub.store import Store

# Requests that wait to be verified are few.
WHOLE = (
    "from intents",
    "select count(*) from deliveries",
    "count(distinct topic)",
    "behind is not null",
    "expires <= ?",
    "group by topic",
)


def test_no_statement_of_a_delivery_scans_a_table(site: Site, database_url: str, statements: Statements) -> None:
    site.configure(hub=True, index=database_url)
    store = Store(loader.load(site.folder / "config.yaml"))
    feed = Topic("https://feeds.example.org/all.atom", "a", b"", 1)
    readers = [Intent(Protocol.WEBSUB, "subscribe", feed.url, f"https://{n}.example/", "", 600, 0) for n in range(3)]
    for reader in readers:
        assert store.ask(reader, per_topic=9, per_host=9, at_once=9) == ""
    assert len(store.claim_intents(9, per_host=8)) == 3
    store.ask_again(readers[0], 1)
    for reader in readers:
        store.confirm(reader, feed)
    store.note(Role.HUB, [feed._replace(digest="b", generation=2)], ["https://hub.example/"], 1000)
    taken = store.claim(9, list(Protocol), failed=False, busy={"9.example": 9}, per_host=9)
    assert len(taken) == 4
    store.settle(done=taken[:1], failed=[(taken[1], 0, "status 500")], postponed=[(taken[2], 1)], ended=taken[3:])
    assert len(store.claim(9, list(Protocol), failed=True, per_host=9)) == 1
    assert store.next_due()
    store.confirm(readers[1]._replace(mode="unsubscribe"))
    store.drop(readers[2])
    assert store.topics(Role.HUB)
    assert store.end_topic(feed.url, 2)
    store.close()
    assert len(statements) > 20
    assert not scans(statements, database_url.replace("index.db", "hub.db"), site.folder, WHOLE)
