"""What a compound makes of a day, whatever the public calendar says; and taking that back."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time

from sqlalchemy.orm import Session

from registry.access.facts import DayKind
from registry.audit.chain import record
from registry.calendar.models import CalendarDay
from registry.clock import Instant
from registry.credentials.period import require_moment
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change
from registry.ids import SiteId
from registry.problems import Conflict, Unprocessable
from registry.revisions.service import history, keep, require_unchanged
from registry.sites.queries import NoSuchSite, require_sites

LONGEST_NAME = 40


class DayNameMissing(Unprocessable):
    slug = "day-name-missing"
    title = "Say what the day is"


class DayNotSet(Conflict):
    slug = "day-not-set"
    title = "Nobody set this day here"


class NothingToUndo(Conflict):
    slug = "nothing-to-undo"
    title = "There is nothing to take back"


def set_day(
    session: Session,
    site: SiteId,
    day: date,
    kind: DayKind,
    *,
    name_zh: str,
    name_en: str = "",
    revision: int | None = None,
    within: Collection[SiteId],
    by: str,
    now: Instant,
) -> CalendarDay:
    """Make a day a holiday or a workday at one compound. `revision`: the day's, as its writer was shown it; None: whatever it is.

    Raises:
        ChangedMeanwhile: somebody else changed the day since.
        DayNameMissing, MomentTooFar: it cannot be.

    """
    _require(session, site, day, within)
    zh = " ".join(name_zh.split())[:LONGEST_NAME]
    if not zh:
        raise DayNameMissing("Say in a few words what the day is: the gates' clerks will read it.")
    if revision is not None:
        require_unchanged(session, subject_of(site, day), revision)
    before = fields_at(session, site, day)
    en = " ".join(name_en.split())[:LONGEST_NAME] or zh
    _put(session, site, day, {"kind": kind, "name_zh": zh, "name_en": en}, by=by)
    _kept(session, site, day, "calendar-day-set", before, by=by, now=now)
    return session.get_one(CalendarDay, (site, day))


def clear_day(session: Session, site: SiteId, day: date, *, within: Collection[SiteId], by: str, now: Instant) -> None:
    """Let a day be again what the public calendar says.

    Raises:
        DayNotSet: it is.

    """
    _require(session, site, day, within)
    before = fields_at(session, site, day)
    if before["kind"] is None:
        raise DayNotSet("Nobody set this day here, so it is what the public calendar says already.")
    _put(session, site, day, {"kind": None}, by=by)
    _kept(session, site, day, "calendar-day-cleared", before, by=by, now=now)


def undo_day(
    session: Session, site: SiteId, day: date, *, revision: int, within: Collection[SiteId], by: str, now: Instant
) -> None:
    """Make a day what it was before its last change; `revision`: that change's number.

    Raises:
        ChangedMeanwhile: somebody changed it again since.
        NothingToUndo: nobody ever changed it.

    """
    _require(session, site, day, within)
    require_unchanged(session, subject_of(site, day), revision)
    earlier = history(session, subject_of(site, day))[1:]
    if not earlier:
        raise NothingToUndo("This day is what it always was.")
    before = fields_at(session, site, day)
    _put(session, site, day, earlier[0][0].fields, by=by)
    _kept(session, site, day, "calendar-day-undone", before, by=by, now=now)


def subject_of(site: SiteId, day: date) -> str:
    return f"calendar:{site}/{day}"


def fields_at(session: Session, site: SiteId, day: date) -> Mapping[str, object]:
    """What a compound made of a day; `kind` None: nothing."""
    row = session.get(CalendarDay, (site, day))
    if row is None:
        return {"kind": None, "name_zh": "", "name_en": ""}
    return {"kind": str(row.kind), "name_zh": row.name_zh, "name_en": row.name_en}


def _require(session: Session, site: SiteId, day: date, within: Collection[SiteId]) -> None:
    if site not in within:
        raise NoSuchSite(f"There is no site {site} here.")
    require_sites(session, [site])
    require_moment(datetime.combine(day, time(), UTC))


def _put(session: Session, site: SiteId, day: date, fields: Mapping[str, object], *, by: str) -> None:
    row = session.get(CalendarDay, (site, day))
    if fields["kind"] is None:
        if row is not None:
            session.delete(row)
    elif row is None:
        kind = DayKind(str(fields["kind"]))
        zh, en = str(fields["name_zh"]), str(fields["name_en"])
        session.add(CalendarDay(site=site, day=day, kind=kind, name_zh=zh, name_en=en, set_by=by))
    else:
        row.kind, row.set_by = DayKind(str(fields["kind"])), by
        row.name_zh, row.name_en = str(fields["name_zh"]), str(fields["name_en"])
    session.flush()


def _kept(
    session: Session, site: SiteId, day: date, action: str, before: Mapping[str, object], *, by: str, now: Instant
) -> None:
    after = fields_at(session, site, day)
    subject = subject_of(site, day)
    keep(session, subject, action, before, after, by=by, now=now)
    facts = {
        "day": day.isoformat(),
        "day_kind": after["kind"],
        "day_kind_before": before["kind"],
        "name": after["name_zh"],
    }
    record(session, actor=by, action=action, site=site, subject=subject, facts=facts, now=now)
    record_change(session, [site], ChangeKind.CALENDAR, day.isoformat())
