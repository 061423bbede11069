"""A past entry asked again: as it was, and under the rules of today. Pure."""

from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from gateway.checks.question import Question, area_entered
from gateway.checks.rules import Decision, decide, stands_for
from gateway.checks.standing import Moment, choose
from gateway.explain.world import World
from registry.access.facts import Direction

_QUESTION = TypeAdapter(Question)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What an entry is told again; `today`: what the same would be told under today's facts, None: its lane is no more."""

    again: Decision
    today: Decision | None


def replay(question: str, world: World) -> Replayed:
    """Ask a question that an entry kept, JSON, once as it was and once of today's facts."""
    asked = _QUESTION.validate_json(question)
    now = under(asked, world)
    return Replayed(again=decide(asked), today=None if now is None else decide(now))


def under(question: Question, world: World) -> Question | None:
    """The same attempt - the same thing shown, at the same moment, with the same people inside - of the facts of this world.

    None: there is no such gate or lane any more.
    """
    snapshot = world.snapshot
    gate = snapshot.gate(question.gate)
    lane = None if gate is None else next((one for one in gate.lanes if one.id == question.lane.id), None)
    if gate is None or lane is None:
        return None
    shown, direction = question.shown, question.direction
    entered = area_entered(lane, direction)
    area = snapshot.area(entered)
    closed = world.closed.get(entered) if direction is Direction.IN else None
    known = snapshot.with_key(shown.kind, shown.key)
    schedules = snapshot.schedules(known, gate, question.now)
    timezone = snapshot.timezones[gate.site]
    moment = Moment(
        site=gate.site, gate=gate.id, now=question.now, timezone=timezone, schedules=schedules, closed=closed
    )
    credential = choose(known, moment)
    kind, key = stands_for(shown, credential)
    return replace(
        question,
        site=gate.site,
        lane=lane,
        denied=snapshot.denied_with_key(kind, key),
        credential=credential,
        passback=snapshot.passback(entered, kind),
        passback_minutes=None if area is None else area.passback_minutes,
        timezone=timezone,
        schedule=None if credential is None else schedules.get(credential.id),
        circumstances=replace(
            question.circumstances,
            closed=closed,
            asks_for_two=area is not None and area.two_person,
            first_is_in=None if area is None or not area.first_person else question.circumstances.first_is_in or False,
        ),
    )
