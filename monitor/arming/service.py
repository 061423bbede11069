"""What people do with zones: arm and disarm them, bypass, and set which mode arms what, and when."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from monitor.arming import keeping, openings, queries, rules
from monitor.arming.models import ArmingGroup, Bypass
from monitor.arming.problems import (
    ArmingChanged,
    BypassUnknown,
    EndsTooLate,
    GroupUnknown,
    NeverBypassed,
    PlanWrong,
    WhyNeeded,
    ZonesOpen,
    ZoneUnknown,
)
from monitor.arming.rules import DAY_MINUTES, DAYS, Group, GroupId, GroupZone, Mode, Span
from monitor.arming.timeline import ALWAYS_HEARD_CLASSES, Timelines
from registry import audit
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.clock import Instant, format_instant
from registry.devices.facts import Register, ZoneFacts, ZoneKind
from registry.ids import DeviceAddress, SiteId, ZoneId, new_id
from registry.store import Work

LONGEST_BY_HAND = timedelta(days=30)
"""What is set by hand for longer belongs into the plan. Ours."""
LONGEST_BYPASS = timedelta(days=7)
"""What is out of order for longer is a repair. Ours."""
BYPASSED_BY_FORCE = timedelta(days=1)
"""So long what was open when a group without a plan was armed is bypassed. Ours: somebody looks at it once a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an officer sets of a group."""

    name_zh: str
    name_en: str
    exit_seconds: int
    zones: tuple[GroupZone, ...]
    plan: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """What is armed at some sites now. `unreset`: zones with an alarm that nobody has closed, each with its code."""

    groups: Sequence[Group]
    lines: Timelines
    bypasses: Sequence[Bypass]
    unreset: Mapping[ZoneId, str]


def armed(session: Session, register: Register, sites: Collection[SiteId], now: Instant) -> Armed:
    """How the groups and zones of these sites stand."""
    zones = [zone for zone in register.zones.values() if zone.site in sites]
    keys = [zone.id for zone in zones]
    return Armed(
        groups=rules.with_defaults(zones, queries.groups(session, sites)),
        lines=queries.timelines(session, keys, now),
        bypasses=queries.bypasses(session, sites, now),
        unreset=queries.open_intrusions(session, keys),
    )


def arm(
    work: Work,
    register: Register,
    group_id: GroupId,
    mode: Mode,
    *,
    version: int,
    until: Instant | None,
    reason: str,
    by: Principal,
    bypass_open: bool = False,
) -> Group:
    """Set a group's mode by hand, until a moment or until the plan changes. Who disarms says why.

    What is open in a zone that this arms is in the way; with `bypass_open` it is bypassed, for the same reason, until the
    mode changes again.

    Raises:
        GroupUnknown, ArmingChanged, ZonesOpen, WhyNeeded, EndsTooLate: see there.

    """
    why = reason.strip()
    if not why and (mode is Mode.DISARMED or bypass_open):
        raise WhyNeeded("Say why: the audit keeps it.")
    if until is not None and not work.now < until <= work.now + LONGEST_BY_HAND:
        raise EndsTooLate("By hand a mode may be set for 30 days at most.")
    row = _group(work, register, group_id, version=version, permission=Permission.ZONES_ARM, by=by)
    before = row.mode
    hindering = _hindering(work, register, keeping.whole(work, register, row), mode)
    if hindering and not bypass_open:
        raise ZonesOpen("Close what is open, or arm and bypass it.", open=[str(each) for _, each in hindering])
    group = keeping.change(work, register, row, mode, until=until, by=by.name, reason=why)
    facts = {"mode": str(mode), "mode_before": str(before), "reason": why}
    if until is not None:
        facts["until"] = format_instant(until)
    action = "zones-disarmed" if mode is Mode.DISARMED else "zones-armed"
    _record(work, action, group.site, f"arming-group:{group.id}", facts, by=by)
    for zone, device in hindering:
        ends = _bypassed_until(register, group, work.now)
        bypass(work, register, zone, device=device, until=ends, reason=why, by=by)
    return group


def _hindering(work: Work, register: Register, group: Group, mode: Mode) -> list[tuple[ZoneId, DeviceAddress]]:
    """The devices that are open or ill in zones which a mode arms anew, without those that are bypassed."""
    zones = [register.zones[zone] for zone in sorted(group.armed_by(mode))]
    lines = queries.timelines(work.session, [zone.id for zone in zones], work.now)
    anew = [zone for zone in zones if not lines.is_armed(zone, work.now)]
    found = openings.openings(work.session, register, anew, work.now) if anew else {}
    return [
        (zone.id, opening.device)
        for zone in anew
        for opening in found[zone.id]
        if opening.hinders and not lines.is_bypassed(zone, opening.device, work.now)
    ]


def _bypassed_until(register: Register, group: Group, now: Instant) -> Instant:
    """When what was open as a group was armed counts again: when its mode changes, or after a day."""
    following = rules.next_change(group.plan, keeping.site_time(register, group.site), now)
    ends = [group.standing.hand_until, following.at if following else None]
    return min((at for at in ends if at is not None and at <= now + LONGEST_BYPASS), default=now + BYPASSED_BY_FORCE)


def set_up(
    work: Work, register: Register, group_id: GroupId, settings: Settings, *, version: int, by: Principal
) -> Group:
    """Set a group's zones, which modes arm them, its delays and its plan; from now on.

    Raises:
        GroupUnknown, ArmingChanged, PlanWrong, ZoneUnknown: see there.

    """
    require_sound(settings)
    row = _group(work, register, group_id, version=version, permission=Permission.ZONES_PLAN, by=by)
    _require_zones(register, row.site, settings.zones)
    row.before = _stored(settings_of(keeping.whole(work, register, row)))
    _write_settings(work, row, settings)
    keeping.replan(work, register, row, by=by.name)
    _record(work, "arming-set", row.site, f"arming-group:{row.id}", _told(settings), by=by)
    return keeping.whole(work, register, row)


def undo(work: Work, register: Register, group_id: GroupId, *, version: int, by: Principal) -> Group:
    """Set a group as it was before its last change; from now on. Once more sets it back again.

    Raises:
        GroupUnknown, ArmingChanged: see there.

    """
    row = _group(work, register, group_id, version=version, permission=Permission.ZONES_PLAN, by=by)
    settings = before(work.session, keeping.whole(work, register, row))
    if settings is None:
        raise ArmingChanged("There is nothing to go back to.")
    here = [zone for zone in settings.zones if zone.zone in register.zones]
    return set_up(work, register, group_id, replace(settings, zones=tuple(here)), version=row.version, by=by)


def group(session: Session, register: Register, group_id: GroupId, *, by: Principal) -> Group:
    """A group as whoever may plan it sees it.

    Raises:
        GroupUnknown: there is none there for them.

    """
    sites = [site for site in register.sites if by.may(Permission.ZONES_PLAN, site)]
    zones = [zone for zone in register.zones.values() if zone.site in sites]
    for each in rules.with_defaults(zones, queries.groups(session, sites)):
        if each.id == group_id:
            return each
    raise GroupUnknown


def settings_of(group: Group) -> Settings:
    """What is set of a group."""
    return Settings(
        name_zh=group.name_zh,
        name_en=group.name_en,
        exit_seconds=group.exit_seconds,
        zones=group.zones,
        plan=group.plan,
    )


def before(session: Session, group: Group) -> Settings | None:
    """What was set of a group before its last change; None: it never was changed."""
    row = session.get(ArmingGroup, group.id)
    if row is None or row.before is None:
        return None
    return Settings(
        name_zh=row.before["name_zh"],
        name_en=row.before["name_en"],
        exit_seconds=row.before["exit_seconds"],
        zones=tuple(
            GroupZone(zone=ZoneId(zone), modes=frozenset(map(Mode, modes)), entry_seconds=entry)
            for zone, modes, entry in row.before["zones"]
        ),
        plan=queries.plan_of(row.before["plan"]),
    )


def _stored(settings: Settings) -> dict[str, Any]:
    return {
        "name_zh": settings.name_zh,
        "name_en": settings.name_en,
        "exit_seconds": settings.exit_seconds,
        "zones": [[zone.zone, sorted(zone.modes), zone.entry_seconds] for zone in settings.zones],
        "plan": queries.plan_rows(settings.plan),
    }


def add_group(work: Work, register: Register, site: SiteId, settings: Settings, *, by: Principal) -> Group:
    """Make a group of zones that were in others; it begins armed, if any of them is.

    Raises:
        PlanWrong, ZoneUnknown: see there.

    """
    by.require(Permission.ZONES_PLAN, site)
    require_sound(settings)
    _require_zones(register, site, settings.zones)
    now = armed(work.session, register, [site], work.now)
    is_armed = any(now.lines.is_armed(register.zones[zone.zone], work.now) for zone in settings.zones)
    group = Group(
        id=GroupId(new_id()),
        site=site,
        kind=None,
        name_zh=settings.name_zh,
        name_en=settings.name_en,
        zones=(),
        standing=rules.Standing(mode=Mode.AWAY if is_armed else Mode.DISARMED),
    )
    row = queries.add_group(work.session, group, work.now)
    _write_settings(work, row, settings)
    keeping.replan(work, register, row, by=by.name)
    _record(work, "arming-set", site, f"arming-group:{row.id}", _told(settings), by=by)
    return keeping.whole(work, register, row)


def bypass(
    work: Work,
    register: Register,
    zone_id: ZoneId,
    *,
    device: DeviceAddress | None,
    until: Instant,
    reason: str,
    by: Principal,
) -> Bypass:
    """Let a zone, or one device in it, count for nothing until then.

    Raises:
        ZoneUnknown, WhyNeeded, EndsTooLate, NeverBypassed: see there.

    """
    zone = _zone(register, zone_id, by)
    members = {member.device for member in zone.members}
    if device is not None and device not in members:
        raise ZoneUnknown(f"{device} is not in zone {zone_id}.")
    meant = members if device is None else {device}
    if zone.kind is ZoneKind.ALWAYS or any(each.kind in ALWAYS_HEARD_CLASSES for each in meant):
        raise NeverBypassed("Panic, fire, tamper and 24-hour zones cannot be bypassed. Report the fault for repair.")
    if not reason.strip():
        raise WhyNeeded("Say why it is bypassed: the list shows it.")
    if not work.now < until <= work.now + LONGEST_BYPASS:
        raise EndsTooLate("A bypass lasts seven days at most. What takes longer is a repair.")
    row = Bypass(
        id=new_id(),
        site=zone.site,
        zone=zone_id,
        device=str(device) if device else None,
        since=work.now,
        until=until,
        reason=reason.strip(),
        by=by.name,
    )
    work.session.add(row)
    facts = {"device": row.device, "until": format_instant(until), "reason": row.reason}
    _record(work, "zone-bypassed", zone.site, f"zone:{zone_id}", facts, by=by)
    return row


def end_bypass(work: Work, bypass_id: UUID, *, by: Principal) -> Bypass:
    """Let it count again before its time; one that is over stays as it is.

    Raises:
        BypassUnknown: there is none, or not there for them.

    """
    row = work.session.get(Bypass, bypass_id, with_for_update=True)
    if row is None or not by.may(Permission.ZONES_ARM, row.site):
        raise BypassUnknown
    if row.ended_at is None and row.until > work.now:
        row.ended_at, row.ended_by = work.now, by.name
        _record(work, "bypass-ended", row.site, f"zone:{row.zone}", {"device": row.device}, by=by)
    return row


def _group(
    work: Work, register: Register, group_id: GroupId, *, version: int, permission: Permission, by: Principal
) -> ArmingGroup:
    sites = [site for site in register.sites if by.may(permission, site)]
    row = keeping.stored(work, register, group_id, sites)
    if row is None:
        raise GroupUnknown
    if row.version != version:
        [group] = queries.facts_of(work.session, [row])
        raise ArmingChanged(
            f"{group.by or 'The plan'} was faster. Look at it again.", winner=group.by, version=row.version
        )
    return row


def _zone(register: Register, zone_id: ZoneId, by: Principal) -> ZoneFacts:
    zone = register.zones.get(zone_id)
    if zone is None or not by.may(Permission.ZONES_ARM, zone.site):
        raise ZoneUnknown
    return zone


def require_sound(settings: Settings) -> None:
    """Refuse what no group can be set to.

    Raises:
        PlanWrong: see there.

    """
    if not settings.name_zh or not settings.name_en:
        raise PlanWrong("A group has a name in both languages.")
    if len({zone.zone for zone in settings.zones}) != len(settings.zones):
        raise PlanWrong("A zone is in a group once.")
    delays = [settings.exit_seconds, *(zone.entry_seconds for zone in settings.zones)]
    if not all(0 <= seconds <= rules.LONGEST_DELAY_SECONDS for seconds in delays):
        raise PlanWrong(f"A delay lasts {rules.LONGEST_DELAY_SECONDS} seconds at most.")
    for span in settings.plan:
        fits = 0 <= span.begins_minute < DAY_MINUTES and span.begins_minute < span.ends_minute <= 2 * DAY_MINUTES
        if not 0 <= span.day < DAYS or not fits:
            raise PlanWrong("Hours begin on their day, and end on it or on the next.")
        if span.mode is Mode.DISARMED:
            raise PlanWrong("Write the hours in which it is armed; else it is disarmed.")
    if rules.overlapping(settings.plan) is not None:
        raise PlanWrong("Two modes overlap on one day.")


def _require_zones(register: Register, site: SiteId, zones: Collection[GroupZone]) -> None:
    for each in zones:
        zone = register.zones.get(each.zone)
        if zone is None or zone.site != site or zone.kind is ZoneKind.ALWAYS:
            raise ZoneUnknown(f"There is no zone {each.zone} here that one arms.")


def _write_settings(work: Work, row: ArmingGroup, settings: Settings) -> None:
    row.name_zh, row.name_en = settings.name_zh, settings.name_en
    row.exit_seconds, row.plan = settings.exit_seconds, queries.plan_rows(settings.plan)
    zones = [replace(zone, modes=zone.modes - {Mode.DISARMED}) for zone in settings.zones]
    queries.put_zones(work.session, GroupId(row.id), zones)


def _told(settings: Settings) -> Mapping[str, object]:
    return {
        "plan": queries.plan_rows(settings.plan),
        "exit_seconds": settings.exit_seconds,
        "zones": {zone.zone: sorted(zone.modes) for zone in settings.zones},
    }


def _record(work: Work, action: str, site: SiteId, subject: str, facts: Mapping[str, object], *, by: Principal) -> None:
    audit.record(work.session, actor=by.name, action=action, site=site, subject=subject, facts=facts, now=work.now)
