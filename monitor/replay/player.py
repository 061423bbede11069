"""A recording told to the rules, on a store of its own that is thrown away: the engine's own passes, and no clock."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import orjson
from sqlalchemy import Table, event

from monitor.anomalies.catalogue import Rules
from monitor.anomalies.recent import Recent
from monitor.judging import Pass
from monitor.replay.recording import Entry, Setting, Ticked, Told
from monitor.room import ROOM
from monitor.signals.models import SignalRow
from monitor.signals.queries import Signal
from registry.clock import Instant
from registry.ids import DeviceAddress
from registry.messages.envelope import TimeQuality
from registry.store import Store
from registry.store.many import ManyRows

AT_ONCE = 2_000
"""Signals of one pass; how many there are decides nothing."""
_KEY = b"\0" * 32
"""Of the audit of a store that is thrown away."""
_ROWS = ManyRows(
    cast("Table", SignalRow.__table__),
    (
        "position",
        "id",
        "source",
        "site",
        "device",
        "type",
        "occurred_at",
        "received_at",
        "time_quality",
        "data",
        "set_aside",
    ),
)


class Player:
    """The rules at work on what a recording tells."""

    def __init__(self, store: Store, setting: Setting, rules: Rules) -> None:
        """Begin at the first moment of the recording, with the store that `scratch_store` gave."""
        self._store, self._setting, self._rules = store, setting, rules
        self._recent = Recent()
        self._clock = setting.since
        self.signals = 0
        with store.begin(setting.since) as work:
            for table in ROOM.base.metadata.sorted_tables:
                if rows := setting.plans.get(table.name):
                    work.session.execute(table.insert(), list(rows))
        self._pass(())

    def tell(self, entries: Iterable[Entry]) -> None:
        """Tell these, in their order."""
        waiting: list[Told] = []
        for entry in entries:
            if isinstance(entry, Ticked):
                self._pass(waiting)
                waiting = []
                self._clock = entry.at
                self._pass(())
            else:
                waiting.append(entry)
                if len(waiting) >= AT_ONCE:
                    self._pass(waiting)
                    waiting = []
        self._pass(waiting)

    def _pass(self, told: Sequence[Told]) -> None:
        self._clock = max([self._clock, *(each.received_at for each in told)])
        signals = [_signal(each, self.signals + number) for number, each in enumerate(told, start=1)]
        with self._store.begin(self._clock) as work:
            _ROWS.insert(work.session, [_row(signal, each.data) for signal, each in zip(signals, told, strict=True)])
            a_pass = Pass(work, self._setting.register, self._rules, self._recent)
            a_pass.take(signals, self._clock, more=False)
        self.signals += len(told)

    @property
    def clock(self) -> Instant:
        """How far stored time has come."""
        return self._clock


def _signal(told: Told, position: int) -> Signal:
    device = _device(told.device)
    occurred_at, received_at = (
        each if each.tzinfo is UTC else each.astimezone(UTC) for each in (told.occurred_at, told.received_at)
    )
    return Signal(
        position=position,
        id=told.id,
        source=f"//{told.device}",
        site=device.site,
        device=device,
        type=told.type,
        subject=None,
        occurred_at=occurred_at,
        received_at=received_at,
        time_quality=TimeQuality.DEVICE,
        seq=None,
        bootid=None,
        data=orjson.loads(told.data),
        set_aside=told.set_aside,
    )


def _row(signal: Signal, data: str) -> tuple[Any, ...]:
    return (
        signal.position,
        signal.id,
        signal.source,
        signal.site,
        str(signal.device),
        signal.type,
        signal.occurred_at,
        signal.received_at,
        signal.time_quality.value,
        data,
        signal.set_aside,
    )


@lru_cache(10_000)
def _device(text: str) -> DeviceAddress:
    return DeviceAddress.parse(text)


@contextmanager
def scratch_store() -> Iterator[Store]:
    """An empty store of the monitor in a temporary file; nothing of it survives, so nothing of it is synced."""
    with TemporaryDirectory(prefix="dayuan-replay-") as folder:
        store = Store.open(ROOM, f"sqlite:///{Path(folder) / 'monitor.db'}", audit_key=_KEY)

        @event.listens_for(store.engine, "connect")
        def unsynced(connection: Any, _record: object) -> None:
            connection.execute("PRAGMA synchronous = OFF")

        ROOM.base.metadata.create_all(store.engine)
        try:
            yield store
        finally:
            store.close()
