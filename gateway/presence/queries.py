"""Reading and moving who and what is inside. Every move names the ground that it was decided on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

from sqlalchemy import Connection, Table, bindparam, case, delete, func, null, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from gateway.checks.question import Inside
from gateway.entries.models import Entry
from gateway.presence.models import Presence
from registry.clock import Instant
from registry.ids import AreaId, EntryId, SiteId
from registry.problems import Conflict
from registry.store.prepared import Bare, Prepared, padded

_PRESENCE = cast("Table", Presence.__table__)
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
    is_vehicle = Presence.subject.startswith("plate:")
    vehicles, everything = session.execute(
        select(func.coalesce(func.sum(case((is_vehicle, 1), else_=0)), 0), func.count()).where(Presence.site == site)
    ).one()
    return Counts(people=everything - vehicles, vehicles=vehicles)


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


@cache
def _of_subjects(count: int) -> Prepared:
    names = [f"subject_{number}" for number in range(count)]
    columns = (_PRESENCE.c.subject, _PRESENCE.c.area, _PRESENCE.c.since, _PRESENCE.c.entry_id, _PRESENCE.c.forgiven_at)
    wanted = select(*columns)
    here = (_PRESENCE.c.site == bindparam("of_site")) & _PRESENCE.c.subject.in_([bindparam(name) for name in names])
    return Prepared(wanted.where(here), ["of_site", *names])


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
