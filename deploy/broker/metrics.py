"""What `/metrics` says of the broker on this data folder: how many publishes it refused.

Whose they were names places of the compound, so it stands on the pages of the devices only: anybody may read `/metrics`.
"""

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
        refusals = refusals_in(self._data_dir).values()
        if refusals:
            count = sum(refusal.count for refusal in refusals)
            yield CounterMetricFamily("dayuan_broker_refused_publishes", "Publishes that the broker refused", count)
