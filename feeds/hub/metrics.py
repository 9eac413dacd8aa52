"""The hub's metrics, for Prometheus. None names a subscriber."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from feeds.errors import DatabaseError
from feeds.hub.records import clock

if TYPE_CHECKING:
    from feeds.hub.worker import Worker


class HubMetrics(Collector):
    """The metrics of a worker's hub; none while there is no worker."""

    def __init__(self, worker: "Callable[[], Worker | None]") -> None:
        self._worker = worker

    def collect(self) -> Iterable[Metric]:
        """The metrics, for prometheus-client. While the database can't be reached, only those of this process."""
        worker = self._worker()
        if worker is None:
            return
        outcomes = CounterMetricFamily(
            "feeds_hub_deliveries", "Deliveries by protocol and outcome.", labels=("protocol", "outcome")
        )
        for (protocol, outcome), number in sorted(worker.outcomes.copy().items()):
            outcomes.add_metric((protocol, outcome), number)
        yield outcomes
        try:
            counts, behind = worker.store.counts(), worker.store.behind(1)
        except DatabaseError:
            return
        yield GaugeMetricFamily("feeds_hub_subscriptions", "Subscriptions.", counts.subscriptions)
        yield GaugeMetricFamily("feeds_hub_topics", "Feeds with subscriptions.", counts.topics)
        yield GaugeMetricFamily("feeds_hub_pending", "Subscriptions that lack the newest state of their feed.", counts.pending)
        yield GaugeMetricFamily("feeds_hub_pings_pending", "Pings that other hubs have not taken.", counts.pings)
        yield GaugeMetricFamily("feeds_hub_unverified", "Requests that wait to be verified.", counts.intents)
        seconds = (clock() - behind[0].since) / 1000 if behind else 0.0
        yield GaugeMetricFamily("feeds_hub_behind_seconds", "How long the slowest subscriber has been behind.", seconds)
