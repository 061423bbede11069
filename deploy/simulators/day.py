"""How busy a gate is over the day, and who comes next. Pure: time and chance come in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from registry.access.facts import CredentialKind, Direction

# Visits a minute at both gates of an office compound, by hour of the local day: two rushes, a noon, quiet nights.
_VISITS_A_MINUTE = (0.1, 0.1, 0.1, 0.1, 0.1, 0.3, 1.5, 6, 8, 3, 2, 4, 5, 4, 4, 2, 2, 6, 8, 3, 1.5, 0.8, 0.4, 0.2)
# The share of those who come in rather than go out.
_COMING_IN = (0.5, 0.5, 0.5, 0.5, 0.7, 0.9, 0.95, 0.95, 0.9, 0.6, 0.5, 0.3, 0.5, 0.8, 0.7, 0.5, 0.4, 0.15, 0.05, 0.1, 0.2, 0.2, 0.3, 0.4)  # fmt: skip

_KINDS_OF_VISIT = {"vehicle": 52, "card": 40, "last_year": 3, "stranger": 4, "revoked": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Somebody shows something at a gate; `tries` above one: refused, and trying again."""

    gate: str
    direction: Direction
    kind: CredentialKind
    value: str
    tries: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Regulars:
    """Who may turn up. None of the demo's examples is among them."""

    gates: Sequence[str]
    plates: Sequence[str]
    cards: Sequence[str]
    last_year_plates: Sequence[str]
    revoked_cards: Sequence[str]
    strangers: Sequence[str]


@dataclass(slots=True)
class Inside:
    """Whom the simulator let in and has not let out again."""

    plates: set[str] = field(default_factory=set)
    cards: set[str] = field(default_factory=set)


def gap_seconds(draw: Random, hour: int) -> float:
    """Seconds until the next visit in this hour of the local day; at most two minutes, so that a demo is never dead."""
    return min(draw.expovariate(_VISITS_A_MINUTE[hour] / 60), 120.0)


def next_visit(draw: Random, hour: int, regulars: Regulars, inside: Inside) -> Visit:
    """Who comes next at this hour."""
    gate = draw.choice(regulars.gates)
    what = draw.choices(list(_KINDS_OF_VISIT), weights=list(_KINDS_OF_VISIT.values()))[0]
    match what:
        case "last_year":
            plate = draw.choice(regulars.last_year_plates)
            tries = 4 if draw.random() < 1 / 4 else 1
            return Visit(gate=gate, direction=Direction.IN, kind=CredentialKind.PLATE, value=plate, tries=tries)
        case "stranger":
            return Visit(
                gate=gate, direction=Direction.IN, kind=CredentialKind.PLATE, value=draw.choice(regulars.strangers)
            )
        case "revoked":
            return Visit(
                gate=gate, direction=Direction.IN, kind=CredentialKind.CARD, value=draw.choice(regulars.revoked_cards)
            )
        case "vehicle":
            kind, all_of, those_inside = CredentialKind.PLATE, regulars.plates, inside.plates
        case _:
            kind, all_of, those_inside = CredentialKind.CARD, regulars.cards, inside.cards
    if those_inside and draw.random() >= _COMING_IN[hour]:
        return Visit(gate=gate, direction=Direction.OUT, kind=kind, value=draw.choice(sorted(those_inside)))
    outside = [value for value in all_of if value not in those_inside]
    return Visit(gate=gate, direction=Direction.IN, kind=kind, value=draw.choice(outside or list(all_of)))


def remember(inside: Inside, visit: Visit, reason: str) -> None:
    """Note where the visitor is after the gate's answer; `reason` passback means that it was inside all along."""
    those_inside = inside.plates if visit.kind is CredentialKind.PLATE else inside.cards
    if visit.direction is Direction.OUT and reason.startswith("ok"):
        those_inside.discard(visit.value)
    elif visit.direction is Direction.IN and (reason.startswith("ok") or reason == "passback"):
        those_inside.add(visit.value)
