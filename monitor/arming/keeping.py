"""Writing down what becomes of groups: by the plan, in the engine's transactions, and by hand before anything else.

Whoever writes first settles the past: each planned change is written once, at the moment for which it was planned, under
the next number of its group, which two writers cannot both take.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import structlog

from monitor.alarms import queries as alarms
from monitor.alarms import raising
from monitor.arming import findings, queries, rules
from monitor.arming.models import ArmingChange, ArmingGroup, ZoneArming
from monitor.arming.rules import (
    Changed,
    Event,
    Group,
    GroupId,
    KeptUnarmed,
    Mode,
    Rearmed,
    SiteTime,
    Standing,
    UnarmedStretch,
)
from registry.calendar.rules import NOTHING_KNOWN
from registry.clock import Instant
from registry.devices.facts import Register
from registry.ids import SiteId
from registry.messages.alarms import AlarmState
from registry.store import Work

log = structlog.get_logger()


def site_time(register: Register, site: SiteId) -> SiteTime:
    """The days of a site that the register knows."""
    calendar = register.calendars.get(site, NOTHING_KNOWN)
    return SiteTime(timezone=ZoneInfo(register.sites[site].timezone), calendar=calendar)


def settle_due(work: Work, register: Register, until: Instant) -> None:
    """Write down what becomes of the groups that are to be looked at by then. The engine calls it with its stored time."""
    for row in queries.due(work.session, until):
        if row.site in register.sites:
            settle(work, register, row, until)
        else:
            row.look_at = None


def settle(work: Work, register: Register, row: ArmingGroup, until: Instant) -> Group:
    """Write down what becomes of one group until then, and give it as it stands."""
    group = whole(work, register, row)
    if until <= row.settled_until:
        return group
    site = site_time(register, row.site)
    events, standing = rules.advance(group, site, until)
    row.settled_until = until
    _stand(row, standing, rules.look_at(group, standing, site, until))
    for event in events:
        if isinstance(event, Changed):
            write(work, register, row, group, event.mode, at=event.at)
        else:
            tell(work, register, group, event)
    return whole(work, register, row)


def change(
    work: Work, register: Register, row: ArmingGroup, mode: Mode, *, until: Instant | None, by: str, reason: str
) -> Group:
    """Set a mode by hand; the past is settled already."""
    group = whole(work, register, row)
    events, standing = rules.set_by_hand(group, mode, now=work.now, until=until)
    _stand(row, standing, rules.look_at(group, standing, site_time(register, row.site), work.now))
    write(work, register, row, group, mode, at=work.now, by=by, reason=reason, until=standing.hand_until)
    for event in events:
        tell(work, register, group, event)
    return whole(work, register, row)


def whole(work: Work, register: Register, row: ArmingGroup) -> Group:
    """A stored group with the zones that are in it by default."""
    work.session.flush()
    zones = [zone for zone in register.zones.values() if zone.site == row.site]
    found = rules.with_defaults(zones, queries.groups(work.session, [row.site]))
    return next(group for group in found if group.id == row.id)


def write(
    work: Work,
    register: Register,
    row: ArmingGroup,
    group: Group,
    mode: Mode,
    *,
    at: Instant,
    by: str | None = None,
    reason: str = "",
    until: Instant | None = None,
) -> None:
    """Write a change and the time lines of its zones.

    The plan disarms no zone with an alarm that nobody has closed (GB 50394-2007 5.2.4): it stays armed, and the change says so.
    Who sets it by hand has the exit delay to leave; the plan's hour is the hour.
    """
    keys = [zone.zone for zone in group.zones]
    lines = queries.timelines(work.session, keys, at)
    armed_before = {key: lines.is_armed(register.zones[key], at) for key in keys}
    arms = group.armed_by(mode)
    unreset = queries.open_intrusions(work.session, keys) if by is None else {}
    kept = sorted(key for key in keys if key in unreset and armed_before[key] and key not in arms)
    row.version += 1
    said = ArmingChange(
        group=row.id,
        number=row.version,
        site=row.site,
        at=at,
        mode=mode,
        by=by,
        reason=reason,
        until=until,
        kept=kept,
    )
    work.session.add(said)
    work.session.flush()
    leave = timedelta(seconds=group.exit_seconds if by is not None else 0)
    for zone in group.zones:
        if zone.zone not in kept:
            work.session.add(
                ZoneArming(
                    change=said.position,
                    zone=zone.zone,
                    site=row.site,
                    at=at,
                    armed=zone.zone in arms,
                    armed_from=at if armed_before[zone.zone] or zone.zone not in arms else at + leave,
                    entry_seconds=zone.entry_seconds,
                )
            )
    work.session.flush()
    if kept:
        log.warning("not-disarmed-for-an-open-alarm", site=row.site, zones=kept)


def tell(work: Work, register: Register, group: Group, event: Event) -> None:
    """Keep when somebody kept a group disarmed; an alarm that was raised for it says when it is over (D09 raises it)."""
    match event:
        case KeptUnarmed(at=at):
            queries.begin_unarmed(work.session, group, at)
        case Rearmed(at=at, since=since):
            queries.end_unarmed(work.session, group, since, at)
            stretch = UnarmedStretch(
                group=group.id, site=group.site, name_zh=group.name_zh, name_en=group.name_en, since=since, until=at
            )
            finding = findings.not_rearmed(stretch, ZoneInfo(register.sites[group.site].timezone), at)
            alarm = alarms.by_id(work.session, finding.id)
            if alarm is not None and alarm.state is not AlarmState.CLOSED:
                raising.revise(Work(work.session, at), finding.id, finding)
        case Changed():
            pass


def stored(work: Work, register: Register, group_id: GroupId, sites: Collection[SiteId]) -> ArmingGroup | None:
    """A group to be changed, settled up to now; one that stood by default is stored with that. None: there is none there."""
    row = queries.group_for_update(work.session, group_id)
    if row is None:
        zones = [zone for zone in register.zones.values() if zone.site in sites]
        found = rules.with_defaults(zones, queries.groups(work.session, sites))
        group = next((group for group in found if group.id == group_id), None)
        if group is None:
            return None
        row = queries.add_group(work.session, group, work.now)
    elif row.site not in sites:
        return None
    settle(work, register, row, work.now)
    return row


def replan(work: Work, register: Register, row: ArmingGroup, *, by: str) -> None:
    """Let a new plan, or other zones, hold from now on; the past is settled already."""
    group = whole(work, register, row)
    site = site_time(register, row.site)
    events, standing = rules.advance(replace(group, settled_until=work.now), site, work.now)
    _stand(row, standing, rules.look_at(group, standing, site, work.now))
    row.settled_until = work.now
    if any(isinstance(event, Changed) for event in events):
        write(work, register, row, group, standing.mode, at=work.now)
    else:
        write(work, register, row, group, standing.mode, at=work.now, by=by, until=standing.hand_until)
    for event in events:
        tell(work, register, group, event)


def _stand(row: ArmingGroup, standing: Standing, look_at: Instant | None) -> None:
    values: Mapping[str, object] = asdict(standing)
    for name, value in values.items():
        setattr(row, name, value)
    row.look_at = look_at
