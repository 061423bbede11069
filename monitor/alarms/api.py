"""Alarms over HTTP (CONTRACT 4)."""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from monitor.alarms import service
from monitor.alarms.problems import (
    AlarmChanged,
    AlarmUnknown,
    CursorUnknown,
    HandlerUnknown,
    NotNow,
    OfficerNeeded,
    WordsNeeded,
)
from monitor.alarms.queries import Place
from monitor.alarms.rules import Act, Closing
from monitor.dependencies import IsHandler, MonitorReading, MonitorWork
from registry.auth.permissions import Permission
from registry.auth.principal import AllSites, Principal
from registry.auth.requires import requires
from registry.ids import NAME_PATTERN, AlarmId, SiteId
from registry.messages.alarms import AlarmDocument, AlarmState, AlarmVerdict
from registry.messages.envelope import WireInstant
from registry.problems import NotFound, problems

router = APIRouter(prefix="/api/monitor/alarms", tags=["alarms"])

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST = 2**62
_MICROSECOND = timedelta(microseconds=1)

AlarmReader = Annotated[Principal, Depends(requires(Permission.ALARMS_READ))]
AlarmHandler = Annotated[Principal, Depends(requires(Permission.ALARMS_HANDLE))]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(ge=1, description="the version that was looked at; an older one gets 409")


class AcknowledgementBody(_Body):
    """Somebody has seen it."""


class AssignmentBody(_Body):
    """Who is to see to it."""

    to: str = Field(min_length=1, max_length=120)


class ProgressBody(_Body):
    """How far people have come."""

    state: Literal[AlarmState.VERIFYING, AlarmState.DISPATCHED, AlarmState.CONTAINED]


class ClosureBody(_Body):
    """What it turned out to be."""

    verdict: AlarmVerdict
    cause: str | None = Field(default=None, max_length=2000)
    evidence: str | None = Field(default=None, max_length=2000)


class AlarmPage(BaseModel):
    """A part of the list."""

    items: list[AlarmDocument]
    next: str | None


class HistoryLine(BaseModel):
    """What became of the alarm; `who` null: the rules."""

    at: WireInstant
    what: Act
    who: str | None
    from_state: AlarmState | None
    to_state: AlarmState
    words: str | None


class AlarmWithHistory(AlarmDocument):
    """An alarm and all that became of it; `signals` is how many it rests on, named in `contributing` or not."""

    signals: int
    history: list[HistoryLine]


@router.get("", responses=problems(CursorUnknown, NotFound))
def list_alarms(
    principal: AlarmReader,
    reading: MonitorReading,
    *,
    is_open: Annotated[bool, Query(alias="open")] = True,
    site: Annotated[str | None, Query(pattern=f"^{NAME_PATTERN}$")] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AlarmPage:
    """Alarms: unacknowledged first, then priority, then newest. `open=false` lists the closed ones too."""
    allowed = principal.sites(Permission.ALARMS_READ)
    sites = None if isinstance(allowed, AllSites) else allowed
    if site is not None:
        principal.require(Permission.ALARMS_READ, SiteId(site))
        sites = frozenset({SiteId(site)})
    after = _place(cursor) if cursor else None
    page = service.alarms(reading.session, sites=sites, only_open=is_open, after=after, limit=limit)
    return AlarmPage(items=list(page.items), next=_cursor(page.after) if page.after else None)


@router.get("/{alarm_id}", responses=problems(AlarmUnknown))
def show_alarm(alarm_id: AlarmId, principal: AlarmReader, reading: MonitorReading) -> AlarmWithHistory:
    """One alarm, by its id or by one that it once had, with its history."""
    alarm = service.alarm(reading.session, alarm_id)
    principal.require(Permission.ALARMS_READ, SiteId(alarm.site))
    lines = [
        HistoryLine.model_validate(change, from_attributes=True)
        for change in service.history(reading.session, alarm_id)
    ]
    return AlarmWithHistory(**alarm.model_dump(), signals=service.signals_of(reading.session, alarm_id), history=lines)


@router.post("/{alarm_id}/acknowledgement", responses=problems(AlarmUnknown, AlarmChanged, NotNow))
def acknowledge_alarm(
    alarm_id: AlarmId, body: AcknowledgementBody, operator: AlarmHandler, work: MonitorWork
) -> AlarmDocument:
    return service.acknowledge(work, alarm_id, version=body.version, by=operator)


@router.post("/{alarm_id}/assignment", responses=problems(AlarmUnknown, AlarmChanged, NotNow, HandlerUnknown))
def assign_alarm(
    alarm_id: AlarmId, body: AssignmentBody, operator: AlarmHandler, work: MonitorWork, is_handler: IsHandler
) -> AlarmDocument:
    """Only to a user who handles alarms at that site."""
    return service.assign(work, alarm_id, version=body.version, to=body.to, by=operator, is_handler=is_handler)


@router.post("/{alarm_id}/progress", responses=problems(AlarmUnknown, AlarmChanged, NotNow))
def advance_alarm(alarm_id: AlarmId, body: ProgressBody, operator: AlarmHandler, work: MonitorWork) -> AlarmDocument:
    return service.advance(work, alarm_id, version=body.version, to=body.state, by=operator)


@router.post("/{alarm_id}/closure", responses=problems(AlarmUnknown, AlarmChanged, NotNow, OfficerNeeded, WordsNeeded))
def close_alarm(alarm_id: AlarmId, body: ClosureBody, operator: AlarmHandler, work: MonitorWork) -> AlarmDocument:
    closing = Closing(verdict=body.verdict, cause=body.cause, evidence=body.evidence)
    return service.close(work, alarm_id, version=body.version, closing=closing, by=operator)


def _cursor(place: Place) -> str:
    micros = (place.occurred_at - _EPOCH) // _MICROSECOND
    return base64.urlsafe_b64encode(f"{place.seen}.{place.priority}.{micros}.{place.row}".encode()).decode()


def _place(cursor: str) -> Place:
    try:
        numbers = [int(number) for number in base64.urlsafe_b64decode(cursor).decode("ascii").split(".")]
        seen, priority, micros, row = (number for number in numbers if 0 <= number <= _LARGEST)
        moment = _EPOCH + micros * _MICROSECOND
    except (binascii.Error, ValueError, OverflowError):
        raise CursorUnknown("Ask for the list again from its beginning.") from None
    return Place(seen=seen, priority=priority, occurred_at=moment, row=row)
