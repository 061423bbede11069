"""The page of one device's signals over time."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.dependencies import MonitorReading, TheRegister
from monitor.history import rules
from monitor.history.rules import COLUMNS, HEIGHT, Span, Zoom
from monitor.signals import absences, health
from monitor.signals.asking import SignalReader
from monitor.signals.bytes_shown import as_text
from monitor.signals.models import DevicePresenceRow, SignalRow
from monitor.signals.words import name_of
from monitor.supervision import queries as supervision
from registry.auth.permissions import Permission
from registry.clock import DEFAULT_TIMEZONE, Instant
from registry.i18n import Language
from registry.ids import NAME_PATTERN, DeviceAddress, SiteId
from registry.messages.topics import DeviceClass
from registry.problems import NotFound, problems
from registry.web.pages import page, translator_of

router = APIRouter(prefix="/control-room/devices", include_in_schema=False)

MOST = 50_000
"""Signals of one drawing at most, the newest; the page says so when there are more."""
VALUE_SIGNS = 200
"""Of a property's value; the API has the whole."""
_FAULTS = ("clock_faults", "late", "archived", "gap", "replays")
Name = Annotated[str, Path(pattern=f"^{NAME_PATTERN}$")]
EARLIEST, LATEST = date(2000, 1, 1), date(2999, 1, 1)


@router.get("/{site}/{kind}/{name}", responses=problems(NotFound))
def device_history(
    request: Request,
    principal: SignalReader,
    reading: MonitorReading,
    register: TheRegister,
    *,
    site: Name,
    kind: DeviceClass,
    name: Name,
    zoom: Zoom = Zoom.DAY,
    day: Annotated[date | None, Query(ge=EARLIEST, le=LATEST, description="the last day drawn; none: today")] = None,
) -> HTMLResponse:
    """Its signals by type along a day or a week, and when it had no connection."""
    principal.require(Permission.SIGNALS_READ, SiteId(site))
    device = DeviceAddress(SiteId(site), kind, name)
    place, known = register.sites.get(device.site), register.devices.get(device)
    t = translator_of(request)
    timezone = ZoneInfo(place.timezone if place else DEFAULT_TIMEZONE)
    today = reading.now.astimezone(timezone).date()
    over = rules.span(zoom, day or today, timezone)
    said = _said(reading.session, device, over)
    presence = reading.session.get(DevicePresenceRow, str(device))
    now = health.health_of(reading.session, device)
    gone = absences.between(reading.session, device, over.start, over.end)
    is_english = t.language is Language.EN
    return page(
        request,
        "monitor/history/device.html",
        device=device,
        device_name=(known.name_en if is_english else known.name_zh) if known else str(device),
        timezone=timezone.key,
        over=over,
        last=day or today,
        is_today=(day or today) >= today,
        marks=_marks(over, timezone),
        lanes=[(lane, name_of(lane.type, t)) for lane in rules.lanes(said, over)],
        offline=rules.offline(gone, over, reading.now),
        pause=rules.longest_pause([at for _, at in said], over, reading.now),
        presence=presence,
        health=now,
        conditions=supervision.conditions_of(reading.session, device),
        faults=[(fault, count) for fault in _FAULTS if (count := getattr(now, fault))],
        states=[(as_text(each.encode()), _value(value), at) for each, value, at in now.states],
        is_cut=len(said) == MOST,
        most=MOST,
        columns=COLUMNS,
        height=HEIGHT,
        moves=_moves(over, day or today, today),
    )


def _said(session: Session, device: DeviceAddress, over: Span) -> Sequence[tuple[str, Instant]]:
    query = (
        select(SignalRow.type, SignalRow.occurred_at)
        .where(SignalRow.device == str(device))
        .where(SignalRow.occurred_at >= over.start, SignalRow.occurred_at < over.end)
        .order_by(SignalRow.occurred_at.desc())
        .limit(MOST)
    )
    return [(row.type, row.occurred_at) for row in session.execute(query)]


def _value(value: object) -> str:
    shown = as_text(value.encode(errors="replace") if isinstance(value, str) else orjson.dumps(value))
    return shown if len(shown) <= VALUE_SIGNS else f"{shown[:VALUE_SIGNS]}…"


def _marks(over: Span, timezone: ZoneInfo) -> Sequence[tuple[float, str]]:
    """Where the drawing is ruled, in columns, and what stands there: hours of a day, days of a week."""
    if over.zoom is Zoom.WEEK:
        days = [over.first + timedelta(days=number) for number in range(over.zoom.days)]
        return [(over.column(datetime(*day.timetuple()[:3], tzinfo=timezone)), f"{day:%m-%d}") for day in days]
    first = over.first.timetuple()[:3]
    return [(over.column(datetime(*first, hour, tzinfo=timezone)), f"{hour:02}:00") for hour in range(0, 24, 6)]


def _moves(over: Span, last: date, today: date) -> dict[str, str]:
    """The addresses of the stretch before, of the one after, and of the other zoom, as queries."""
    step = timedelta(days=over.zoom.days)
    other = Zoom.WEEK if over.zoom is Zoom.DAY else Zoom.DAY
    later = min(last + step, today)
    return {
        "before": urlencode({"zoom": over.zoom, "day": last - step}),
        "after": urlencode({"zoom": over.zoom, "day": later}),
        "other": urlencode({"zoom": other, "day": last}),
    }
