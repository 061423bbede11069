"""`POST /api/gateway/checks`: may this pass?"""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from gateway.checks.answers import CheckAnswer, CheckRequest
from gateway.checks.asking import check_at_desk
from gateway.checks.route import MAY_CHECK, CheckRoute
from gateway.dependencies import TheDesk
from registry.auth.principal import Principal
from registry.problems import Conflict, NotFound, Unavailable, problems

router = APIRouter(prefix="/api/gateway", tags=["gateway"], route_class=CheckRoute)

GateChecker = Annotated[Principal, Depends(MAY_CHECK)]


@router.post("/checks", response_model=CheckAnswer, responses=problems(NotFound, Conflict, Unavailable))
async def check(request: CheckRequest, asker: GateChecker, desk: TheDesk) -> Response:
    """Decide, write down, answer. What was answered is on disk; a denied entry is not an error."""
    answered = await check_at_desk(request, asker, desk)
    return Response(answered.body, media_type="application/json")
