"""`/control-room/zones/groups/{id}`: the officer's form of a group: what its modes arm, its delays and its week.

What was typed is shown as the week that it makes before it is saved; what was saved can be taken back once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from monitor.arming import keeping, rules, service
from monitor.arming.problems import ArmingChanged, PlanWrong
from monitor.arming.rules import ARMING, DAY_MINUTES, DAYS, HOLIDAY, Group, GroupId, GroupZone, Mode, Span
from monitor.arming.service import Settings
from monitor.arming.week import week
from monitor.dependencies import MonitorReading, MonitorWork, TheRegister
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.clock import Instant
from registry.devices.facts import Register
from registry.ids import NAME_PATTERN, ZoneId
from registry.problems import Conflict, NotFound, Unprocessable, problems
from registry.web.pages import page

router = APIRouter(prefix="/control-room/zones/groups", include_in_schema=False)

Planner = Annotated[Principal, Depends(requires(Permission.ZONES_PLAN))]
WORKDAYS = range(1, 5)
_Zone = Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")]
_Time = Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d(:00)?)?$")]
_Name = Annotated[str, Field(max_length=80, pattern=r"^[^\x00]*$")]
_Seconds = Annotated[int, Field(ge=0, le=rules.LONGEST_DELAY_SECONDS)]


class _Row(BaseModel):
    """Hours as they stand in the form: `mode` empty, or no times, are none."""

    begins: str = ""
    ends: str = ""
    mode: Mode = Mode.NIGHT


class UndoForm(BaseModel):
    version: int = Field(ge=0, le=2**31 - 1)


class PlanForm(UndoForm):
    """The whole form. Hours stand in four lists of one length; `arms` has `zone:mode` for each box that is ticked."""

    act: Annotated[str, Field(pattern=r"^(save|show|workdays|all)$")] = "show"
    name_zh: _Name
    name_en: _Name
    exit_seconds: _Seconds = 0
    zone: list[_Zone] = Field(default_factory=list, max_length=500)
    entry: list[_Seconds] = Field(default_factory=list, max_length=500)
    arms: list[Annotated[str, Field(max_length=60)]] = Field(default_factory=list, max_length=2_000)
    day: list[Annotated[int, Field(ge=0, lt=DAYS)]] = Field(default_factory=list, max_length=200)
    begins: list[_Time] = Field(default_factory=list, max_length=200)
    ends: list[_Time] = Field(default_factory=list, max_length=200)
    mode: list[Mode] = Field(default_factory=list, max_length=200)

    def settings(self) -> Settings:
        """What it says.

        Raises:
            PlanWrong: hours that have a beginning and no end, or an end alone.

        """
        if len({len(self.day), len(self.begins), len(self.ends), len(self.mode)}) != 1 or len(self.zone) != len(
            self.entry
        ):
            raise PlanWrong
        return Settings(
            name_zh=self.name_zh.strip(),
            name_en=self.name_en.strip(),
            exit_seconds=self.exit_seconds,
            zones=tuple(
                GroupZone(
                    zone=ZoneId(zone),
                    modes=frozenset(mode for mode in ARMING if f"{zone}:{mode}" in self.arms),
                    entry_seconds=entry,
                )
                for zone, entry in zip(self.zone, self.entry, strict=True)
            ),
            plan=tuple(
                _span(*row) for row in zip(self.day, self.begins, self.ends, self.mode, strict=True) if row[1] or row[2]
            ),
        )


def _span(day: int, begins: str, ends: str, mode: Mode) -> Span:
    """Hours that end no later than they begin end on the next day."""
    if not begins or not ends:
        raise PlanWrong("Hours have a beginning and an end.")
    first, last = (at.hour * 60 + at.minute for at in map(time.fromisoformat, (begins, ends)))
    return Span(day=day, begins_minute=first, ends_minute=last if last > first else last + DAY_MINUTES, mode=mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What stands in the form."""

    name_zh: str
    name_en: str
    exit_seconds: int
    zones: Sequence[GroupZone]
    days: Sequence[Sequence[_Row]]

    @classmethod
    def of(cls, settings: Settings, plan: Sequence[Sequence[_Row]] | None = None) -> Self:
        rows = plan or [[_row(span) for span in _of_day(settings.plan, day)] for day in range(DAYS)]
        return cls(
            name_zh=settings.name_zh,
            name_en=settings.name_en,
            exit_seconds=settings.exit_seconds,
            zones=settings.zones,
            days=[[*of_day, _Row()] for of_day in rows],
        )


def _of_day(plan: Sequence[Span], day: int) -> list[Span]:
    return sorted((span for span in plan if span.day == day), key=lambda span: span.begins_minute)


def _row(span: Span) -> _Row:
    begins, ends = (
        f"{minute % DAY_MINUTES // 60:02}:{minute % 60:02}" for minute in (span.begins_minute, span.ends_minute)
    )
    return _Row(begins=begins, ends=ends, mode=span.mode)


