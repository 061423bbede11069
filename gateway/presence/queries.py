"""Reading and moving who and what is inside. Every move names the ground that it was decided on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import cast

from sqlalchemy import Connection, Insert, Table, bindparam, delete, func, null, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from gateway.checks.question import Inside
from gateway.entries.models import Entry
from gateway.presence.models import Presence, PresenceCount
from registry.clock import Instant
from registry.ids import AreaId, EntryId, SiteId
from registry.problems import Conflict
from registry.store.prepared import Bare, Prepared, padded

_PRESENCE = cast("Table", Presence.__table__)
_COUNT = cast("Table", PresenceCount.__table__)
_DIALECTS = {"sqlite": sqlite, "postgresql": postgresql}

Subject = tuple[SiteId, str]


class Overtaken(Conflict):
    """Somebody moved a subject between our reading and our writing; the transaction must be made again."""

    slug = "overtaken"
    title = "Somebody passed at another gate at the same moment; try again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many are inside."""

    people: int
    vehicles: int


def seen(connection: Connection | Bare, subjects: Iterable[Subject]) -> dict[Subject, Inside]:
    """Where these subjects are inside."""
    by_site: dict[SiteId, set[str]] = {}
    for site, subject in subjects:
        by_site.setdefault(site, set()).add(subject)
    found: dict[Subject, Inside] = {}
    # One query a site: for pairs of site and subject a store would read through all that is inside.
    for site, those in by_site.items():
        wanted = padded(list(those))
        for subject, area, since, entry, forgiven_at in _of_subjects(len(wanted)).rows(connection, site, *wanted):
            found[site, subject] = Inside(
                area=AreaId(area), since=since, entry=EntryId(entry), forgiven=forgiven_at is not None
            )
    return found


def move(
    connection: Connection | Bare, before: Mapping[Subject, Inside], after: Mapping[Subject, Inside | None]
) -> None:
    """Bring the subjects of `after` where they are now, if they still are where `before` saw them.

    Raises:
        Overtaken: one of them is not; nothing of the transaction may be kept.

    """
    come: list[tuple[object, ...]] = []
    moved: list[tuple[object, ...]] = []
    gone: list[tuple[object, ...]] = []
    # First of all, in their order: whoever waits for another's counts holds nothing yet that the other may wait for.
    if changes := _changes(before, after):
        _ADD.many(connection, changes)
    for subject, inside in after.items():
        ground = before.get(subject)
        if inside is not None and ground is None:
            come.append((*subject, inside.area, inside.since, inside.entry))
        elif inside is not None and ground is not None:
            moved.append((*subject, ground.entry, inside.area, inside.since, inside.entry))
        elif ground is not None:
            gone.append((*subject, ground.entry))
    for statement, rows in ((_COME, come), (_MOVE, moved), (_LEAVE, gone)):
        if rows and statement.many(connection, rows) != len(rows):
            raise Overtaken


def forgive_again(session: Session, subject: Subject, now: Instant) -> None:
    """Who had been forgiven and did not pass after all is forgiven still."""
    there = (Presence.site == subject[0]) & (Presence.subject == subject[1])
    session.execute(update(Presence).where(there).values(forgiven_at=now).execution_options(synchronize_session=False))


def counts(session: Session, site: SiteId) -> Counts:
    """How many are inside a compound."""
    people, vehicles = (func.coalesce(func.sum(each), 0) for each in (PresenceCount.people, PresenceCount.vehicles))
    found = session.execute(select(people, vehicles).where(PresenceCount.site == site)).one()
    return Counts(people=found[0], vehicles=found[1])


def counted(connection: Connection | Bare, site: SiteId, area: AreaId) -> tuple[int, int]:
    """How many people and how many vehicles are in an area."""
    rows = _COUNTED.rows(connection, site, area)
    return (rows[0][0], rows[0][1]) if rows else (0, 0)


def inside(session: Session, site: SiteId, *, before: EntryId | None, limit: int) -> Sequence[tuple[Presence, Entry]]:
    """Who and what is inside, the last to come first, each with the entry that is the ground for it."""
    wanted = (
        select(Presence, Entry)
        .join(Entry, Entry.id == Presence.entry_id)
        .where(Presence.site == site)
        .order_by(Presence.entry_id.desc())
        .limit(limit)
    )
    if before is not None:
        wanted = wanted.where(Presence.entry_id < before)
    return [(presence, entry) for presence, entry in session.execute(wanted)]


def is_vehicle(subject: str) -> bool:
    """Whether a subject is a vehicle and no person."""
    return subject.startswith("plate:")


def _changes(before: Mapping[Subject, Inside], after: Mapping[Subject, Inside | None]) -> list[tuple[object, ...]]:
    """By how many people and vehicles each area is changed."""
    changes: dict[tuple[SiteId, AreaId], list[int]] = {}
    for (site, subject), inside in after.items():
        for there, change in ((before.get((site, subject)), -1), (inside, 1)):
            if there is not None:
                changes.setdefault((site, there.area), [0, 0])[is_vehicle(subject)] += change
    return [(site, area, *more) for (site, area), more in sorted(changes.items()) if any(more)]


@cache
def _of_subjects(count: int) -> Prepared:
    names = [f"subject_{number}" for number in range(count)]
    columns = (_PRESENCE.c.subject, _PRESENCE.c.area, _PRESENCE.c.since, _PRESENCE.c.entry_id, _PRESENCE.c.forgiven_at)
    wanted = select(*columns)
    here = (_PRESENCE.c.site == bindparam("of_site")) & _PRESENCE.c.subject.in_([bindparam(name) for name in names])
    return Prepared(wanted.where(here), ["of_site", *names])


def _add(dialect: ModuleType) -> Insert:
    statement: postgresql.Insert | sqlite.Insert = dialect.insert(_COUNT)
    more = {name: _COUNT.c[name] + statement.excluded[name] for name in ("people", "vehicles")}
    return statement.on_conflict_do_update(index_elements=["site", "area"], set_=more)


_ADD = Prepared({name: _add(dialect) for name, dialect in _DIALECTS.items()}, ("site", "area", "people", "vehicles"))
_COUNTED = Prepared(
    select(_COUNT.c.people, _COUNT.c.vehicles).where(
        _COUNT.c.site == bindparam("of_site"), _COUNT.c.area == bindparam("of_area")
    ),
    ("of_site", "of_area"),
)
_GROUND = ("of_site", "of_subject", "ground")
_STILL_THERE = (
    (_PRESENCE.c.site == bindparam("of_site"))
    & (_PRESENCE.c.subject == bindparam("of_subject"))
    & (_PRESENCE.c.entry_id == bindparam("ground"))
)
_COME = Prepared(
    # Who is inside already is not there twice, and no error of the server's has to say who it is.
    {name: dialect.insert(_PRESENCE).on_conflict_do_nothing() for name, dialect in _DIALECTS.items()},
    ("site", "subject", "area", "since", "entry_id"),
)
_MOVE = Prepared(
    update(_PRESENCE)
    .where(_STILL_THERE)
    .values(area=bindparam("to_area"), since=bindparam("from_now"), entry_id=bindparam("by_entry"), forgiven_at=null()),
    (*_GROUND, "to_area", "from_now", "by_entry"),
)
_LEAVE = Prepared(delete(_PRESENCE).where(_STILL_THERE), _GROUND)
