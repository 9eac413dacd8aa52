"""The server's metrics in the format of Prometheus. They cover only what is public: no drafts, no scheduled articles."""

import re
from collections import OrderedDict
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_SUBSCRIBERS = re.compile(rb"(\d{1,9})\s+(?:subscribers?|readers?)", re.IGNORECASE)
_MOST_READERS = 1000


class Meter(Collector):
    """Counters without a lock, so that prepared answers never wait. Only the event loop may change them."""

    def __init__(self) -> None:
        # 200s and 304s that the door sends without further work. `requests` does not include them.
        self.sent = 0
        self.spared = 0
        self.requests: dict[tuple[str, int], int] = {}
        self.build_seconds = 0.0
        self.articles = 0
        self.documents_in_error = 0
        self._subscribers: OrderedDict[tuple[bytes, str], int] = OrderedDict()

    def count(self, kind: str, status: int) -> None:
        """Count a response."""
        key = (kind, status)
        self.requests[key] = self.requests.get(key, 0) + 1

    def read(self, agent: bytes, path: str) -> None:
        """Store the number of subscribers that a User-Agent reports for a feed, as in `Feedly/1.0 (…; 42 subscribers)`."""
        match = _SUBSCRIBERS.search(agent)
        if match is not None:
            name = re.split(rb"[/ (;]", agent, maxsplit=1)[0][:40]
            self._subscribers[name, path] = int(match[1])
            self._subscribers.move_to_end((name, path))
            if len(self._subscribers) > _MOST_READERS:
                self._subscribers.popitem(last=False)

    def collect(self) -> Iterable[Metric]:
        """The metrics, for prometheus-client."""
        counted = dict(self.requests)
        for key, number in ((("document", 200), self.sent), (("document", 304), self.spared)):
            counted[key] = counted.get(key, 0) + number
        requests = CounterMetricFamily("feeds_requests", "Requests by kind and status.", labels=("kind", "status"))
        for (kind, status), number in sorted(counted.items()):
            requests.add_metric((kind, str(status)), number)
        yield requests
        answered = sum(number for (_, status), number in counted.items() if status in (200, 226, 304))
        spared = sum(number for (_, status), number in counted.items() if status == 304)
        share = spared / answered if answered else 0.0
        yield GaugeMetricFamily("feeds_not_modified_ratio", "Share of 304 among responses for documents.", share)
        yield GaugeMetricFamily("feeds_build_seconds", "How long the newest build took.", self.build_seconds)
        yield GaugeMetricFamily("feeds_articles", "Published articles.", self.articles)
        yield GaugeMetricFamily("feeds_documents_in_error", "Documents that can't be read.", self.documents_in_error)
        subscribers = GaugeMetricFamily("feeds_subscribers", "Subscribers as readers report them.", labels=("reader", "path"))
        for (reader, path), number in sorted(self._subscribers.items()):
            subscribers.add_metric((reader.decode("ascii", "replace"), path), number)
        yield subscribers


def text(*collectors: Collector) -> bytes:
    """The metrics of `collectors` in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    for each in collectors:
        registry.register(each)
    return generate_latest(registry)
