"""Opening a muster, marking who is found, closing it."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from gateway.checks.snapshot import Snapshot
from gateway.musters import queries
from gateway.musters.models import Because, Mark, Muster
from gateway.presence.lines import Line, who_is_inside
from registry import audit
from registry.clock import Instant
from registry.ids import SiteId, new_id
from registry.problems import Conflict, NotFound


class NoSuchMuster(NotFound):
    slug = "no-such-muster"
    title = "There is no such muster here"


class NotOnThisMuster(NotFound):
    slug = "not-on-this-muster"
    title = "There is no such line on this muster"


class MusterClosed(Conflict):
    slug = "muster-closed"
    title = "This muster is closed"


def open_muster(
    session: Session,
    snapshot: Snapshot | None,
    site: SiteId,
    *,
    by: str,
    because: Because,
    now: Instant,
    words: str = "",
) -> Muster:
    """Begin to call over a compound, with everybody who may be inside at this moment; one that is open is gone on with.

    Called by people, and for a fire alarm or a room's command by whoever hears it: the same heard twice is one muster.
    `snapshot`: what the gates know, None: nothing yet.
    """
    known = queries.open_at(session, site)
    if known is not None:
        return known
    muster = Muster(
        id=new_id(), site=site, because=because, words=words or None, opened_by=by, opened_at=now, closed_at=None
    )
    session.add(muster)
    session.flush()
    found = who_is_inside(session, snapshot, site, now)
    queries.add_lines(session, [_row(muster, number, line) for number, line in enumerate(_to_call(found.lines), 1)])
    facts: dict[str, object] = {"because": because.value, "words": audit.Personal(words), "count": len(found.lines)}
    _record(session, muster, "muster-opened", facts, by=by, now=now)
    return muster


def mark(
    session: Session, muster: Muster, numbers: Collection[int], found: Mark | None, *, by: str, now: Instant
) -> None:
    """Say what was found of these lines; None takes a mark back.

    Raises:
        MusterClosed: nobody is looked for any more.
        NotOnThisMuster: there is no such line.

    """
    if muster.closed_at is not None:
        raise MusterClosed("This muster was closed; open a new one to look for people again.")
    if queries.mark(session, muster.id, numbers, found, by=by, now=now) != len(numbers):
        raise NotOnThisMuster("There is no such line on this muster.")
    facts: dict[str, object] = {"mark": None if found is None else found.value, "lines": sorted(numbers)}
    _record(session, muster, "muster-marked", facts, by=by, now=now)


def close(session: Session, muster: Muster, *, words: str, by: str, now: Instant) -> None:
    """End a muster; it is kept as it is.

    Raises:
        MusterClosed: somebody has done so.

    """
    if muster.closed_at is not None:
        raise MusterClosed(f"{muster.closed_by} has closed it already.")
    muster.closed_at, muster.closed_by, muster.closing_words = now, by, words or None
    session.flush()
    counts = queries.counts(session, muster.id)
    facts: dict[str, object] = {**counts.as_facts(), "words": audit.Personal(words)}
    _record(session, muster, "muster-closed", facts, by=by, now=now)


def muster_at(session: Session, muster_id: UUID) -> Muster:
    """The muster.

    Raises:
        NoSuchMuster: there is none.

    """
    found = session.get(Muster, muster_id)
    if found is None:
        raise NoSuchMuster("There is no such muster here.")
    return found


def _to_call(lines: Collection[Line]) -> list[Line]:
    """Whom to look for: everybody, and of the vehicles those whose holder is not called by himself."""
    holders = {line.holder_id for line in lines if not line.is_vehicle and line.holder_id is not None}
    return [line for line in lines if not (line.is_vehicle and line.holder_id in holders)]


def _row(muster: Muster, number: int, line: Line) -> Mapping[str, object]:
    return {
        "muster_id": muster.id,
        "number": number,
        "subject": line.subject,
        "kind": line.kind,
        "name": line.name,
        "shown": line.shown,
        "unit_zh": line.unit_zh,
        "unit_en": line.unit_en,
        "area": line.area,
        "gate": line.gate,
        "since": line.since,
        "entry_id": line.entry_id,
        "doubts": [str(doubt) for doubt in line.standing.doubts],
    }


def _record(session: Session, muster: Muster, action: str, facts: dict[str, object], *, by: str, now: Instant) -> None:
    subject = f"muster:{muster.id}"
    audit.record(session, actor=by, action=action, site=muster.site, subject=subject, facts=facts, now=now)
