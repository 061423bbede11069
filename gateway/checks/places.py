"""Where an attempt is made: the gate, and which of its lanes."""

from gateway.checks.attempts import Attempt, NoSuchGate, NoSuchLane, WrongDirection
from gateway.checks.snapshot import Snapshot
from registry.access.facts import Direction, GateFacts, LaneFacts


def place(snapshot: Snapshot, attempt: Attempt) -> tuple[GateFacts, LaneFacts]:
    """Find the gate and lane of an attempt.

    Raises:
        NoSuchGate, NoSuchLane, WrongDirection: it is nowhere.

    """
    gate = snapshot.gate(attempt.gate)
    if gate is None:
        raise NoSuchGate(f"There is no gate {attempt.gate!r} here.")
    return gate, lane_of(gate, attempt.lane, attempt.direction)


def lane_of(gate: GateFacts, name: str | None, direction: Direction) -> LaneFacts:
    """The lane of this name; where none is named, the first that leads that way.

    Raises:
        NoSuchLane, WrongDirection: there is none.

    """
    fitting = [lane for lane in gate.lanes if lane.direction in (None, direction)]
    if name is None:
        if not fitting:
            raise WrongDirection(f"No lane of {gate.id} leads {direction}.")
        return fitting[0]
    for lane in gate.lanes:
        if lane.id == name:
            if lane not in fitting:
                raise WrongDirection(f"Lane {lane.id} leads {lane.direction}, not {direction}.")
            return lane
    raise NoSuchLane(f"Gate {gate.id} has no lane {name!r}.")
