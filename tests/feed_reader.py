"""A feed reader: the `reader` library, as a subscriber uses it over HTTP."""

import socket

import reader


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Subscriber:
    """A subscriber of feeds who reads every entry."""

    def __init__(self, *feeds: str) -> None:
        self.feeds = feeds
        self._reader = reader.make_reader(":memory:")
        for feed in self.feeds:
            self._reader.add_feed(feed)

    def visit(self) -> list[set[str]]:
        """Update, and return the titles of unread entries in each feed, which are read from then on."""
        for feed in self.feeds:
            self._reader.update_feed(feed)
        unread = []
        for feed in self.feeds:
            new = list(self._reader.get_entries(feed=feed, read=False))
            unread.append({entry.title or "" for entry in new})
            for entry in new:
                self._reader.mark_entry_as_read(entry)
        return unread

    def shelf(self, feed: str) -> dict[str, tuple[str, str]]:
        """The entries that the reader keeps of a feed: titles and texts, by id."""
        entries = self._reader.get_entries(feed=feed)
        return {entry.id: (entry.title or "", f"{entry.summary} {entry.content} {entry.link}") for entry in entries}
