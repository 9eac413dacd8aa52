"""The server's metrics in the format of Prometheus. They cover only what is public: no drafts, no scheduled articles."""

import re
import time
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import Message, Send

from feeds.web.connections import Gate

_SUBSCRIBERS = re.compile(rb"(\d{1,9})\s+(?:subscribers?|readers?)", re.IGNORECASE)
_MOST_READERS = 1000
# The upper ends of the histogram of response times, in seconds.
_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Meter(Collector):
    """Counters without a lock, so that prepared answers never wait. Only the event loop may change them."""

    def __init__(self, gate: Gate, state: Callable[[], Mapping[str, tuple[str, float]]]) -> None:
        self._gate = gate
        self._state = state
        self._took = [0] * (len(_BOUNDS) + 1)
        self._took_together = 0.0
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

    def observe(self, seconds: float) -> None:
        """Count how long a response took, until its first byte was handed to the system."""
        self._took[bisect_left(_BOUNDS, seconds)] += 1
        self._took_together += seconds

    def counting(self, kind: str, send: Send) -> Send:
        """Wrap the `send` of a request, so that its response is counted."""

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.count(kind, message["status"])
            await send(message)

        return counting

    def watch(self, send: Send, began: float) -> Send:
        """Wrap the `send` of a request that `began` then (`time.perf_counter`), so that it is observed."""

        async def watching(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.start":
                self.observe(time.perf_counter() - began)

        return watching

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
        for name, (meaning, value) in self._state().items():
            yield GaugeMetricFamily(name, meaning, value)
        yield self._latency()
        yield from self._connections()

    def _latency(self) -> Metric:
        ends = [*map(str, _BOUNDS), "+Inf"]
        buckets = [*zip(ends, accumulate(self._took), strict=True)]
        meaning = "How long a response took until its first byte."
        return HistogramMetricFamily("feeds_response_seconds", meaning, buckets=buckets, sum_value=self._took_together)

    def _connections(self) -> Iterable[Metric]:
        """Open connections, and closed ones by reason. Only the server of `feeds serve` counts them."""
        yield GaugeMetricFamily("feeds_open_connections", "Open connections.", len(self._gate.connections))
        closed = CounterMetricFamily("feeds_connections_closed", "Connections closed at a limit, by reason.", labels=("reason",))
        for reason, number in sorted(self._gate.refused.items()):
            closed.add_metric((reason,), number)
        yield closed


def text(*collectors: Collector) -> bytes:
    """The metrics of `collectors` in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    for each in collectors:
        registry.register(each)
    return generate_latest(registry)
