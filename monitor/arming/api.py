"""`/api/monitor/arming`: how zones are armed, arming and disarming them, bypasses, and the plan."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from monitor.arming import keeping, openings, rules, service
from monitor.arming.models import Bypass
from monitor.arming.openings import Opening, Openness
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
from monitor.arming.rules import Group, GroupId, GroupZone, Mode, Span
from monitor.arming.service import Armed, Settings
from monitor.dependencies import MonitorReading, MonitorWork, TheRegister
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.clock import Instant
from registry.devices.facts import Register, ZoneKind
from registry.ids import NAME_PATTERN, DeviceAddress, SiteId, ZoneId
from registry.messages.envelope import WireInstant
from registry.problems import NotFound, problems

router = APIRouter(prefix="/api/monitor/arming", tags=["arming"])

Reader = Annotated[Principal, Depends(requires(Permission.ALARMS_READ))]
Armer = Annotated[Principal, Depends(requires(Permission.ZONES_ARM))]
Planner = Annotated[Principal, Depends(requires(Permission.ZONES_PLAN))]
Words = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00]*$")]
SiteName = Annotated[str, Query(pattern=f"^{NAME_PATTERN}$")]
ZoneName = Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")]
Seconds = Annotated[int, Field(ge=0, le=rules.LONGEST_DELAY_SECONDS)]


class _In(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SpanBody(_In):
    """Hours of the plan: `day` 0 is Monday, 7 a public holiday; minutes of that day, the end up to 2880, which is the next day's midnight."""

    day: int = Field(ge=0, lt=rules.DAYS)
    begins_minute: int = Field(ge=0, lt=rules.DAY_MINUTES)
    ends_minute: int = Field(gt=0, le=2 * rules.DAY_MINUTES)
    mode: Literal[Mode.HOME, Mode.AWAY, Mode.NIGHT, Mode.HOLIDAY]


class ZoneBody(_In):
    zone: ZoneName
    modes: frozenset[Mode]
    entry_seconds: Seconds = 0


class SettingsBody(_In):
    """Zones that are armed together, which mode arms which, the delays and the plan. An empty plan: by hand alone."""

    version: int = Field(default=0, ge=0, le=2**31 - 1)
    name_zh: Name
    name_en: Name
    exit_seconds: Seconds = 0
    zones: list[ZoneBody] = Field(max_length=500)
    plan: list[SpanBody] = Field(max_length=200)

    def settings(self) -> Settings:
        return Settings(
            name_zh=self.name_zh,
            name_en=self.name_en,
            exit_seconds=self.exit_seconds,
            zones=tuple(
                GroupZone(zone=ZoneId(each.zone), modes=each.modes, entry_seconds=each.entry_seconds)
                for each in self.zones
            ),
            plan=tuple(Span(**span.model_dump()) for span in self.plan),
        )


class ModeBody(_In):
    """`until` left out: until the plan changes, or for good where there is none. Who disarms gives a reason.

    `bypass_open`: what is open or ill in the zones is bypassed, with a reason, until the mode changes; else it is refused.
    """

    version: int = Field(ge=0, le=2**31 - 1)
    mode: Mode
    until: WireInstant | None = None
    reason: Words = ""
    bypass_open: bool = False


class BypassBody(_In):
    """`device` left out: the whole zone."""

    zone: ZoneName
    device: str | None = Field(default=None, pattern=f"^{NAME_PATTERN}/{NAME_PATTERN}/{NAME_PATTERN}$")
    until: WireInstant
    reason: Words


class ChangeOut(BaseModel):
    at: WireInstant
    mode: Mode


class GroupOut(BaseModel):
    """`version` goes back with every change; `by` null: the plan, or nobody yet. `kept`: left armed for an open alarm."""

    id: UUID
    site: SiteId
    name_zh: str
    name_en: str
    mode: Mode
    since: WireInstant | None
    by: str | None
    reason: str
    until: WireInstant | None
    planned: Mode | None
    next: ChangeOut | None
    unarmed_since: WireInstant | None
    kept: list[ZoneId]
    exit_seconds: int
    zones: list[ZoneBody]
    plan: list[SpanBody]
    version: int

    @classmethod
    def of(cls, group: Group, register: Register, now: Instant) -> Self:
        following = rules.next_change(group.plan, keeping.site_time(register, group.site), now)
        standing = group.standing
        return cls(
            id=group.id,
            site=group.site,
            name_zh=group.name_zh,
            name_en=group.name_en,
            mode=standing.mode,
            since=group.since,
            by=group.by,
            reason=group.reason,
            until=standing.hand_until,
            planned=standing.planned,
            next=ChangeOut(at=following.at, mode=following.mode) if following else None,
            unarmed_since=standing.unarmed_since,
            kept=sorted(group.kept),
            exit_seconds=group.exit_seconds,
            zones=[ZoneBody(zone=z.zone, modes=z.modes, entry_seconds=z.entry_seconds) for z in group.zones],
            plan=[
                SpanBody.model_validate(
                    {"day": s.day, "begins_minute": s.begins_minute, "ends_minute": s.ends_minute, "mode": s.mode}
                )
                for s in group.plan
            ],
            version=group.version,
        )


