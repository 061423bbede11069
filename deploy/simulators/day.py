"""How busy the gates of a compound are over the week, and who comes next. Pure: time and chance come in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from random import Random

from registry.access.facts import CredentialKind, Direction


class Rhythm(StrEnum):
    """What a compound is for says when its people come and go."""

    OFFICES = "offices"
    HOMES = "homes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What is usual: visits a minute and the share of those that come in, by hour of the local day; who it is."""

    visits: Sequence[float]
    coming_in: Sequence[float]
    weekend: float
    """Share of the visits that is left on Saturday and Sunday."""
    callers: dict[str, float]


# Two thousand who work there: two rushes, a noon, quiet nights.
_TO_WORK = (0.1, 0.1, 0.1, 0.1, 0.1, 0.3, 1.5, 6, 8, 3, 2, 4, 5, 4, 4, 2, 2, 6, 8, 3, 1.5, 0.8, 0.4, 0.2)
_AT_WORK = (0.5, 0.5, 0.5, 0.5, 0.7, 0.9, 0.95, 0.95, 0.9, 0.6, 0.5, 0.3, 0.5, 0.8, 0.7, 0.5, 0.4, 0.15, 0.05, 0.1, 0.2, 0.2, 0.3, 0.4)  # fmt: skip
# A thousand who live there: out in the morning, back in the evening, and not all of them through the gate with a card.
_FROM_HOME = (0.03, 0.02, 0.01, 0.01, 0.02, 0.1, 0.4, 0.7, 0.6, 0.3, 0.25, 0.3, 0.3, 0.25, 0.2, 0.25, 0.35, 0.6, 0.7, 0.5, 0.35, 0.2, 0.1, 0.05)  # fmt: skip
_AT_HOME = (0.8, 0.7, 0.6, 0.5, 0.3, 0.2, 0.15, 0.1, 0.2, 0.4, 0.5, 0.6, 0.5, 0.4, 0.5, 0.6, 0.7, 0.8, 0.8, 0.7, 0.7, 0.8, 0.85, 0.85)  # fmt: skip
_HABITS = {
    Rhythm.OFFICES: Habits(
        visits=_TO_WORK,
        coming_in=_AT_WORK,
        weekend=0.12,
        callers={"vehicle": 52, "card": 40, "pass": 2, "stranger": 4, "last_year": 1.2, "stopped": 0.6, "denied": 0.1},
    ),
    Rhythm.HOMES: Habits(
        visits=_FROM_HOME,
        coming_in=_AT_HOME,
        weekend=0.9,
        callers={"vehicle": 45, "card": 45, "pass": 2, "stranger": 6, "last_year": 1, "stopped": 0.3, "denied": 0.05},
    ),
}
_SATURDAY = 5
_TRIES_AGAIN = 1 / 16
"""Of last year's permits that are refused, the share whose drivers do not believe it."""
_TRIES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Somebody shows something at a gate; `tries` above one: refused, and trying again."""

    gate: str
    direction: Direction
    kind: CredentialKind
    value: str
    tries: int = 1
    is_delivery: bool = False
    """A stranger whom a guard lets in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regulars:
    """Who may turn up at a compound. None of the demo's examples is among them. `passes`: the texts of QR codes."""

    gates: Sequence[str]
    plates: Sequence[str]
    cards: Sequence[str]
    passes: Sequence[str]
    last_year_plates: Sequence[str]
    stopped_cards: Sequence[str]
    strangers: Sequence[str]
    denied_plates: Sequence[str]


@dataclass(slots=True)
class Inside:
    """Whom the simulator let in and has not let out again."""

    of_kind: dict[CredentialKind, set[str]] = field(default_factory=dict)

    def those(self, kind: CredentialKind) -> set[str]:
        return self.of_kind.setdefault(kind, set())


def visits_a_minute(rhythm: Rhythm, local: datetime, *, share: float = 1.0) -> float:
    """How many come and go at this hour of the week; `share`: of what is usual for the kind of compound."""
    habits = _HABITS[rhythm]
    of_day = habits.weekend if local.weekday() >= _SATURDAY else 1.0
    return habits.visits[local.hour] * of_day * share


def next_visit(draw: Random, rhythm: Rhythm, hour: int, regulars: Regulars, inside: Inside) -> Visit:
    """Who comes next at this hour."""
    habits, gate = _HABITS[rhythm], draw.choice(regulars.gates)
    what = draw.choices(list(habits.callers), weights=list(habits.callers.values()))[0]
    unusual = {
        "last_year": (CredentialKind.PLATE, regulars.last_year_plates),
        "stranger": (CredentialKind.PLATE, regulars.strangers),
        "stopped": (CredentialKind.CARD, regulars.stopped_cards),
        "denied": (CredentialKind.PLATE, regulars.denied_plates),
    }
    if what in unusual and unusual[what][1]:
        kind, values = unusual[what]
        again = what == "last_year" and draw.random() < _TRIES_AGAIN
        return Visit(
            gate=gate,
            direction=Direction.IN,
            kind=kind,
            value=draw.choice(values),
            tries=_TRIES if again else 1,
            is_delivery=what == "stranger",
        )
    usual = {
        "card": (CredentialKind.CARD, regulars.cards),
        "pass": (CredentialKind.QR, regulars.passes),
    }
    kind, values = usual.get(what, (CredentialKind.PLATE, regulars.plates))
    kind, values = (kind, values) if values else (CredentialKind.CARD, regulars.cards)
    those_inside = inside.those(kind)
    if those_inside and draw.random() >= habits.coming_in[hour]:
        return Visit(gate=gate, direction=Direction.OUT, kind=kind, value=draw.choice(sorted(those_inside)))
    outside = [value for value in values if value not in those_inside]
    return Visit(gate=gate, direction=Direction.IN, kind=kind, value=draw.choice(outside or list(values)))


def remember(inside: Inside, visit: Visit, reason: str) -> None:
    """Note where the visitor is after the gate's answer; `reason` passback means that it was inside all along."""
    those_inside = inside.those(visit.kind)
    if visit.direction is Direction.OUT and reason.startswith("ok"):
        those_inside.discard(visit.value)
    elif visit.direction is Direction.IN and (reason.startswith("ok") or reason == "passback"):
        those_inside.add(visit.value)
