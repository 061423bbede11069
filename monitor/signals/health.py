"""Reading and writing how devices are: their states, how late they are heard, and the numbers of their events."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import orjson
from sqlalchemy import ColumnElement, Insert, Table, bindparam, case, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from monitor.signals.messages import Heard, Said
from monitor.signals.models import DeviceHealthRow, DevicePresenceRow, DeviceSequenceRow, DeviceStateRow
from monitor.signals.rules import is_for_the_archive
from monitor.signals.sequence import Sequence as Numbers
from monitor.signals.sequence import followed
from registry.clock import Instant
from registry.ids import DeviceAddress
from registry.messages.envelope import TimeQuality
from registry.store.prepared import Prepared

ORDERED = timedelta(seconds=10)
"""What comes later than this is late: rules have judged without it (DESIGN 7)."""
_HEALTH, _SEQUENCE, _STATE = (
    cast("Table", row.__table__) for row in (DeviceHealthRow, DeviceSequenceRow, DeviceStateRow)
)
_COUNTED = ("clock_faults", "late", "archived")


_Kind = Callable[[Table], Any]
"""`insert` of a dialect; the two have the same words for rows that are there."""


def _more_health(kind: _Kind) -> Insert:
    put = kind(_HEALTH)
    is_newer = put.excluded.event_at >= _HEALTH.c.event_at  # a dead letter that is tried again came before others
    said = {name: case((is_newer, put.excluded[name]), else_=_HEALTH.c[name]) for name in ("event_at", "skew_seconds")}
    counted = {name: _HEALTH.c[name] + put.excluded[name] for name in _COUNTED}
    return cast("Insert", put.on_conflict_do_update(index_elements=["device"], set_=said | counted))


def _later(put: Any, column: ColumnElement[Any]) -> ColumnElement[Any]:
    told = put.excluded[column.name]
    return case((told >= column, told), else_=column)


def _newest(table: Table, keys: Sequence[str], moment: str, kind: _Kind) -> Insert:
    """Write what is newest; `moment`: the column that never goes back."""
    put = kind(table)
    said = {column.name: put.excluded[column.name] for column in table.columns if column.name not in keys}
    said[moment] = _later(put, table.c[moment])
    return cast("Insert", put.on_conflict_do_update(index_elements=list(keys), set_=said))


_KINDS: Mapping[str, _Kind] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_PUT_HEALTH = Prepared(
    {name: _more_health(kind) for name, kind in _KINDS.items()}, [column.name for column in _HEALTH.columns]
)
_PUT_SEQUENCE = Prepared(
    {name: _newest(_SEQUENCE, ("device", "bootid"), "heard_at", kind) for name, kind in _KINDS.items()},
    [column.name for column in _SEQUENCE.columns],
)
_PUT_STATE = Prepared(
    {name: _newest(_STATE, ("device", "property"), "said_at", kind) for name, kind in _KINDS.items()},
    [column.name for column in _STATE.columns],
)
_ONE_SEQUENCE = Prepared(
    select(*(_SEQUENCE.c[name] for name in ("highest", "missing", "forgotten", "replays"))).where(
        _SEQUENCE.c.device == bindparam("of"), _SEQUENCE.c.bootid == bindparam("since")
    ),
    ["of", "since"],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a device is heard. `skew_seconds`: its clock by ours at its last event, late or ahead; `gap`: events that never came.

    `gap` and `replays` are of all its starts; `states`: property to value and when it was said.
    """

    event_at: Instant | None
    heartbeat_at: Instant | None
    online: bool | None
    skew_seconds: float | None
    clock_faults: int
    late: int
    archived: int
    last_seq: int | None
    bootid: str | None
    gap: int
    replays: int
    states: Sequence[tuple[str, object, Instant]]

    @property
    def battery(self) -> float | None:
        """In percent, as far as it is told."""
        told = next((value for name, value, _ in self.states if name == "battery"), None)
        return float(told) if isinstance(told, int | float) and not isinstance(told, bool) else None


