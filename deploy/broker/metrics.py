"""What `/metrics` says of the broker on this data folder: the publishes that it refused, by account."""

from collections.abc import Iterator
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from registry.devices.refusals import refusals_in


class RefusalCollector(Collector):
    """Nothing where nothing was refused, or where somebody else runs the broker."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def collect(self) -> Iterator[Metric]:
        refused = CounterMetricFamily(
            "dayuan_broker_refused_publishes", "Publishes that the broker refused", labels=["account"]
        )
        for account, refusal in sorted(refusals_in(self._data_dir).items()):
            refused.add_metric([account], refusal.count)
        yield refused
