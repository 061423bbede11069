"""Reading what is so at the gates for a batch of attempts, and writing what they change. Each runs only where it matters."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Table,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from gateway.checks.circumstances import Closed
from gateway.circumstances.models import AreaState, CredentialUse, Duress, LanePlate, WrongTries
from gateway.entries.models import WAITING, Entry, PassageState
from gateway.passages.models import BarrierState, Passage
from registry.access.facts import CredentialKind
from registry.clock import Instant
from registry.ids import AreaId, CredentialId, EntryId, GateId, LaneId, PersonId, SiteId, new_id
from registry.messages.reasons import Reason, Verdict
from registry.store.prepared import Bare, Prepared

_STATE = cast("Table", AreaState.__table__)
_USE = cast("Table", CredentialUse.__table__)
_TRIES = cast("Table", WrongTries.__table__)
_DURESS = cast("Table", Duress.__table__)
_LANE_PLATE = cast("Table", LanePlate.__table__)
_ENTRY = cast("Table", Entry.__table__)
_BARRIER = cast("Table", BarrierState.__table__)
_PASSAGE = cast("Table", Passage.__table__)
_DIALECTS = {"sqlite": sqlite, "postgresql": postgresql}

_RECENT_COLUMNS = (
    "id",
    "lane",
    "subject",
    "credential_kind",
    "credential_key",
    "holder_id",
    "credential_id",
    "verdict",
    "reason",
    "settled_verdict",
    "decided_at",
)

Place = tuple[SiteId, str]
"""A reader, or a lane where there is none."""


class Recent(NamedTuple):
    """An entry at a gate a moment ago."""

    id: EntryId
    lane: LaneId
    subject: str
    kind: CredentialKind
    key: str
    holder: PersonId | None
    credential: CredentialId | None
    verdict: Verdict
    reason: Reason
    settled: Verdict | None
    at: Instant


class NewPassage(NamedTuple):
    """A crossing that begins; `was_*`: where its subject was before."""

    entry_id: EntryId
    site: SiteId
    gate: GateId
    lane: LaneId
    subject: str
    credential_id: CredentialId | None
    until: Instant
    was_area: AreaId | None
    was_since: Instant | None
    was_entry_id: EntryId | None
    was_forgiven: bool


@dataclass(slots=True)
class Tries:
    """Wrong PINs in a row at one place."""

    count: int = 0
    last_at: Instant | None = None
    blocked_until: Instant | None = None


def lock(connection: Connection | Bare, names: Iterable[str]) -> None:
    """Let nobody else decide by these things until the transaction ends. On SQLite nobody can: there one writes at a time."""
    if connection.dialect.name == "postgresql":
        for name in sorted(set(names)):
            _LOCK.rows(connection, name)


def use_of(credential: CredentialId) -> str:
    """The name under which the uses of a credential are locked."""
    return f"uses {credential}"


def lane_of(lane: LaneId) -> str:
    """The name under which it is locked who crosses a lane, or waits there for a second person."""
    return f"lane {lane}"


def closed_areas(connection: Connection | Bare) -> dict[AreaId, Closed]:
    """The areas that are in lockdown or under a threat level."""
    rows = _CLOSED.rows(connection)
    return {area: Closed(area=area, lockdown=lockdown, threat_level=level) for area, lockdown, level in rows}


def uses(connection: Connection | Bare, credential: CredentialId) -> int:
    """How often a credential has let in."""
    rows = _USES.rows(connection, credential)
    return int(rows[0][0]) if rows else 0


def tries(connection: Connection | Bare, place: Place) -> Tries:
    rows = _TRIES_AT.rows(connection, *place)
    return Tries(*rows[0]) if rows else Tries()


def busy_lane(connection: Connection | Bare, site: SiteId, lane: LaneId) -> tuple[str | None, bool]:
    """What a barrier of the lane says that is not closed, and whether a crossing is under way."""
    barriers = {state for (state,) in _BARRIERS.rows(connection, site, lane)}
    worst = "fault" if "fault" in barriers else next(iter(barriers), None)
    return worst, bool(_CROSSINGS.rows(connection, site, lane))


def plate_read(connection: Connection | Bare, site: SiteId, lane: LaneId) -> tuple[str, Instant] | None:
    """The plate that the camera of a lane has read last, and when."""
    rows = _PLATE_READ.rows(connection, site, lane)
    return (rows[0][0], rows[0][1]) if rows else None


def recent(connection: Connection | Bare, gate: GateId, now: Instant, within: timedelta) -> list[Recent]:
    """Who came in at a gate within this time, or waits there to, the oldest first."""
    return [Recent(*row) for row in _RECENT.rows(connection, gate, _id_before(within), now - within)]


def count_uses(connection: Connection | Bare, used: Mapping[CredentialId, int]) -> None:
    """Write down how often these credentials have let in by now."""
    _COUNT_USES.many(connection, list(used.items()))


def keep_tries(connection: Connection | Bare, changed: Mapping[Place, Tries]) -> None:
    _KEEP_TRIES.many(
        connection,
        [(*place, now.count, now.last_at, now.blocked_until) for place, now in changed.items() if now.last_at],
    )
    forgotten = [place for place, now in changed.items() if now.last_at is None]
    if forgotten:
        _FORGET_TRIES.many(connection, forgotten)


def keep_duress(connection: Connection | Bare, entries: Collection[tuple[EntryId, SiteId, Instant]]) -> None:
    _KEEP_DURESS.many(connection, entries)


def begin_passages(connection: Connection | Bare, crossings: Collection[NewPassage]) -> None:
    _KEEP_PASSAGE.many(connection, crossings)


def let_in_beside(
    connection: Connection | Bare, waiting: Mapping[EntryId, PassageState | None], by: str, now: Instant
) -> int:
    """Settle refers whose second person came; gives how many still waited."""
    return _BESIDE.many(connection, [(entry, by, now, passage) for entry, passage in waiting.items()])


def _id_before(ago: timedelta) -> UUID:
    """An id as it was given a little longer ago than this: ids are of the machine's clock, which a fast one runs ahead of."""
    milliseconds = (ago + timedelta(seconds=1)) // timedelta(milliseconds=1)
    return UUID(int=new_id().int - (milliseconds << 80))


