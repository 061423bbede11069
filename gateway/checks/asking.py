"""Asking the desk: who may ask at which gate, and what the desk decides."""

from gateway.checks.answers import CheckRequest
from gateway.checks.attempts import Answered, NoSuchGate
from gateway.checks.credentials import read_attempt
from gateway.checks.snapshot import Snapshot
from gateway.desk import Desk
from registry.access.facts import GateFacts
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.ids import GateId


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
        NoSuchGate: there is none, or it is none of theirs.

    """
    found = snapshot.gate(GateId(gate))
    if found is None or not asker.may_at(permission, found.site, found.id):
        raise NoSuchGate(f"There is no gate {gate!r} here.")
    return found
