"""Reading and writing what was heard."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from operator import attrgetter
from typing import Any, cast

import orjson
from sqlalchemy import BigInteger, Table, bindparam, case, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from monitor.signals import absences, days, letters
from monitor.signals.messages import DeadLetter, Heard, SignOfLife
from monitor.signals.models import DeadLetterRow, DevicePresenceRow, InboxTotalsRow, SeenRow, SignalRow
from monitor.signals.reasons import DeadReason
from monitor.signals.rules import is_for_the_archive
from registry.clock import Instant
from registry.ids import DeviceAddress, SiteId
from registry.messages.envelope import TimeQuality
from registry.messages.topics import Channel
from registry.store.many import ManyRows
from registry.store.prepared import Prepared

_SIGNALS, _SEEN, _DEAD, _TOTALS, _PRESENCE = (
    cast("Table", row.__table__) for row in (SignalRow, SeenRow, DeadLetterRow, InboxTotalsRow, DevicePresenceRow)
)
_COLUMNS = tuple(getattr(SignalRow, column.name) for column in _SIGNALS.c)
"""All of a signal, without the entity: a replay reads millions, and an entity takes longer than its row."""
_CLAIMS = ManyRows(_SEEN, ("source", "id", "digest"))
_NEW_SIGNALS = ManyRows(
    _SIGNALS,
    (
        "id",
        "source",
        "site",
        "device",
        "type",
        "subject",
        "occurred_at",
        "received_at",
        "time_quality",
        "seq",
        "bootid",
        "data",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """An event as it was heard and stored."""

    position: int
    id: str
    source: str
    site: SiteId
    device: DeviceAddress
    type: str
    subject: str | None
    occurred_at: Instant
    received_at: Instant
    time_quality: TimeQuality
    seq: int | None
    bootid: str | None
    data: Mapping[str, Any]
    set_aside: str | None
    retried_at: Instant | None = None
    """When it was taken out of the dead letters; None: it never was one."""

    @property
    def is_judged(self) -> bool:
        """Whether the rules take it: it was not too old when we could read it, and none of them stumbled over it."""
        return self.set_aside is None and not is_for_the_archive(self.occurred_at, self.retried_at or self.received_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What came in since the store was made. received = stored + duplicate + dead_letter; signs of life count apart."""

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    dead_letter: int = 0
    heartbeat: int = 0
    state: int = 0
    online: int = 0