@router.get("/{group_id}", responses=problems(NotFound))
def plan_page(
    request: Request,
    group_id: UUID,
    planner: Planner,
    reading: MonitorReading,
    register: TheRegister,
    *,
    told: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse:
    """The form of a group as it is set."""
    group = service.group(reading.session, register, GroupId(group_id), by=planner)
    shown = Shown.of(service.settings_of(group))
    has_before = service.before(reading.session, group) is not None
    return _page(
        request,
        register,
        group,
        shown,
        plan=group.plan,
        now=reading.now,
        told=told,
        has_before=has_before,
        version=group.version,
    )


@router.post("/{group_id}/plan", response_model=None, responses=problems(NotFound))
def set_plan(
    request: Request,
    group_id: UUID,
    planner: Planner,
    work: MonitorWork,
    register: TheRegister,
    *,
    form: Annotated[PlanForm, Form()],
) -> HTMLResponse | RedirectResponse:
    """Save the form, or show the week that it makes; what cannot be saved comes back as it was typed."""
    group = service.group(work.session, register, GroupId(group_id), by=planner)
    try:
        settings = _copied(form.settings(), form.act)
        if form.act == "save":
            service.set_up(work, register, GroupId(group_id), settings, version=form.version, by=planner)
            return _back(group, "saved")
        service.require_sound(settings)
        shown, plan, told = Shown.of(settings), settings.plan, "shown"
    except (Conflict, Unprocessable) as refused:
        shown, plan, told = _as_typed(form, group), group.plan, refused.slug
    return _page(
        request, register, group, shown, plan=plan, now=work.now, told=told, has_before=False, version=form.version
    )


@router.post("/{group_id}/undo", responses=problems(NotFound))
def undo(
    group_id: UUID, planner: Planner, work: MonitorWork, register: TheRegister, form: Annotated[UndoForm, Form()]
) -> RedirectResponse:
    """Set the group as it was before its last change."""
    group = service.group(work.session, register, GroupId(group_id), by=planner)
    try:
        service.undo(work, register, group.id, version=form.version, by=planner)
    except ArmingChanged as refused:
        return _back(group, refused.slug)
    return _back(group, "undone")


def _copied(settings: Settings, act: str) -> Settings:
    """Monday's hours on the other workdays, or on all days."""
    days = {"workdays": WORKDAYS, "all": range(1, DAYS)}.get(act, range(0))
    monday = _of_day(settings.plan, 0)
    copies = [
        Span(day=day, begins_minute=span.begins_minute, ends_minute=span.ends_minute, mode=span.mode)
        for day in days
        for span in monday
    ]
    kept = [span for span in settings.plan if span.day not in days]
    return Settings(
        name_zh=settings.name_zh,
        name_en=settings.name_en,
        exit_seconds=settings.exit_seconds,
        zones=settings.zones,
        plan=(*kept, *copies),
    )


def _as_typed(form: PlanForm, group: Group) -> Shown:
    rows = list(zip(form.day, form.begins, form.ends, form.mode, strict=False))
    typed = [
        [_Row(begins=begins, ends=ends, mode=mode) for of, begins, ends, mode in rows if of == day and (begins or ends)]
        for day in range(DAYS)
    ]
    entries = dict(zip(form.zone, form.entry, strict=False))
    zones = tuple(
        GroupZone(
            zone=each.zone,
            modes=frozenset(mode for mode in ARMING if f"{each.zone}:{mode}" in form.arms),
            entry_seconds=entries.get(each.zone, each.entry_seconds),
        )
        for each in group.zones
    )
    settings = Settings(
        name_zh=form.name_zh, name_en=form.name_en, exit_seconds=form.exit_seconds, zones=zones, plan=()
    )
    return Shown.of(settings, typed)


def _page(
    request: Request,
    register: Register,
    group: Group,
    shown: Shown,
    *,
    plan: Sequence[Span],
    now: Instant,
    told: str,
    has_before: bool,
    version: int,
) -> HTMLResponse:
    days = keeping.site_time(register, group.site)
    return page(
        request,
        "monitor/arming/plan.html",
        group=group,
        version=version,
        place=register.sites[group.site],
        timezone=days.timezone.key,
        zones=register.zones,
        shown=shown,
        week=week(plan, days, now),
        is_planned=bool(plan),
        wanted=rules.wanted(plan, days, now),
        holiday=HOLIDAY,
        arming=ARMING,
        modes=(*ARMING, Mode.DISARMED),
        longest=rules.LONGEST_DELAY_SECONDS,
        is_long=any(span.ends_minute - span.begins_minute > DAY_MINUTES for span in group.plan),
        told=told if told in _TOLD else "",
        has_before=has_before,
    )


_TOLD = frozenset({"saved", "undone", "shown", ArmingChanged.slug, PlanWrong.slug})


def _back(group: Group, told: str) -> RedirectResponse:
    return RedirectResponse(f"/control-room/zones/groups/{group.id}?told={told}", status_code=303)
