"""Reading and writing musters and their lines."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.orm import Session

from gateway.musters.models import Because, Mark, Muster, MusterLine
from registry.clock import Instant
from registry.ids import SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How far a muster is. `waiting`: nobody has said anything of them."""

    safe: int
    missing: int
    not_inside: int
    waiting: int

    @property
    def all(self) -> int:
        return self.safe + self.missing + self.not_inside + self.waiting

    @property
    def found(self) -> int:
        """Of whom it is known that nobody has to look for them."""
        return self.safe + self.not_inside

    def as_facts(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines are asked for; `words`: part of a name, a unit, a plate or a card."""

    waiting_only: bool = False
    mark: Mark | None = None
    words: str = ""
    after: int = 0
    limit: int


def open_at(session: Session, site: SiteId) -> Muster | None:
    return session.scalars(select(Muster).where(Muster.site == site, Muster.closed_at.is_(None))).one_or_none()


def open_for(session: Session, because: Because) -> Sequence[Muster]:
    """The musters that are being called for this reason, of all compounds."""
    return session.scalars(select(Muster).where(Muster.because == because, Muster.closed_at.is_(None))).all()


def newest(session: Session, site: SiteId, *, limit: int) -> Sequence[Muster]:
    return session.scalars(
        select(Muster).where(Muster.site == site).order_by(Muster.opened_at.desc(), Muster.id.desc()).limit(limit)
    ).all()


def add_lines(session: Session, lines: Sequence[Mapping[str, object]]) -> None:
    """Write the lines of a new list, by their columns."""
    if lines:
        session.execute(insert(MusterLine), lines)


def lines(session: Session, muster_id: UUID, wanted: Wanted) -> Sequence[MusterLine]:
    """Lines in the order of the list."""
    rows = select(MusterLine).where(MusterLine.muster_id == muster_id, MusterLine.number > wanted.after)
    if wanted.waiting_only:
        rows = rows.where(MusterLine.mark.is_(None))
    if wanted.mark is not None:
        rows = rows.where(MusterLine.mark == wanted.mark)
    if wanted.words:
        searched = (MusterLine.name, MusterLine.unit_zh, MusterLine.unit_en, MusterLine.shown)
        rows = rows.where(or_(*(column.icontains(wanted.words, autoescape=True) for column in searched)))
    return session.scalars(rows.order_by(MusterLine.number).limit(wanted.limit)).all()


def lines_numbered(session: Session, muster_id: UUID, numbers: Collection[int]) -> Sequence[MusterLine]:
    wanted = select(MusterLine).where(MusterLine.muster_id == muster_id, MusterLine.number.in_(numbers))
    return session.scalars(wanted.order_by(MusterLine.number)).all()


def last_marked(session: Session, muster_id: UUID, by: str, *, limit: int) -> Sequence[MusterLine]:
    """What this person marked last, the newest first: whence a slip is taken back."""
    return session.scalars(
        select(MusterLine)
        .where(MusterLine.muster_id == muster_id, MusterLine.marked_by == by)
        .order_by(MusterLine.marked_at.desc(), MusterLine.number.desc())
        .limit(limit)
    ).all()


def mark(
    session: Session, muster_id: UUID, numbers: Collection[int], found: Mark | None, *, by: str, now: Instant
) -> int:
    """Set or take back the mark of these lines; gives how many there are."""
    rows = session.execute(
        update(MusterLine)
        .where(MusterLine.muster_id == muster_id, MusterLine.number.in_(numbers))
        .values(mark=found, marked_by=None if found is None else by, marked_at=None if found is None else now)
        .returning(MusterLine.number)
        .execution_options(synchronize_session=False)
    )
    return len(rows.all())


def counts(session: Session, muster_id: UUID) -> Counts:
    rows = session.execute(
        select(MusterLine.mark, func.count().label("count_of"))
        .where(MusterLine.muster_id == muster_id)
        .group_by(MusterLine.mark)
    )
    of: dict[Mark | None, int] = {row.mark: row.count_of for row in rows}
    return Counts(
        safe=of.get(Mark.SAFE, 0),
        missing=of.get(Mark.MISSING, 0),
        not_inside=of.get(Mark.NOT_INSIDE, 0),
        waiting=of.get(None, 0),
    )
