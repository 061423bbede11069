"""Reading and moving who and what is inside. Every move names the ground that it was decided on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection, Table, bindparam, case, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from gateway.checks.rules import Inside
from gateway.entries.models import Entry
from gateway.presence.models import Presence
from registry.ids import AreaId, EntryId, SiteId
from registry.problems import Conflict

_PRESENCE = cast("Table", Presence.__table__)

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


def seen(connection: Connection, subjects: Iterable[Subject]) -> dict[Subject, Inside]:
    """Where these subjects are inside."""
    wanted = set(subjects)
    rows = connection.execute(_OF_SUBJECTS, {"subjects": list({subject for _, subject in wanted})})
    found = {
        (SiteId(row.site), row.subject): Inside(area=AreaId(row.area), since=row.since, entry=EntryId(row.entry_id))
        for row in rows
    }
    return {subject: inside for subject, inside in found.items() if subject in wanted}


def move(connection: Connection, before: Mapping[Subject, Inside], after: Mapping[Subject, Inside | None]) -> None:
    """Bring the subjects of `after` where they are now, if they still are where `before` saw them.

    Raises:
        Overtaken: one of them is not; nothing of the transaction may be kept.

    """
    come = [_row(subject, inside) for subject, inside in after.items() if inside and subject not in before]
    moved = [
        _row(subject, inside) | {"ground": before[subject].entry}
        for subject, inside in after.items()
        if inside and subject in before
    ]
    gone = [
        {"of_site": subject[0], "of_subject": subject[1], "ground": before[subject].entry}
        for subject, inside in after.items()
        if inside is None and subject in before
    ]
    if come and connection.execute(_COME[connection.dialect.name], come).rowcount != len(come):
        raise Overtaken
    if moved and connection.execute(_MOVE, [_keyed(row) for row in moved]).rowcount != len(moved):
        raise Overtaken
    if gone and connection.execute(_LEAVE, gone).rowcount != len(gone):
        raise Overtaken


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


def _row(subject: Subject, inside: Inside) -> dict[str, object]:
    return {
        "site": subject[0],
        "subject": subject[1],
        "area": inside.area,
        "since": inside.since,
        "entry_id": inside.entry,
    }


def _keyed(row: dict[str, object]) -> dict[str, object]:
    return {
        "of_site": row["site"],
        "of_subject": row["subject"],
        "ground": row["ground"],
        "to_area": row["area"],
        "from_now": row["since"],
        "by_entry": row["entry_id"],
    }


# Built once, for to build a statement costs as much as to run it.
_OF_SUBJECTS = select(_PRESENCE).where(_PRESENCE.c.subject.in_(bindparam("subjects", expanding=True)))
_COME = {
    # Who is inside already is not there twice, and no error of the server's has to say who it is.
    name: dialect.insert(_PRESENCE).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_STILL_THERE = (
    (_PRESENCE.c.site == bindparam("of_site"))
    & (_PRESENCE.c.subject == bindparam("of_subject"))
    & (_PRESENCE.c.entry_id == bindparam("ground"))
)
_MOVE = (
    update(_PRESENCE)
    .where(_STILL_THERE)
    .values(area=bindparam("to_area"), since=bindparam("from_now"), entry_id=bindparam("by_entry"))
)
_LEAVE = delete(_PRESENCE).where(_STILL_THERE)