class OpeningOut(BaseModel):
    """A device that is not at rest. All but `moving` is in the way of arming its zone."""

    device: str
    openness: Openness
    type: str
    since: WireInstant | None


class ZoneOut(BaseModel):
    """`armed`: what happens in it now counts. `alarm`: the code of an alarm that nobody has closed."""

    id: ZoneId
    kind: ZoneKind
    armed: bool
    alarm: str | None
    open: list[OpeningOut]


class BypassOut(BaseModel):
    id: UUID
    zone: ZoneId
    device: str | None
    since: WireInstant
    until: WireInstant
    reason: str
    by: str

    @classmethod
    def of(cls, row: Bypass) -> Self:
        return cls(
            id=row.id, zone=row.zone, device=row.device, since=row.since, until=row.until, reason=row.reason, by=row.by
        )


class ArmingOut(BaseModel):
    """How a compound is armed."""

    groups: list[GroupOut]
    zones: list[ZoneOut]
    bypasses: list[BypassOut]

    @classmethod
    def of(
        cls, found: Armed, opened: Mapping[ZoneId, Sequence[Opening]], register: Register, site: SiteId, now: Instant
    ) -> Self:
        return cls(
            groups=[GroupOut.of(group, register, now) for group in found.groups],
            zones=[
                ZoneOut(
                    id=zone.id,
                    kind=zone.kind,
                    armed=found.lines.is_armed(zone, now),
                    alarm=found.unreset.get(zone.id),
                    open=[
                        OpeningOut(device=str(each.device), openness=each.openness, type=each.type, since=each.since)
                        for each in opened[zone.id]
                    ],
                )
                for zone in register.zones.values()
                if zone.site == site
            ],
            bypasses=[BypassOut.of(row) for row in found.bypasses],
        )


@router.get("", responses=problems(NotFound))
def read_arming(reader: Reader, reading: MonitorReading, register: TheRegister, site: SiteName) -> ArmingOut:
    """The groups of a site with their modes, its zones, and what is bypassed."""
    where = SiteId(site)
    reader.require(Permission.ALARMS_READ, where)
    found = service.armed(reading.session, register, [where], reading.now)
    zones = [zone for zone in register.zones.values() if zone.site == where]
    opened = openings.openings(reading.session, register, zones, reading.now)
    return ArmingOut.of(found, opened, register, where, reading.now)


@router.post(
    "/groups/{group_id}/mode", responses=problems(GroupUnknown, ArmingChanged, ZonesOpen, WhyNeeded, EndsTooLate)
)
def set_mode(group_id: UUID, body: ModeBody, armer: Armer, work: MonitorWork, register: TheRegister) -> GroupOut:
    """Arm or disarm a group by hand."""
    group = service.arm(
        work,
        register,
        GroupId(group_id),
        body.mode,
        version=body.version,
        until=body.until,
        reason=body.reason,
        by=armer,
        bypass_open=body.bypass_open,
    )
    return GroupOut.of(group, register, work.now)


@router.put("/groups/{group_id}", responses=problems(GroupUnknown, ArmingChanged, PlanWrong, ZoneUnknown))
def set_up_group(
    group_id: UUID, body: SettingsBody, planner: Planner, work: MonitorWork, register: TheRegister
) -> GroupOut:
    """Set a group's zones, what its modes arm, its delays and its plan."""
    group = service.set_up(work, register, GroupId(group_id), body.settings(), version=body.version, by=planner)
    return GroupOut.of(group, register, work.now)


@router.post("/groups", status_code=201, responses=problems(NotFound, PlanWrong, ZoneUnknown))
def add_group(
    site: SiteName, body: SettingsBody, planner: Planner, work: MonitorWork, register: TheRegister
) -> GroupOut:
    """Make a group of zones that are in other groups now."""
    group = service.add_group(work, register, SiteId(site), body.settings(), by=planner)
    return GroupOut.of(group, register, work.now)


@router.post("/bypasses", status_code=201, responses=problems(ZoneUnknown, WhyNeeded, EndsTooLate, NeverBypassed))
def bypass(body: BypassBody, armer: Armer, work: MonitorWork, register: TheRegister) -> BypassOut:
    """Let a zone, or one device in it, count for nothing for a while."""
    device = DeviceAddress.parse(body.device) if body.device else None
    row = service.bypass(
        work, register, ZoneId(body.zone), device=device, until=body.until, reason=body.reason, by=armer
    )
    return BypassOut.of(row)


@router.delete("/bypasses/{bypass_id}", status_code=204, responses=problems(BypassUnknown))
def end_bypass(bypass_id: UUID, armer: Armer, work: MonitorWork) -> None:
    """Let it count again."""
    service.end_bypass(work, bypass_id, by=armer)
