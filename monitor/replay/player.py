"""A recording told to the rules, on a store of its own that is thrown away: the engine's own passes, and no clock."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from sqlalchemy import Table, event

from monitor.anomalies.catalogue import Rules
from monitor.anomalies.recent import Recent
from monitor.judging import Pass
from monitor.replay.recording import Entry, Setting, Ticked, Told
from monitor.room import ROOM
from monitor.signals.models import SignalRow
from registry.clock import Instant
from registry.store import Store
from registry.store.many import ManyRows

AT_ONCE = 2_000
"""Signals of one pass; how many there are decides nothing."""
_KEY = b"\0" * 32
"""Of the audit of a store that is thrown away."""
_ROWS = ManyRows(
    cast("Table", SignalRow.__table__),
    ("id", "source", "site", "device", "type", "occurred_at", "received_at", "time_quality", "data", "set_aside"),
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
        with self._store.begin(self._clock) as work:
            _ROWS.insert(work.session, [_row(each) for each in told])
            a_pass = Pass(work, self._setting.register, self._rules, self._recent)
            while a_pass.go(self._clock, AT_ONCE):
                pass
        self.signals += len(told)

    @property
    def clock(self) -> Instant:
        """How far stored time has come."""
        return self._clock


def _row(told: Told) -> tuple[Any, ...]:
    site = told.device.partition("/")[0]
    occurred_at, received_at = (
        each if each.tzinfo is UTC else each.astimezone(UTC) for each in (told.occurred_at, told.received_at)
    )
    source = f"//{told.device}"
    return (
        told.id,
        source,
        site,
        told.device,
        told.type,
        occurred_at,
        received_at,
        "device",
        told.data,
        told.set_aside,
    )


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