def _upsert(table: Table, names: Collection[str]) -> Prepared:
    """Insert a row, or bring the one with its key up to date."""
    key = [column.name for column in table.primary_key]
    made: dict[str, Insert] = {}
    for name, dialect in _DIALECTS.items():
        statement = dialect.insert(table)
        said = {column: statement.excluded[column] for column in names if column not in key}
        made[name] = statement.on_conflict_do_update(index_elements=key, set_=said)
    return Prepared(made, tuple(names))


def _word(text: str) -> ColumnElement[str]:
    """A word that stands in a statement itself."""
    return literal_column(f"'{text}'")


_NONE: ColumnElement[int] = literal_column("0")

_LOCK = Prepared(
    select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name", type_=_ENTRY.c.subject.type), _NONE))),
    ("name",),
)
_CLOSED = Prepared(
    select(_STATE.c.area, _STATE.c.lockdown, _STATE.c.threat_level).where(
        or_(_STATE.c.lockdown, _STATE.c.threat_level > _NONE)
    ),
    (),
)
_USES = Prepared(select(_USE.c.entries).where(_USE.c.credential_id == bindparam("credential")), ("credential",))
_TRIES_AT = Prepared(
    select(_TRIES.c.count, _TRIES.c.last_at, _TRIES.c.blocked_until).where(
        _TRIES.c.site == bindparam("of_site"), _TRIES.c.place == bindparam("of_place")
    ),
    ("of_site", "of_place"),
)
_BARRIERS = Prepared(
    select(_BARRIER.c.state).where(
        _BARRIER.c.site == bindparam("of_site"),
        _BARRIER.c.lane == bindparam("of_lane"),
        _BARRIER.c.state != _word("closed"),
    ),
    ("of_site", "of_lane"),
)
_CROSSINGS = Prepared(
    select(_PASSAGE.c.entry_id).where(_PASSAGE.c.site == bindparam("of_site"), _PASSAGE.c.lane == bindparam("of_lane")),
    ("of_site", "of_lane"),
)
_PLATE_READ = Prepared(
    select(_LANE_PLATE.c.plate, _LANE_PLATE.c.at).where(
        _LANE_PLATE.c.site == bindparam("of_site"), _LANE_PLATE.c.lane == bindparam("of_lane")
    ),
    ("of_site", "of_lane"),
)
_RECENT = Prepared(
    select(*(_ENTRY.c[name] for name in _RECENT_COLUMNS))
    .where(
        _ENTRY.c.gate == bindparam("of_gate"),
        _ENTRY.c.id >= bindparam("first_id"),
        _ENTRY.c.decided_at >= bindparam("since"),
        _ENTRY.c.direction == _word("in"),
        _ENTRY.c.verdict != _word("denied"),
    )
    .order_by(_ENTRY.c.id),
    ("of_gate", "first_id", "since"),
)
_COUNT_USES = _upsert(_USE, ("credential_id", "entries"))
_KEEP_TRIES = _upsert(_TRIES, ("site", "place", "count", "last_at", "blocked_until"))
_FORGET_TRIES = Prepared(
    delete(_TRIES).where(_TRIES.c.site == bindparam("of_site"), _TRIES.c.place == bindparam("of_place")),
    ("of_site", "of_place"),
)
_KEEP_DURESS = Prepared(insert(_DURESS), ("entry_id", "site", "at"))
_KEEP_PASSAGE = Prepared(insert(_PASSAGE), NewPassage._fields)
_BESIDE = Prepared(
    update(_ENTRY)
    .where(_ENTRY.c.id == bindparam("waiting"), WAITING)
    .values(
        settled_verdict=_word("granted"),
        settled_reason=_word("ok"),
        settled_by=bindparam("by"),
        settled_at=bindparam("at_moment"),
        passage=bindparam("crosses"),
    ),
    ("waiting", "by", "at_moment", "crosses"),
)
