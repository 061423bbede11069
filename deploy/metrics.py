"""What `/metrics` says of the monitor, read from its store when it is asked; the gateway counts its checks itself."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from monitor.alarms.queries import open_by_priority
from monitor.signals.queries import totals
from registry.store import Store

_FATES = ("received", "stored", "duplicate", "dead_letter")


class MonitorCollector(Collector):
    """The inbox's four totals, and how many alarms are open."""

    def __init__(self, monitor: Store) -> None:
        self._monitor = monitor

    def collect(self) -> Iterator[Metric]:
        with self._monitor.read() as session:
            found, alarms = totals(session), open_by_priority(session)
        signals = CounterMetricFamily(
            "dayuan_signals", "Messages from devices, by what became of them", labels=["fate"]
        )
        for fate in _FATES:
            signals.add_metric([fate], getattr(found, fate))
        open_alarms = GaugeMetricFamily("dayuan_alarms_open", "Alarms that are not closed", labels=["priority"])
        for priority, count in alarms.items():
            open_alarms.add_metric([str(priority)], count)
        yield from (signals, open_alarms)
