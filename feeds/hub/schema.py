"""The tables of the hub. They can't be made again: subscribers would have to subscribe again.

`topics` holds what was last announced of each feed: `publisher` rows to other hubs, `hub` rows to our own subscribers.
`deliveries` has a row for each subscription, and for each hub that is to be pinged about a feed. A row is pending while it has a
`due` time. A server claims a row by moving `due` to the end of a short lease, so that the rows of a killed server become due
again. Each change of the feed adds 1 to `wanted`; `delivered` is the count that the subscriber has. `intents` are requests to
subscribe or unsubscribe that are yet to be verified, and denials that are yet to be sent. Moments are in milliseconds.
"""

from feeds.storage.database import Schema

_FIRST = """
create table topics (
    role text not null, url text not null, digest text not null, trace bytes not null, generation bigint not null,
    primary key (role, url));
create table deliveries (
    key text primary key, protocol text not null, topic text not null, callback text not null, host text not null,
    secret text not null, expires bigint not null, wanted bigint not null, delivered bigint not null, due bigint,
    attempts bigint not null, behind bigint, said text not null);
create index deliveries_due on deliveries (due) where due is not null;
create index deliveries_by_topic on deliveries (topic, protocol);
create index deliveries_by_host on deliveries (host);
create table intents (
    key text primary key, protocol text not null, mode text not null, topic text not null, callback text not null,
    host text not null, secret text not null, seconds bigint not null, due bigint not null, attempts bigint not null)
"""
SCHEMA = Schema("hub", (_FIRST,))
