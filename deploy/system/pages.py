"""`/system`: each process and each part, and what to do about one that does not work."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from deploy.system.parts import system_of
from deploy.system.view import part_lines, process_lines
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.web.dependencies import parts_of
from registry.web.pages import page, translator_of

router = APIRouter(include_in_schema=False)


@router.get("/system")
def system(request: Request, _reader: Annotated[Principal, Depends(requires(Permission.SYSTEM_READ))]) -> HTMLResponse:
    """The page; it asks for itself again every few seconds."""
    parts, t = parts_of(request), translator_of(request)
    states = parts.readiness.states()
    return page(
        request,
        "deploy/system/page.html",
        processes=process_lines(system_of(request).facts(), states, parts.clock, t),
        parts=part_lines(states, t),
    )