_COUNTED = [field.name for field in fields(Totals)]
_counts = attrgetter(*_COUNTED)
_MORE_IN_TOTAL = Prepared(
    update(_TOTALS)
    .where(_TOTALS.c.only == bindparam("the_only"))
    .values({name: _TOTALS.c[name] + bindparam(f"more_{name}", type_=BigInteger()) for name in _COUNTED}),
    ["the_only", *(f"more_{name}" for name in _COUNTED)],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLetter:
    """A dead letter without its bytes."""

    id: int
    received_at: Instant
    site: str | None
    device: str | None
    topic: str
    reason: str
    detail: str
    size: int


TEXT_REACH = 100_000
"""So many signals are read through for a text; half a second on a small machine."""
Key = tuple[str, str]
"""(source, id) of an event."""


def claim(session: Session, events: Collection[Heard]) -> set[Key]:
    """Note that these events, each under a key of its own, are seen; gives the keys that were never seen before."""
    rows = [(event.source, event.id, event.digest) for event in events]
    return cast("set[Key]", set(_CLAIMS.insert_new(session, rows, told=("source", "id"))))


def digests(session: Session, keys: Iterable[Key]) -> dict[Key, bytes]:
    """What was said under these keys when they were first seen."""
    by_source: dict[str, list[str]] = {}
    for source, event_id in keys:
        by_source.setdefault(source, []).append(event_id)
    # One query a source: SQLite reads the whole table for a list of pairs.
    return {
        (source, event_id): digest
        for source, ids in by_source.items()
        for event_id, digest in session.execute(
            select(SeenRow.id, SeenRow.digest).where(SeenRow.source == source, SeenRow.id.in_(ids))
        )
    }


def store_signals(session: Session, events: Sequence[Heard]) -> None:
    """Store events whose keys are claimed, in this order."""
    if not events:
        return
    days.go_on_at(session, max(event.received_at for event in events))
    _NEW_SIGNALS.insert(
        session,
        [
            (
                event.id,
                event.source,
                event.device.site,
                str(event.device),
                event.type,
                event.subject,
                event.occurred_at,
                event.received_at,
                event.time_quality.value,
                event.seq,
                event.bootid,
                event.data,
            )
            for event in events
        ],
    )


def store_dead_letters(session: Session, letters: Sequence[DeadLetter]) -> None:
    if not letters:
        return
    session.execute(
        insert(_DEAD),
        [
            {
                "received_at": letter.received_at,
                "site": letter.site,
                "device": str(letter.device) if letter.device is not None else None,
                "topic": letter.topic,
                "reason": letter.reason.value,
                "detail": letter.detail,
                "raw": letter.raw,
                "size": letter.size,
                "retained": letter.retained,
            }
            for letter in letters
        ],
    )


def add_to_totals(session: Session, more: Totals) -> None:
    """Count; in the same transaction as the messages that are counted."""
    if _MORE_IN_TOTAL.many(session.connection(), [(1, *_counts(more))]) == 0:
        session.execute(insert(_TOTALS), {"only": 1, **asdict(more)})


def note_signs_of_life(session: Session, signs: Iterable[SignOfLife]) -> None:
    """Keep, for each known device, its newest heartbeat and its newest word on being connected."""
    newest: dict[DeviceAddress, dict[str, Any]] = {}
    for sign in signs:
        if sign.device is None:
            continue
        row = newest.setdefault(sign.device, {"device": str(sign.device), "site": sign.device.site})
        if sign.channel is Channel.HEARTBEAT:
            row["heartbeat_at"] = sign.received_at
        elif sign.online is not None:
            row |= {"online": sign.online, "online_at": sign.received_at}
    absences.note(
        session, {device: (row["online"], row["online_at"]) for device, row in newest.items() if "online" in row}
    )
    upsert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for row in newest.values():
        said = {name: value for name, value in row.items() if name not in ("device", "site")}
        if said:
            put = upsert(_PRESENCE).values(row)
            if "online" in said:  # a dead letter that is tried again is older than what was heard since
                was_at = _PRESENCE.c.online_at
                is_newer = was_at.is_(None) | (put.excluded.online_at >= was_at)
                said |= {
                    name: case((is_newer, put.excluded[name]), else_=_PRESENCE.c[name])
                    for name in ("online", "online_at")
                }
            session.execute(put.on_conflict_do_update(index_elements=["device"], set_=said))


def totals(session: Session) -> Totals:
    """What came in since the store was made."""
    row = session.get(InboxTotalsRow, 1)
    return Totals(**{name: getattr(row, name) for name in Totals.__dataclass_fields__}) if row is not None else Totals()


def signals_after(session: Session, position: int, *, limit: int = 500) -> list[Signal]:
    """The signals that were stored after `position`, in order: what a rule has not seen yet."""
    rows = session.scalars(
        select(SignalRow).where(SignalRow.position > position).order_by(SignalRow.position).limit(limit)
    )
    return [_signal(row) for row in rows]


def signals_at(session: Session, positions: Collection[int]) -> list[Signal]:
    """The signals at these positions, in their order."""
    rows = session.scalars(select(SignalRow).where(SignalRow.position.in_(positions)).order_by(SignalRow.position))
    return [_signal(row) for row in rows]


def last_before(session: Session, moment: Instant) -> int:
    """The position of the last signal that came in before `moment`; 0: none did."""
    # Backwards from the newest: a store of years is not read through for the last days. What was a dead letter first lies
    # behind signals that came after it, and says nothing of where they begin.
    query = (
        select(SignalRow.position)
        .where(SignalRow.received_at < moment, SignalRow.retried_at.is_(None))
        .order_by(SignalRow.position.desc())
    )
    return session.scalar(query.limit(1)) or 0


def signals_between(
    session: Session,
    devices: Collection[DeviceAddress],
    start: Instant,
    end: Instant,
    *,
    types: Collection[str] | None = None,
    upto: int | None = None,
) -> list[Signal]:
    """What these devices said happened in `start <= occurred_at < end`, as far as it is judged, in the order in which it did.

    `upto`: the position of the last signal that counts; None: all that were stored.
    """
    query = (
        select(*_COLUMNS)
        .where(SignalRow.device.in_([str(device) for device in devices]))
        .where(SignalRow.occurred_at >= start, SignalRow.occurred_at < end)
        .order_by(SignalRow.occurred_at, SignalRow.position)
    )
    if types is not None:
        query = query.where(SignalRow.type.in_(types))
    if upto is not None:
        query = query.where(SignalRow.position <= upto)
    return [signal for signal in map(_signal, session.execute(query)) if signal.is_judged]


def set_aside(session: Session, position: int, why: str) -> None:
    """Leave a stored signal out of all that rules judge from now on."""
    session.execute(update(_SIGNALS).where(_SIGNALS.c.position == position).values(set_aside=why[:300]))


def newest_signals(
    session: Session,
    *,
    sites: Collection[str] | None,
    device: str | None = None,
    kind: str | None = None,
    type: str | None = None,  # noqa: A002 - the word of the contract
    text: str | None = None,
    after: Instant | None = None,
    before_position: int | None = None,
    limit: int = 100,
) -> list[Signal]:
    """A page of signals, newest first. `sites` None: of every site; `after`: received later than this.

    `kind`: a class of device. `text`: is part of what a device said, of its address or of the type; it is looked for among
    the last `TEXT_REACH` signals, because no index helps.
    """
    query = select(SignalRow).order_by(SignalRow.position.desc()).limit(limit)
    if sites is not None:
        query = query.where(SignalRow.site.in_(sites))
    if device is not None:
        query = query.where(SignalRow.device == device)
    if type is not None:
        query = query.where(SignalRow.type == type)
    if kind is not None:
        query = query.where(SignalRow.device.contains(f"/{kind}/", autoescape=True))
    if text is not None:
        parts = (SignalRow.data, SignalRow.device, SignalRow.type)
        newest = select(SignalRow.position).order_by(SignalRow.position.desc()).offset(TEXT_REACH).limit(1)
        if before_position is not None:
            newest = newest.where(SignalRow.position < before_position)
        query = query.where(SignalRow.position > (session.scalar(newest) or 0))
        query = query.where(or_(*(part.icontains(text, autoescape=True) for part in parts)))
    if after is not None:
        query = query.where(SignalRow.received_at > after)
    if before_position is not None:
        query = query.where(SignalRow.position < before_position)
    return [_signal(row) for row in session.scalars(query)]


def newest_dead_letters(
    session: Session,
    *,
    sites: Collection[str] | None,
    reason: DeadReason | None = None,
    device: str | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[KeptLetter]:
    """A page of dead letters, newest first. `sites` None: all, also those that name no site."""
    wanted = letters.Wanted(sites=sites, reason=reason, device=device)
    columns = [_DEAD.c[name] for name in KeptLetter.__dataclass_fields__]
    query = letters.matching(select(*columns).order_by(_DEAD.c.id.desc()).limit(limit), wanted)
    if before_id is not None:
        query = query.where(_DEAD.c.id < before_id)
    return [KeptLetter(**row) for row in session.execute(query).mappings()]


def dead_letter(session: Session, letter_id: int) -> tuple[KeptLetter, bytes] | None:
    """One dead letter with its bytes."""
    row = session.get(DeadLetterRow, letter_id)
    if row is None:
        return None
    return KeptLetter(**{name: getattr(row, name) for name in KeptLetter.__dataclass_fields__}), row.raw


@lru_cache(10_000)
def _device(text: str) -> DeviceAddress:
    return DeviceAddress.parse(text)


def _signal(row: Any) -> Signal:
    """`row`: an entity of the table, or its columns."""
    return Signal(
        position=row.position,
        id=row.id,
        source=row.source,
        site=SiteId(row.site),
        device=_device(row.device),
        type=row.type,
        subject=row.subject,
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        time_quality=TimeQuality(row.time_quality),
        seq=row.seq,
        bootid=row.bootid,
        data=orjson.loads(row.data),
        set_aside=row.set_aside,
        retried_at=row.retried_at,
    )
