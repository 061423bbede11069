"""What `/metrics` says of the house, read when it is asked; the gateway counts its checks itself (gateway/measures.py)."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from deploy.system.facts import HouseFacts, ProcessFacts
from monitor.alarms.queries import open_by_priority
from monitor.retention.models import PurgeRow
from monitor.retention.queries import last_purge
from monitor.signals.queries import totals
from registry.store import Store
from registry.web.readiness import Readiness

_FATES = ("received", "stored", "duplicate", "dead_letter")


class MonitorCollector(Collector):
    """The inbox's four totals, how many alarms are open, and what the last purge did; nothing while the store does not answer."""

    def __init__(self, monitor: Store) -> None:
        self._monitor = monitor

    def collect(self) -> Iterator[Metric]:
        try:
            with self._monitor.read() as session:
                found, alarms, purge = totals(session), open_by_priority(session), last_purge(session)
        except SQLAlchemyError:
            return
        signals = CounterMetricFamily(
            "dayuan_signals", "Messages from devices, by what became of them", labels=["fate"]
        )
        for fate in _FATES:
            signals.add_metric([fate], getattr(found, fate))
        open_alarms = GaugeMetricFamily("dayuan_alarms_open", "Alarms that are not closed", labels=["priority"])
        for priority, count in alarms.items():
            open_alarms.add_metric([str(priority)], count)
        yield from (signals, open_alarms)
        if purge is not None:
            yield from _of_the_purge(purge)


def _of_the_purge(purge: PurgeRow) -> Iterator[Metric]:
    ended = GaugeMetricFamily("dayuan_purge_ended_seconds", "When the last purge ended (Unix time)")
    ended.add_metric([], purge.ended_at.timestamp())
    rows = GaugeMetricFamily("dayuan_purge_rows", "What the last purge took away", labels=["what"])
    for what in ("signals", "dead_letters", "absences"):
        rows.add_metric([what], getattr(purge, what))
    longest = GaugeMetricFamily("dayuan_purge_longest_seconds", "The longest transaction of the last purge")
    longest.add_metric([], purge.longest_ms / 1000)
    yield from (ended, rows, longest)


class OutboxCollector(Collector):
    """How much waits in the rooms' outboxes; how long it has waited is the lag of the part `outbox-…`."""

    def __init__(self, stores: Sequence[Store]) -> None:
        self._stores = stores

    def collect(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily("dayuan_outbox_messages", "Messages that wait for the broker", labels=["room"])
        refused = GaugeMetricFamily("dayuan_outbox_set_aside", "Messages that can never be sent", labels=["room"])
        for store in self._stores:
            outbox = store.room.outbox
            try:
                with store.read() as session:
                    every, never = session.execute(select(func.count(), func.count(outbox.refused))).one()
            except SQLAlchemyError:
                continue
            waiting.add_metric([store.room.name], every - never)
            refused.add_metric([store.room.name], never)
        yield from (waiting, refused)


class HouseCollector(Collector):
    """The parts of `/readyz` as numbers, and the processes under this process's supervisor."""

    def __init__(self, facts: Path, readiness: Readiness) -> None:
        self._facts = facts
        self._readiness = readiness

    def collect(self) -> Iterator[Metric]:
        ready = GaugeMetricFamily("dayuan_part_ready", "1: the part is ready", labels=["part"])
        lag = GaugeMetricFamily("dayuan_part_lag_seconds", "How far a part is behind what it follows", labels=["part"])
        for part, state in self._readiness.states().items():
            ready.add_metric([part], float(state.ready))
            if state.lag_seconds is not None:
                lag.add_metric([part], state.lag_seconds)
        yield from (ready, lag)
        facts = HouseFacts.in_file(self._facts)
        if facts is not None:
            yield from _of_processes(facts.processes)


def _of_processes(processes: Sequence[ProcessFacts]) -> Iterator[Metric]:
    named = ["process"]
    metrics: list[tuple[CounterMetricFamily | GaugeMetricFamily, Callable[[ProcessFacts], float | None]]] = [
        (GaugeMetricFamily("dayuan_process_up", "1: it runs", labels=named), lambda one: float(one.pid is not None)),
        (
            CounterMetricFamily("dayuan_process_restarts", "How often it was started anew", labels=named),
            lambda one: one.restarts,
        ),
        (
            GaugeMetricFamily("dayuan_process_memory_bytes", "Memory that it holds (resident)", labels=named),
            lambda one: one.memory_bytes,
        ),
        (
            CounterMetricFamily("dayuan_process_cpu_seconds", "Processor time since it was started", labels=named),
            lambda one: one.cpu_seconds,
        ),
    ]
    for metric, value_of in metrics:
        for process in processes:
            value = value_of(process)
            if value is not None:
                metric.add_metric([process.name], value)
        yield metric
