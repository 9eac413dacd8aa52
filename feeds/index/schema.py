"""The tables of the index. All of it can be made again. A migration is never changed once it was released.

What can't be made again is elsewhere, so that every migration keeps it: when documents changed and what was ever published
(`history`), subscriptions (`feeds.hub`), and identities (`feeds.ledger`).

A `home` stands for all that reading depends on beside the documents, a `site` for a home grouped by one config. Rows of
`articles` and `bodies` never change. A membership holds from the generation `since` until the generation `until`, so that a
server can show one state while the next is written. Generations are moments in microseconds; a site has taken in the
documents of its home up to the generation `read`, and its articles are placed as of the `moment`, in seconds like those
when articles were published, last updated, and expire. A `rendering` stands for the settings that entries are rendered by.

The id of an article is the ledger's, its `digest` that of what its document says, and its `line` what the ledger would hold of
it by its document alone. A home was last compared with the state `ledger` of that, and its articles up to the number
`identified`. `withdrawn` is the moment of an article of which only a notice is left; it has no document. Of identities that are
`unrecorded` the ledger may hold something else than what is published; an empty one stands for all. Those that are `held` are
in the ledger, and no document has them at the moment.
"""

from feeds.storage.database import Schema

# All tables that the index ever had. Before version 4 none was released, so what they hold is read again.
_EARLIER = (
    *("documents", "seen", "articles", "entries", "made", "catalogues", "pieces", "files", "dropped", "used", "homes", "sites"),
    *("remarks", "bodies", "touched", "held", "unrecorded", "groups", "spellings", "memberships", "changes", "looks", "outputs"),
    *("exports", "words", "renderings"),
)
_TABLES = """
create table homes (
    number bigint primary key, name text not null unique, generation bigint not null, used bigint not null,
    ledger text not null, identified bigint not null);
create table sites (
    number bigint primary key, home bigint not null, name text not null, generation bigint not null, read bigint not null,
    renamed bigint not null, moment bigint not null, used bigint not null);
create index sites_by_name on sites (home, name);
create table documents (
    home bigint not null, folder text not null, name text not null, stamp text not null, content bytes not null, article bigint,
    primary key (home, folder, name)) without rowid;
create table remarks (
    home bigint not null, path text not null, problems bytes, broken bytes, places bytes, primary key (home, path)) without rowid;
create table articles (
    number bigint primary key, home bigint not null, id text not null, published bigint not null, updated bigint not null,
    expires bigint, digest bytes not null, listing bytes not null, line bytes, withdrawn bigint, dropped bigint);
create index articles_by_id on articles (home, id);
create index articles_by_moment on articles (home, published);
create index articles_expiring on articles (home, expires) where expires is not null;
create index articles_withdrawn on articles (home, withdrawn) where withdrawn is not null;
create index articles_dropped on articles (dropped) where dropped is not null;
create table bodies (number bigint primary key, article bytes not null);
create table touched (home bigint not null, generation bigint not null, id text not null, primary key (home, generation, id))
    without rowid;
create table held (home bigint not null, id text not null, primary key (home, id)) without rowid;
create table unrecorded (site bigint not null, id text not null, primary key (site, id)) without rowid;
create table groups (
    number bigint primary key, site bigint not null, kind text not null, key text not null, label text not null,
    slug text not null, size bigint not null, mentions bigint not null, part bytes, changed bigint not null,
    unique (site, kind, key));
create table spellings (grp bigint not null, name text not null, count bigint not null, primary key (grp, name)) without rowid;
create table memberships (
    grp bigint not null, published bigint not null, article bigint not null, since bigint not null, until bigint,
    topics bigint, provider bigint, primary key (grp, published, article, since)) without rowid;
create index memberships_ended on memberships (until) where until is not null;
create table changes (
    site bigint not null, generation bigint not null, grp bigint not null, published bigint not null,
    primary key (site, generation, grp, published)) without rowid;
create table entries (
    rendering text not null, article bigint not null, names bytes not null, bodies bytes not null,
    primary key (rendering, article));
create index entries_unrendered on entries (rendering) where length(bodies) = 0;
create table renderings (name text primary key, used bigint not null);
create table outputs (
    place text not null, path text not null, grp bigint not null, key bytes not null, sha256 bytes not null, stamp text not null,
    unique (place, path));
create index outputs_by_group on outputs (place, grp);
create table exports (
    place text primary key, site bigint not null, generation bigint not null, facts bytes not null, counts bytes not null);
create table files (
    home bigint not null, document text not null, path text not null, body bytes not null, primary key (home, document, path));
create index files_by_path on files (home, path)
"""
# The words of articles, for search, as `text.words` cuts them; the row's number is the article's. FTS5's own tokenizers know
# either words between spaces or groups of three letters, which miss most words of Chinese and Japanese.
_WORDS = "create virtual table words using fts5(title, rest, tokenize = \"unicode61 remove_diacritics 0 categories 'L* N* M*'\")"
_FOURTH = ";".join([*(f"drop table if exists {name}" for name in _EARLIER), *_TABLES.strip().split(";"), _WORDS])
SCHEMA = Schema("index", ("", "", "", _FOURTH), is_cache=True)
