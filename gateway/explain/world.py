"""A gate asked what nobody has asked it: the decision's own rules on the snapshot, with nobody inside. Pure.

Whoever is listed here would be let in if he came alone and first, to a lane that is free: what turns on who else is
where at that moment - anti-passback, a permit's other car, a full area - is not foreseen. What is asked of him beside
his credential is: an escort, a second person, somebody who is there before him.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.checks.circumstances import NOTHING_PARTICULAR, Circumstances, Closed
from gateway.checks.question import Question, area_entered
from gateway.checks.rules import Decision, decide
from gateway.checks.shown import CardShown, PassShown, PinShown, PlateShown, Shown
from gateway.checks.snapshot import Snapshot
from gateway.checks.standing import Schedule
from registry.access.facts import CredentialFacts, CredentialKind, Direction, GateFacts, LaneFacts, Passback
from registry.clock import Instant
from registry.ids import AreaId, GateId, LevelId
from registry.messages.reasons import Verdict
from registry.plates.grammar import Plate, parse_plate

EASE: Final[Mapping[Verdict, int]] = {Verdict.DENIED: 0, Verdict.REFER: 1, Verdict.GRANTED: 2}
"""How far each verdict lets somebody."""
_Levels = tuple[LevelId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All that the gates go by: the registry's facts, and the areas that somebody has closed."""

    snapshot: Snapshot
    closed: Mapping[AreaId, Closed]


@dataclass(slots=True)
class Asking:
    """Asks the gates of one world. Those with the same levels share what these say at a gate at a moment."""

    world: World
    _schedules: dict[tuple[_Levels, GateId, Instant], Schedule] = field(default_factory=dict)
    _entrances: dict[GateId, "Entrance | None"] = field(default_factory=dict)

    def decision(self, credential: CredentialFacts, gate: GateFacts, now: Instant) -> Decision:
        """What the gate would tell whoever shows this at its entrance; a gate without one is asked for the way out."""
        entrance = self.entrance(gate)
        snapshot = self.world.snapshot
        return decide(
            Question(
                shown=shown_by(credential),
                site=gate.site,
                gate=gate.id,
                lane=entrance.lane,
                direction=entrance.direction,
                denied=snapshot.denied_with_key(credential.kind, credential.key),
                credential=credential,
                inside=None,
                passback=Passback.OFF,
                timezone=snapshot.timezones[gate.site],
                now=now,
                schedule=self.schedule(credential, gate, now),
                circumstances=entrance.circumstances,
            )
        )

    def schedule(self, credential: CredentialFacts, gate: GateFacts, now: Instant) -> Schedule | None:
        """What the levels of a credential say there and then; None: it has none."""
        if not credential.levels:
            return None
        key = credential.levels, gate.id, now
        known = self._schedules.get(key)
        if known is None:
            known = self._schedules[key] = self.world.snapshot.schedules([credential], gate, now)[credential.id]
        return known

    def entrance(self, gate: GateFacts) -> "Entrance":
        known = self._entrances.get(gate.id)
        if known is None:
            known = self._entrances[gate.id] = _entrance(gate, self.world)
        return known


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """The lane by which one comes in, and what is so there for whoever is the first."""

    lane: LaneFacts
    direction: Direction
    circumstances: Circumstances


def _entrance(gate: GateFacts, world: World) -> Entrance:
    inward = [lane for lane in gate.lanes if lane.direction is not Direction.OUT]
    if not inward:
        return Entrance(lane=gate.lanes[0], direction=Direction.OUT, circumstances=NOTHING_PARTICULAR)
    entered = area_entered(inward[0], Direction.IN)
    area = world.snapshot.area(entered)
    circumstances = Circumstances(
        closed=world.closed.get(entered),
        asks_for_two=area is not None and area.two_person,
        first_is_in=False if area is not None and area.first_person else None,
    )
    return Entrance(lane=inward[0], direction=Direction.IN, circumstances=circumstances)


def shown_by(credential: CredentialFacts) -> Shown:
    """What its holder shows, as a reader gets it."""
    key = credential.key
    match credential.kind:
        case CredentialKind.PLATE:
            plate = parse_plate(key)
            return PlateShown(raw=key, key=key, form=plate.kind if isinstance(plate, Plate) else None)
        case CredentialKind.QR:
            return PassShown(raw=key, key=key, signed=True)
        case CredentialKind.PIN:
            return PinShown(raw=key, key=key)
        case _:
            return CardShown(raw=key, key=key)
