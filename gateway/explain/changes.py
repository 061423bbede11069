"""Changes that somebody thinks of making, and the world as it would be after each. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, assert_never

from gateway.checks.circumstances import Closed
from gateway.checks.snapshot import Snapshot
from gateway.explain.world import World
from registry.access.facts import CredentialFacts, CredentialKind, DayKind, DenyEntry, HolidayRule, LevelFacts, Week
from registry.calendar.rules import NOTHING_KNOWN, day_facts
from registry.ids import AreaId, GateId, LevelId, SiteId
from registry.problems import NotFound


class NothingToChange(NotFound):
    slug = "nothing-to-change"
    title = "There is no such level or area here"


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelChange:
    """A level opens other gates, at other hours, or does something else on holidays. None: as it is."""

    level: LevelId
    gates: frozenset[GateId] | None
    week: Week | None
    holidays: HolidayRule | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Credentials of a compound: those that have a level, of a unit's people, of a kind; what is None is not asked for."""

    site: SiteId
    level: LevelId | None
    unit: str | None
    """The unit's name, in Chinese or in English."""
    kind: CredentialKind | None

    def holds(self, credential: CredentialFacts) -> bool:
        if self.site not in credential.sites:
            return False
        if self.level is not None and self.level not in credential.levels:
            return False
        if self.unit is not None:
            holder = credential.holder
            if holder is None or self.unit not in {holder.unit_zh, holder.unit_en}:
                return False
        return self.kind is None or credential.kind is self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelGiven:
    """A group is given a level. Who had none opens what the level opens from then on, and nothing else."""

    level: LevelId
    group: Group


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelTaken:
    """A level is taken from a group. Who has no other has none left, and opens nothing."""

    level: LevelId
    group: Group


@dataclass(frozen=True, slots=True, kw_only=True)
class DayChange:
    """A day becomes a holiday or a workday at a compound; None: what its weekday says."""

    site: SiteId
    day: date
    kind: DayKind | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """Something or somebody is put on the deny list."""

    line: DenyEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaChange:
    """An area is closed, its threat level changed, or it asks for a first or a second person. None: as it is."""

    site: SiteId
    area: AreaId
    lockdown: bool | None
    threat_level: int | None
    first_person: bool | None
    two_person: bool | None


Change = LevelChange | LevelGiven | LevelTaken | DayChange | Denial | AreaChange


def after(world: World, change: Change) -> World:
    """The world after a change.

    Raises:
        NothingToChange: the level or the area is not there.

    """
    snapshot = world.snapshot
    match change:
        case LevelChange():
            return replace(world, snapshot=_with_level(snapshot, _changed(_level(snapshot, change.level), change)))
        case LevelGiven():
            level = _level(snapshot, change.level).id
            given = {
                each.id: replace(each, levels=(*each.levels, level))
                for each in snapshot.credentials.values()
                if level not in each.levels and change.group.holds(each)
            }
            return replace(world, snapshot=_with_credentials(snapshot, given))
        case LevelTaken():
            level = _level(snapshot, change.level).id
            taken = {
                each.id: _without(each, level)
                for each in snapshot.credentials.values()
                if level in each.levels and change.group.holds(each)
            }
            return replace(world, snapshot=_with_credentials(snapshot, taken))
        case DayChange():
            return replace(world, snapshot=_with_day(snapshot, change))
        case Denial(line=line):
            key = line.kind, line.key
            lines = {**snapshot.denied_by_key, key: (*snapshot.denied_by_key.get(key, ()), line)}
            return replace(
                world, snapshot=replace(snapshot, denied={**snapshot.denied, line.id: line}, denied_by_key=lines)
            )
        case AreaChange():
            return _with_area(world, change)
        case _:
            assert_never(change)


def sites_of(world: World, change: Change) -> Collection[SiteId] | None:
    """The compounds at whose gates the change is felt; None: at all of them.

    Raises:
        NothingToChange: the level is not there.

    """
    snapshot = world.snapshot
    match change:
        case LevelChange():
            gates = _level(snapshot, change.level).gates | (change.gates or frozenset())
            return {found.site for gate in gates if (found := snapshot.gate(gate)) is not None}
        case LevelGiven(group=group) | LevelTaken(group=group):
            return {group.site}
        case DayChange(site=site) | AreaChange(site=site):
            return {site}
        case Denial(line=line):
            return line.sites
        case _:
            assert_never(change)


def _level(snapshot: Snapshot, level: LevelId) -> LevelFacts:
    found = snapshot.facts.levels.get(level)
    if found is None:
        raise NothingToChange("The gates know no such access level.")
    return found


def _changed(level: LevelFacts, change: LevelChange) -> LevelFacts:
    return replace(
        level,
        gates=level.gates if change.gates is None else change.gates,
        week=level.week if change.week is None else change.week,
        holidays=level.holidays if change.holidays is None else change.holidays,
    )


def _without(credential: CredentialFacts, level: LevelId) -> CredentialFacts:
    left = tuple(each for each in credential.levels if each != level)
    # The registry lets nobody go without: what has no level left opens no gate at all.
    return replace(credential, levels=left, gates=credential.gates if left else frozenset())


def _with_level(snapshot: Snapshot, level: LevelFacts) -> Snapshot:
    return replace(snapshot, facts=replace(snapshot.facts, levels={**snapshot.facts.levels, level.id: level}))


def _with_credentials(snapshot: Snapshot, changed: Mapping[Any, CredentialFacts]) -> Snapshot:
    return replace(snapshot, credentials=snapshot.credentials.after(changed.values(), ()))


def _with_day(snapshot: Snapshot, change: DayChange) -> Snapshot:
    calendar = snapshot.facts.calendars.get(change.site, NOTHING_KNOWN)
    days = {day: facts for day, facts in calendar.days.items() if day != change.day}
    if change.kind is not None:
        days[change.day] = day_facts(change.day, change.kind)
    calendars = {**snapshot.facts.calendars, change.site: replace(calendar, days=days)}
    return replace(snapshot, facts=replace(snapshot.facts, calendars=calendars))


def _with_area(world: World, change: AreaChange) -> World:
    snapshot = world.snapshot
    area = snapshot.area(change.area)
    if area is None or area.site != change.site:
        raise NothingToChange("The gates know no such area.")
    changed = replace(
        area,
        first_person=area.first_person if change.first_person is None else change.first_person,
        two_person=area.two_person if change.two_person is None else change.two_person,
    )
    now = world.closed.get(area.id, Closed(area=area.id, lockdown=False, threat_level=0))
    then = replace(
        now,
        lockdown=now.lockdown if change.lockdown is None else change.lockdown,
        threat_level=now.threat_level if change.threat_level is None else change.threat_level,
    )
    areas = {**snapshot.facts.areas, area.id: changed}
    closed = {**world.closed, area.id: then}
    return World(snapshot=replace(snapshot, facts=replace(snapshot.facts, areas=areas)), closed=closed)
