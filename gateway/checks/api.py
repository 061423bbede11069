"""`POST /api/gateway/checks`: may this pass?"""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from gateway.checks.answers import CheckAnswer, CheckRequest
from gateway.checks.attempts import Answered, NoSuchGate
from gateway.checks.credentials import read_attempt
from gateway.checks.snapshot import Snapshot
from gateway.dependencies import TheDesk
from gateway.desk import Desk
from registry.access.facts import GateFacts
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import GateId
from registry.problems import Conflict, NotFound, Unavailable, problems

router = APIRouter(prefix="/api/gateway", tags=["gateway"])

GateChecker = Annotated[Principal, Depends(requires(Permission.GATE_CHECK))]


@router.post("/checks", response_model=CheckAnswer, responses=problems(NotFound, Conflict, Unavailable))
async def check(request: CheckRequest, asker: GateChecker, desk: TheDesk) -> Response:
    """Decide, write down, answer. What was answered is on disk; a denied entry is not an error."""
    answered = await check_at_desk(request, asker, desk)
    return Response(answered.body, media_type="application/json")


async def check_at_desk(request: CheckRequest, asker: Principal, desk: Desk) -> Answered:
    """Decide one request of somebody who may ask at that gate.

    Raises:
        Problem: there is no such gate for them, nothing can be looked up, or it could not be written down.

    """
    gate_for(asker, Permission.GATE_CHECK, request.gate, desk.snapshot)
    return await desk.journal.check(read_attempt(request, asker, desk.verify_pass))


def gate_for(asker: Principal, permission: Permission, gate: str, snapshot: Snapshot) -> GateFacts:
    """The gate, if this asker may do that there.

    Raises:
        NoSuchGate: there is none, or it is another site's.

    """
    found = snapshot.gate(GateId(gate))
    if found is None or not asker.may(permission, found.site):
        raise NoSuchGate(f"There is no gate {gate!r} here.")
    return found
