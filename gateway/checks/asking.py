"""Asking the desk: who may ask at which gate, and what the desk decides."""

from contextlib import suppress

from gateway.checks.answers import CheckRequest
from gateway.checks.attempts import Answered, NoSuchGate
from gateway.checks.credentials import read_attempt
from gateway.checks.places import place
from gateway.checks.snapshot import Snapshot
from gateway.desk import Desk
from registry.access.facts import GateFacts
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.ids import GateId
from registry.messages.reasons import Verdict
from registry.problems import NotFound, Unprocessable


async def check_at_desk(request: CheckRequest, asker: Principal, desk: Desk) -> Answered:
    """Decide one request of somebody who may ask at that gate; whoever may pass finds the barrier opening.

    Raises:
        Problem: there is no such gate for them, nothing can be looked up, or it could not be written down.

    """
    gate_for(asker, Permission.GATE_CHECK, request.gate, desk.snapshot)
    attempt = read_attempt(request, asker, desk)
    answered = await desk.journal.check(attempt)
    if answered.verdict is Verdict.GRANTED:
        with suppress(NotFound, Unprocessable):  # the lane was taken away in this very moment, and has nothing to open
            gate, lane = place(desk.snapshot, attempt)
            desk.barriers.open(gate, lane.id, attempt.direction, entry_id=answered.entry_id, by=asker.name)
    return answered


def gate_for(asker: Principal, permission: Permission, gate: str, snapshot: Snapshot) -> GateFacts:
    """The gate, if this asker may do that there.

    Raises:
        NoSuchGate: there is none, or it is none of theirs.

    """
    found = snapshot.gate(GateId(gate))
    if found is None or not asker.may_at(permission, found.site, found.id):
        raise NoSuchGate(f"There is no gate {gate!r} here.")
    return found