def note_events(session: Session, events: Sequence[Heard]) -> None:
    """Note how events came that were not known before."""
    if not events:
        return
    health: dict[str, list[object]] = {}
    numbers: dict[tuple[str, str], list[Heard]] = {}
    for event in events:
        device = event.source[2:]
        row = health.get(device)
        if row is None:
            row = health[device] = [device, event.received_at, None, 0, 0, 0]
        row[1] = event.received_at
        age = event.received_at - event.occurred_at
        if event.ahead_seconds is not None:
            row[2], row[3] = event.ahead_seconds, cast("int", row[3]) + 1
        elif event.time_quality is not TimeQuality.RECEIVED:
            row[2] = -age.total_seconds()
        if is_for_the_archive(event.occurred_at, event.received_at):
            row[5] = cast("int", row[5]) + 1
        elif age > ORDERED:
            row[4] = cast("int", row[4]) + 1
        if event.seq is not None:
            numbers.setdefault((device, event.bootid or ""), []).append(event)
    connection = session.connection()
    _PUT_HEALTH.many(connection, health.values())
    rows = []
    for (device, bootid), those in numbers.items():
        now = followed(_known(session, device, bootid), [event.seq for event in those if event.seq is not None])
        if now is not None:
            missing = orjson.dumps(now.missing).decode()
            rows.append((device, bootid, now.highest, missing, now.forgotten, now.replays, those[-1].received_at))
    if rows:
        _PUT_SEQUENCE.many(connection, rows)


def note_states(session: Session, said: Sequence[Said]) -> list[bool]:
    """Keep what foreign devices are; for each whether it was anything new.

    What was said before the last word on a property, a dead letter that is tried again, is nothing new.
    """
    if not said:
        return []
    devices = sorted({str(each.device) for each in said})
    kept = {
        (row.device, row.property): (row.value, row.said_at)
        for row in session.execute(select(_STATE).where(_STATE.c.device.in_(devices)))
    }
    written: set[tuple[str, str]] = set()
    told = []
    for each in said:
        is_new = False
        for name, value in each.values.items():
            key = str(each.device), name
            last = kept.get(key)
            if last is not None and last[1] > each.received_at:
                continue
            is_new = is_new or last is None or last[0] != value
            kept[key] = value, each.received_at
            written.add(key)
        told.append(is_new)
    if written:
        _PUT_STATE.many(session.connection(), [(*key, *kept[key]) for key in sorted(written)])
    return told


def health_of(session: Session, device: DeviceAddress) -> Health:
    """How a device is heard, as it was last noted."""
    address = str(device)
    row = session.get(DeviceHealthRow, address)
    presence = session.get(DevicePresenceRow, address)
    starts = session.scalars(
        select(DeviceSequenceRow)
        .where(DeviceSequenceRow.device == address)
        .order_by(DeviceSequenceRow.heard_at.desc(), DeviceSequenceRow.bootid)
    ).all()
    states = session.scalars(
        select(DeviceStateRow).where(DeviceStateRow.device == address).order_by(DeviceStateRow.property)
    )
    return Health(
        event_at=row.event_at if row else None,
        heartbeat_at=presence.heartbeat_at if presence else None,
        online=presence.online if presence else None,
        skew_seconds=row.skew_seconds if row else None,
        clock_faults=row.clock_faults if row else 0,
        late=row.late if row else 0,
        archived=row.archived if row else 0,
        last_seq=starts[0].highest if starts else None,
        bootid=starts[0].bootid if starts else None,
        gap=sum(_numbers(start.highest, start.missing, start.forgotten, start.replays).gap for start in starts),
        replays=sum(start.replays for start in starts),
        states=[(state.property, orjson.loads(state.value), state.said_at) for state in states],
    )


def _known(session: Session, device: str, bootid: str) -> Numbers | None:
    found = _ONE_SEQUENCE.rows(session.connection(), device, bootid)
    return _numbers(*found[0]) if found else None


def _numbers(highest: int, missing: str, forgotten: int, replays: int) -> Numbers:
    stretches = tuple((first, last) for first, last in orjson.loads(missing))
    return Numbers(highest=highest, missing=stretches, forgotten=forgotten, replays=replays)
