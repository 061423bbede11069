"""Making access levels, changing them, taking a change back, and doing away with those that nobody has."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from registry.access.facts import HolidayRule
from registry.audit.chain import record
from registry.clock import Instant
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change
from registry.ids import GateId, LevelId, SiteId, new_id
from registry.levels import queries
from registry.levels.models import AccessLevel, LevelGate, LevelWindow
from registry.levels.rules import Window, hours_text, overlapping, parse_hours
from registry.problems import Conflict, Unprocessable
from registry.revisions.service import Fields, history, keep, require_unchanged
from registry.sites.queries import NoSuchSite, require_gates, require_sites

LONGEST_NAME = 80
MOST_WINDOWS = 100
"""Of a week; more is no timetable that anybody could read."""


class LevelNameMissing(Unprocessable):
    slug = "level-name-missing"
    title = "An access level must have a name"


class LevelNameTaken(Conflict):
    slug = "level-name-taken"
    title = "There is an access level of this name already"


class LevelWithoutGates(Unprocessable):
    slug = "level-without-gates"
    title = "An access level opens at least one gate"


class LevelNeverOpen(Unprocessable):
    slug = "level-never-open"
    title = "An access level opens at some hour of the week"


class HoursOverlap(Unprocessable):
    """`field` is the weekday, as the form calls it, on which the later of two windows begins."""

    slug = "hours-overlap"
    title = "These hours overlap others"


class LevelInUse(Conflict):
    """`count` is how many credentials and projects have it."""

    slug = "level-in-use"
    title = "Somebody has this access level"


class LevelUnchanged(Conflict):
    slug = "level-unchanged"
    title = "Nobody has changed this access level since it was made"


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelFields:
    """All that a clerk says of an access level."""

    name_zh: str
    name_en: str
    gates: frozenset[GateId]
    windows: tuple[Window, ...]
    holidays: HolidayRule


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLevel:
    """An access level to be made."""

    id: LevelId = field(default_factory=lambda: LevelId(new_id()))
    site: SiteId
    fields: LevelFields


def add_level(session: Session, level: NewLevel, *, within: Collection[SiteId], by: str, now: Instant) -> AccessLevel:
    """Make an access level of a compound.

    Raises:
        LevelNameMissing, LevelNameTaken, LevelWithoutGates, LevelNeverOpen, HoursOverlap: it cannot be.

    """
    if level.site not in within:
        raise NoSuchSite(f"There is no site {level.site} here.")
    require_sites(session, [level.site])
    fields = _require_valid(session, level.site, level.fields, besides=None)
    row = AccessLevel(id=level.id, site=level.site)
    session.add(row)
    _write(session, row, fields)
    after = fields_of(row)
    keep(session, subject_of(row.id), "level-added", {}, after, by=by, now=now)
    _record(session, row, "level-added", {}, after, by=by, now=now)
    return row


def add_levels(session: Session, levels: Sequence[NewLevel]) -> None:
    """Make many at once: three statements, one change for each site. Makes no entry in the audit: its caller does."""
    if not levels:
        return
    rows = [
        {
            "id": level.id,
            "site": level.site,
            "name_zh": level.fields.name_zh,
            "name_en": level.fields.name_en,
            "holidays": level.fields.holidays,
        }
        for level in levels
    ]
    session.execute(insert(AccessLevel), rows)
    session.execute(
        insert(LevelGate), [{"level_id": level.id, "gate": gate} for level in levels for gate in level.fields.gates]
    )
    windows = [
        {
            "level_id": level.id,
            "weekday": each.weekday,
            "begins_minute": each.begins_minute,
            "ends_minute": each.ends_minute,
        }
        for level in levels
        for each in level.fields.windows
    ]
    session.execute(insert(LevelWindow), windows)
    record_change(session, {level.site for level in levels}, ChangeKind.LEVEL, "levels")


def change_level(
    session: Session,
    level_id: LevelId,
    fields: LevelFields,
    *,
    revision: int | None = None,
    within: Collection[SiteId],
    by: str,
    now: Instant,
) -> AccessLevel:
    """Say all of a level anew; every gate hears of it. `revision`: the one that its writer was shown; None: whatever it is.

    Raises:
        ChangedMeanwhile: somebody else changed it since.
        LevelNameMissing, LevelNameTaken, LevelWithoutGates, LevelNeverOpen, HoursOverlap: it cannot be.

    """
    row = queries.level(session, level_id, within)
    if revision is not None:
        require_unchanged(session, subject_of(level_id), revision)
    valid = _require_valid(session, row.site, fields, besides=level_id)
    return _change(session, row, valid, "level-changed", by=by, now=now)


def undo_level(
    session: Session, level_id: LevelId, *, revision: int, within: Collection[SiteId], by: str, now: Instant
) -> AccessLevel:
    """Make a level what it was before its last change; `revision`: that change's number.

    Raises:
        ChangedMeanwhile: somebody changed it again since.
        LevelUnchanged: nobody ever changed it.

    """
    row = queries.level(session, level_id, within)
    require_unchanged(session, subject_of(level_id), revision)
    earlier = history(session, subject_of(level_id))[1:]
    if not earlier:
        raise LevelUnchanged("It is what it was when it was made.")
    fields = _require_valid(session, row.site, _read(earlier[0][0].fields), besides=level_id)
    return _change(session, row, fields, "level-undone", by=by, now=now)


def remove_level(session: Session, level_id: LevelId, *, within: Collection[SiteId], by: str, now: Instant) -> None:
    """Do away with a level that nobody has.

    Raises:
        LevelInUse: somebody has it: what would their card open then?

    """
    row = queries.level(session, level_id, within)
    count = queries.holders(session, [level_id])[level_id]
    if count:
        raise LevelInUse(
            f"{count} cards, passes, PINs or projects have it: give them another level first.", count=count
        )
    _record(session, row, "level-removed", fields_of(row), {}, by=by, now=now)
    session.delete(row)
    session.flush()


def subject_of(level_id: LevelId) -> str:
    return f"level:{level_id}"


def fields_of(row: AccessLevel) -> Fields:
    """A level as its revisions keep it; the hours of each day in a text, as the form has them."""
    windows = queries.windows_of(row)
    days = {f"day{n}": hours_text([each for each in windows if each.weekday == n]) for n in range(7)}
    return {
        "name_zh": row.name_zh,
        "name_en": row.name_en,
        "gates": sorted(each.gate for each in row.gates),
        **days,
        "holidays": str(row.holidays),
    }


def _read(fields: Mapping[str, object]) -> LevelFields:
    """A level as a revision kept it."""
    gates = fields["gates"]
    return LevelFields(
        name_zh=str(fields["name_zh"]),
        name_en=str(fields["name_en"]),
        gates=frozenset(GateId(str(gate)) for gate in gates) if isinstance(gates, list) else frozenset(),
        windows=tuple(window for n in range(7) for window in parse_hours(n, str(fields[f"day{n}"])) or ()),
        holidays=HolidayRule(str(fields["holidays"])),
    )


def _require_valid(session: Session, site: SiteId, fields: LevelFields, *, besides: LevelId | None) -> LevelFields:
    zh = " ".join(fields.name_zh.split())[:LONGEST_NAME]
    if not zh:
        raise LevelNameMissing("Give it a name by which clerks choose it.")
    same = select(AccessLevel.id).where(AccessLevel.site == site, AccessLevel.name_zh == zh)
    if besides is not None:
        same = same.where(AccessLevel.id != besides)
    if session.scalar(same) is not None:
        raise LevelNameTaken(f"There is an access level {zh} at {site} already.")
    if not fields.gates:
        raise LevelWithoutGates("Choose at least one gate that it opens.")
    require_gates(session, fields.gates, [site])
    if not fields.windows:
        raise LevelNeverOpen("Write hours for at least one day of the week.")
    if (later := overlapping(fields.windows)) is not None or len(fields.windows) > MOST_WINDOWS:
        weekday = 0 if later is None else later.weekday
        raise HoursOverlap("Two windows of the week overlap: make one of them.", field=f"day{weekday}")
    en = " ".join(fields.name_en.split())[:LONGEST_NAME] or zh
    return LevelFields(name_zh=zh, name_en=en, gates=fields.gates, windows=fields.windows, holidays=fields.holidays)


def _change(
    session: Session, row: AccessLevel, fields: LevelFields, action: str, *, by: str, now: Instant
) -> AccessLevel:
    before = fields_of(row)
    _write(session, row, fields)
    after = fields_of(row)
    keep(session, subject_of(row.id), action, before, after, by=by, now=now)
    _record(session, row, action, before, after, by=by, now=now)
    return row


def _write(session: Session, row: AccessLevel, fields: LevelFields) -> None:
    row.name_zh, row.name_en, row.holidays = fields.name_zh, fields.name_en, fields.holidays
    row.gates, row.windows = [], []
    session.flush()  # the keys of the new rows may be those of old ones
    row.gates = [LevelGate(gate=gate) for gate in sorted(fields.gates)]
    row.windows = [
        LevelWindow(weekday=each.weekday, begins_minute=each.begins_minute, ends_minute=each.ends_minute)
        for each in sorted(fields.windows)
    ]
    session.flush()


def _record(
    session: Session, row: AccessLevel, action: str, before: Fields, after: Fields, *, by: str, now: Instant
) -> None:
    facts: dict[str, object] = {"name": after.get("name_zh", before.get("name_zh"))}
    for name in after:
        if after[name] != before.get(name):
            facts[name] = after[name]
            if before:
                facts[f"{name}_before"] = before[name]
    record(session, actor=by, action=action, site=row.site, subject=subject_of(row.id), facts=facts, now=now)
    record_change(session, [row.site], ChangeKind.LEVEL, str(row.id))
