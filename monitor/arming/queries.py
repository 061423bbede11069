"""Reading and writing groups, their changes, the time lines of zones and bypasses."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from monitor.alarms.models import Alarm
from monitor.arming.models import ArmingChange, ArmingGroup, ArmingZone, Bypass, EntryWait, Unarmed, ZoneArming
from monitor.arming.rules import Group, GroupId, GroupZone, Mode, Span, Standing, UnarmedStretch
from monitor.arming.timeline import Bypassed, Entry, Timelines, ZoneTimeline, timeline
from monitor.signals.rules import LATE_LIMIT
from registry.clock import Instant
from registry.ids import DeviceAddress, SiteId, ZoneId
from registry.messages.alarms import AlarmState

JUDGED_ANEW = LATE_LIMIT + timedelta(hours=1)
"""So far back the rules ask: what comes later for an incident changes none; an incident may begin a little before what touches it."""


def groups(session: Session, sites: Collection[SiteId] | None = None) -> list[Group]:
    """The groups that are stored, of these sites (None: of all), each with its last change."""
    query = select(ArmingGroup).order_by(ArmingGroup.site, ArmingGroup.id)
    if sites is not None:
        query = query.where(ArmingGroup.site.in_(sites))
    return facts_of(session, session.scalars(query.execution_options(populate_existing=True)).all())


def facts_of(session: Session, rows: Sequence[ArmingGroup]) -> list[Group]:
    """Rows as facts."""
    keys = [row.id for row in rows]
    zones: dict[object, list[GroupZone]] = defaultdict(list)
    for zone in session.scalars(select(ArmingZone).where(ArmingZone.group.in_(keys))):
        modes = frozenset(Mode(mode) for mode in zone.modes)
        zones[zone.group].append(GroupZone(zone=zone.zone, modes=modes, entry_seconds=zone.entry_seconds))
    newest = select(func.max(ArmingChange.position)).where(ArmingChange.group.in_(keys)).group_by(ArmingChange.group)
    last = {row.group: row for row in session.scalars(select(ArmingChange).where(ArmingChange.position.in_(newest)))}
    return [_facts(row, tuple(zones[row.id]), last.get(row.id)) for row in rows]


def _facts(row: ArmingGroup, zones: tuple[GroupZone, ...], last: ArmingChange | None) -> Group:
    return Group(
        id=GroupId(row.id),
        site=row.site,
        kind=row.kind,
        name_zh=row.name_zh,
        name_en=row.name_en,
        zones=zones,
        exit_seconds=row.exit_seconds,
        plan=plan_of(row.plan),
        standing=Standing(
            mode=row.mode,
            planned=row.planned,
            by_hand=row.by_hand,
            hand_until=row.hand_until,
            back_to=row.back_to,
            unarmed_since=row.unarmed_since,
        ),
        since=last.at if last else None,
        by=last.by if last else None,
        reason=last.reason if last else "",
        kept=frozenset(ZoneId(zone) for zone in last.kept) if last else frozenset(),
        settled_until=row.settled_until,
        version=row.version,
    )


def next_look(session: Session) -> Instant | None:
    """When a group is to be looked at next; None: none is."""
    return session.scalar(select(func.min(ArmingGroup.look_at)))


def due(session: Session, until: Instant) -> Sequence[ArmingGroup]:
    """The groups that are to be looked at by then, to be changed."""
    rows = select(ArmingGroup).where(ArmingGroup.look_at <= until).order_by(ArmingGroup.id).with_for_update()
    return session.scalars(rows.execution_options(populate_existing=True)).all()


def group_for_update(session: Session, group: GroupId) -> ArmingGroup | None:
    return session.scalars(
        select(ArmingGroup).where(ArmingGroup.id == group).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()


def add_group(session: Session, group: Group, now: Instant) -> ArmingGroup:
    """Store a group that stood by default until now; its zones stay in it by default."""
    row = ArmingGroup(
        id=group.id,
        site=group.site,
        kind=group.kind,
        name_zh=group.name_zh,
        name_en=group.name_en,
        exit_seconds=group.exit_seconds,
        plan=plan_rows(group.plan),
        settled_until=now,
        look_at=None,
        version=0,
        **asdict(group.standing),
    )
    session.add(row)
    session.flush()
    return row


def plan_rows(plan: Collection[Span]) -> list[dict[str, object]]:
    """A plan as its column keeps it."""
    ordered = sorted(plan, key=lambda span: (span.day, span.begins_minute))
    return [
        {"day": span.day, "begins": span.begins_minute, "ends": span.ends_minute, "mode": str(span.mode)}
        for span in ordered
    ]


def plan_of(rows: Sequence[Mapping[str, Any]]) -> tuple[Span, ...]:
    """A plan as its column kept it."""
    return tuple(
        Span(day=span["day"], begins_minute=span["begins"], ends_minute=span["ends"], mode=Mode(span["mode"]))
        for span in rows
    )


def put_zones(session: Session, group: GroupId, zones: Collection[GroupZone]) -> None:
    """Let these zones be in a group, and no others of those that somebody put there."""
    keys = [zone.zone for zone in zones]
    session.execute(delete(ArmingZone).where((ArmingZone.group == group) | ArmingZone.zone.in_(keys)))
    session.add_all(
        ArmingZone(
            zone=zone.zone,
            group=group,
            entry_seconds=zone.entry_seconds,
            modes=[str(mode) for mode in Mode if mode in zone.modes],
        )
        for zone in zones
    )
    session.flush()


def timelines(session: Session, zones: Collection[ZoneId], since: Instant) -> Timelines:
    """The time lines of these zones, with all that holds at any moment from `since` on."""
    before = (
        select(func.max(ZoneArming.at).label("at"), ZoneArming.zone.label("zone"))
        .where(ZoneArming.at <= since)
        .group_by(ZoneArming.zone)
        .subquery()
    )
    rows = (
        select(ZoneArming.zone, ZoneArming.at, ZoneArming.armed, ZoneArming.armed_from, ZoneArming.entry_seconds)
        .join(before, before.c.zone == ZoneArming.zone, isouter=True)
        .where((before.c.at.is_(None)) | (ZoneArming.at >= before.c.at))
        .order_by(ZoneArming.position)
    )
    entries: dict[ZoneId, list[Entry]] = defaultdict(list)
    for zone, at, armed, armed_from, entry_seconds in session.execute(rows):
        entries[zone].append(Entry(at=at, armed=armed, armed_from=armed_from, entry_seconds=entry_seconds))
    bypasses: dict[ZoneId, list[Bypassed]] = defaultdict(list)
    for row in session.scalars(select(Bypass).where(Bypass.until > since)):
        device = DeviceAddress.parse(row.device) if row.device else None
        bypasses[row.zone].append(Bypassed(device=device, since=row.since, until=row.ended_at or row.until))
    lines: Mapping[ZoneId, ZoneTimeline] = {
        zone: timeline(entries[zone], bypasses[zone]) for zone in zones if zone in entries or zone in bypasses
    }
    return Timelines(lines)


def begin_unarmed(session: Session, group: Group, at: Instant) -> None:
    """From then on somebody keeps a group disarmed against its plan."""
    session.merge(Unarmed(group=group.id, since=at, site=group.site, until=None))


def end_unarmed(session: Session, group: Group, since: Instant, at: Instant) -> None:
    """What began at `since` is over."""
    session.execute(update(Unarmed).where(Unarmed.group == group.id, Unarmed.since == since).values(until=at))


def unarmed(session: Session, since: Instant) -> Sequence[UnarmedStretch]:
    """When groups were kept disarmed against their plans, of what lasted at `since` or began later."""
    rows = (
        select(Unarmed, ArmingGroup.name_zh, ArmingGroup.name_en)
        .join(ArmingGroup, ArmingGroup.id == Unarmed.group)
        .where(Unarmed.until.is_(None) | (Unarmed.until >= since))
        .order_by(Unarmed.since, Unarmed.group)
    )
    return [
        UnarmedStretch(
            group=GroupId(row.group), site=row.site, name_zh=zh, name_en=en, since=row.since, until=row.until
        )
        for row, zh, en in session.execute(rows)
    ]


def wait(session: Session, position: int, until: Instant) -> None:
    """A signal is to be judged again then."""
    session.merge(EntryWait(position=position, until=until))


def next_wait(session: Session) -> Instant | None:
    """When a signal is to be judged again next; None: none is."""
    return session.scalar(select(func.min(EntryWait.until)))


def end_waits(session: Session, until: Instant) -> list[int]:
    """The positions of the signals that are to be judged again by then; they wait no longer."""
    over = list(
        session.scalars(select(EntryWait.position).where(EntryWait.until <= until).order_by(EntryWait.position))
    )
    session.execute(delete(EntryWait).where(EntryWait.until <= until))
    return over


def open_intrusions(session: Session, zones: Collection[ZoneId]) -> Mapping[ZoneId, str]:
    """The code of an alarm that nobody has closed, for each of these zones that has one that stays until it is reset."""
    rows = select(Alarm.zone, Alarm.code).where(Alarm.zone.in_(zones), Alarm.latched, Alarm.state != AlarmState.CLOSED)
    return {zone: code for zone, code in session.execute(rows.order_by(Alarm.row.desc())) if zone is not None}


def bypasses(session: Session, sites: Collection[SiteId], now: Instant) -> Sequence[Bypass]:
    """The bypasses of these sites that last, the first to end first."""
    lasting = select(Bypass).where(Bypass.site.in_(sites), Bypass.until > now, Bypass.ended_at.is_(None))
    return session.scalars(lasting.order_by(Bypass.until, Bypass.id)).all()


def signs(session: Session, now: Instant) -> Mapping[SiteId, tuple[int, ...]]:
    """For each site a few numbers that are others as soon as something else is armed or bypassed there, also by time alone."""
    asked = (
        select(ArmingChange.site, func.max(ArmingChange.position)).group_by(ArmingChange.site),
        select(ZoneArming.site, func.count()).where(ZoneArming.armed_from > now).group_by(ZoneArming.site),
        select(Bypass.site, func.count()).group_by(Bypass.site),
        select(Bypass.site, func.count()).where(Bypass.until > now, Bypass.ended_at.is_(None)).group_by(Bypass.site),
    )
    found: dict[SiteId, list[int]] = defaultdict(lambda: [0] * len(asked))
    for number, query in enumerate(asked):
        for site, count in session.execute(query):
            found[site][number] = count
    return {site: tuple(counts) for site, counts in found.items()}


def changes(session: Session, site: SiteId, *, limit: int) -> Sequence[ArmingChange]:
    """The last changes of a site, the newest first."""
    rows = select(ArmingChange).where(ArmingChange.site == site).order_by(ArmingChange.position.desc())
    return session.scalars(rows.limit(limit)).all()
