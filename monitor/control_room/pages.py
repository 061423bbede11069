"""The control room's page, what its buttons send, and its live stream.

A button's answer leads back to the page, which shows the truth; whoever came too late is told there who was faster.
"""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field
from starlette.responses import Response, StreamingResponse

from monitor.alarms import service as alarms
from monitor.alarms.problems import AlarmChanged, NotNow, OfficerNeeded, WordsNeeded
from monitor.alarms.rules import Closing
from monitor.control_room import service
from monitor.dependencies import IsHandler, MonitorReading, MonitorWork, TheRegister
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import NAME_PATTERN, AlarmId, SiteId
from registry.messages.alarms import AlarmState, AlarmVerdict
from registry.problems import NotFound, problems
from registry.sites import plan as plans
from registry.sites.plan_api import DRAWING_HEADERS, AtSite
from registry.web.dependencies import RegistryReading, TheParts
from registry.web.pages import page, translator_of
from registry.web.stream import sse_response

router = APIRouter(prefix="/control-room", include_in_schema=False)

AlarmReader = Annotated[Principal, Depends(requires(Permission.ALARMS_READ))]
AlarmHandler = Annotated[Principal, Depends(requires(Permission.ALARMS_HANDLE))]
_SITE = f"^({NAME_PATTERN})?$"


class Looking(BaseModel):
    """The page's address: the site filter, the alarm under the cursor, and what has just been done.

    `closed` has just been closed; for `late` the reader came too late. `seen` is asked of the stream only: where it
    stood when the page was made.
    """

    site: str = Field(default="", pattern=_SITE)
    alarm: UUID | None = None
    close: bool = False
    closed: UUID | None = None
    late: UUID | None = None
    seen: str | None = Field(default=None, max_length=40)


class ActForm(BaseModel):
    """A button: the version that was on the screen, and the site filter to come back to."""

    version: int = Field(ge=1)
    site: str = Field(default="", pattern=_SITE)


class StepForm(ActForm):
    state: Literal[AlarmState.VERIFYING, AlarmState.DISPATCHED, AlarmState.CONTAINED]


class ClosingForm(ActForm):
    verdict: AlarmVerdict
    cause: str = Field(default="", max_length=500)


@router.get("", responses=problems(NotFound))
def control_room(
    request: Request,
    *,
    principal: AlarmReader,
    reading: MonitorReading,
    register: TheRegister,
    parts: TheParts,
    looking: Annotated[Looking, Query()],
) -> HTMLResponse:
    """The list, the plan and the incident under the cursor."""
    seen = parts.hub.position  # before the store is read
    board = service.board(
        reading.session,
        register,
        principal,
        translator_of(request),
        reading.now,
        site=SiteId(looking.site) if looking.site else None,
        alarm_id=AlarmId(looking.alarm) if looking.alarm else None,
        closing=looking.close,
        closed=AlarmId(looking.closed) if looking.closed else None,
        late=AlarmId(looking.late) if looking.late else None,
    )
    return page(request, "monitor/control_room/page.html", board=board, seen=seen)


@router.get("/drawings/{site}", responses=problems(NotFound), response_class=Response)
def drawing(site: AtSite, principal: AlarmReader, registry: RegistryReading) -> Response:
    """The drawing that was uploaded for a compound, which the plan lies on."""
    principal.require(Permission.ALARMS_READ, site)
    found = plans.drawing(registry.session, site)
    if found is None:
        raise NotFound("No drawing was uploaded for this compound.")
    return Response(found.svg, media_type="image/svg+xml", headers=DRAWING_HEADERS)


@router.get("/stream", responses=problems(NotFound))
async def stream(
    request: Request, principal: AlarmReader, parts: TheParts, looking: Annotated[Looking, Query()]
) -> StreamingResponse:
    """Says which alarm changed, of the sites that this person may see."""
    site = SiteId(looking.site) if looking.site else None
    if site is not None:
        principal.require(Permission.ALARMS_READ, site)
    return sse_response(request, parts.hub, principal, Permission.ALARMS_READ, site=site, seen=looking.seen)


@router.post("/alarms/{alarm_id}/acknowledgement", responses=problems(NotFound))
def acknowledge(
    alarm_id: AlarmId, operator: AlarmHandler, work: MonitorWork, form: Annotated[ActForm, Form()]
) -> RedirectResponse:
    act = partial(alarms.acknowledge, work, alarm_id, version=form.version, by=operator)
    return _back(act, form, alarm_id)


@router.post("/alarms/{alarm_id}/assignment", responses=problems(NotFound))
def assign_to_me(
    alarm_id: AlarmId,
    operator: AlarmHandler,
    work: MonitorWork,
    is_handler: IsHandler,
    form: Annotated[ActForm, Form()],
) -> RedirectResponse:
    to = operator.name
    act = partial(alarms.assign, work, alarm_id, version=form.version, to=to, by=operator, is_handler=is_handler)
    return _back(act, form, alarm_id)


@router.post("/alarms/{alarm_id}/progress", responses=problems(NotFound))
def advance(
    alarm_id: AlarmId, operator: AlarmHandler, work: MonitorWork, form: Annotated[StepForm, Form()]
) -> RedirectResponse:
    act = partial(alarms.advance, work, alarm_id, version=form.version, to=form.state, by=operator)
    return _back(act, form, alarm_id)


@router.post("/alarms/{alarm_id}/closure", responses=problems(NotFound, OfficerNeeded, WordsNeeded))
def close_with_verdict(
    alarm_id: AlarmId, operator: AlarmHandler, work: MonitorWork, form: Annotated[ClosingForm, Form()]
) -> RedirectResponse:
    closing = Closing(verdict=form.verdict, cause=form.cause.strip() or None)
    act = partial(alarms.close, work, alarm_id, version=form.version, closing=closing, by=operator)
    return _back(act, form, alarm_id, as_="closed")


def _back(
    act: Callable[[], object], form: ActForm, alarm_id: AlarmId, *, as_: Literal["alarm", "closed"] = "alarm"
) -> RedirectResponse:
    """Act, then to the page as it was; 303, so that the browser asks for it. Whoever came too late is told so there."""
    told: dict[str, str] = {as_: str(alarm_id)}
    try:
        act()
    except (AlarmChanged, NotNow):
        told = {"alarm": str(alarm_id), "late": str(alarm_id)}
    return RedirectResponse(f"/control-room?{urlencode({'site': form.site, **told})}", status_code=303)
