"""The patrol page. What it scans goes to `POST /api/monitor/patrols/scans`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from monitor.dependencies import MonitorReading, TheRegister
from monitor.patrol_phone import service
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import NAME_PATTERN, SiteId
from registry.messages.envelope import WireInstant
from registry.problems import NotFound, problems
from registry.web.pages import language_of, page

router = APIRouter(include_in_schema=False)

PatrolGuard = Annotated[Principal, Depends(requires(Permission.PATROL_SCAN))]


class Looking(BaseModel):
    """The page's address: the site, and the start of the round to show."""

    site: str = Field(default="", pattern=f"^({NAME_PATTERN})?$")
    round: WireInstant | None = None


@router.get("/patrol", responses=problems(NotFound))
def patrol(
    request: Request,
    guard: PatrolGuard,
    reading: MonitorReading,
    register: TheRegister,
    looking: Annotated[Looking, Query()],
) -> HTMLResponse:
    """Today's rounds, the next checkpoint, and three ways to scan it."""
    sheet = service.sheet(
        reading.session,
        register,
        guard,
        reading.now,
        site=SiteId(looking.site) if looking.site else None,
        wanted=looking.round,
        lang=str(language_of(request)),
    )
    return page(request, "monitor/patrol/page.html", sheet=sheet)
