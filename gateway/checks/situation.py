"""The rules that turn on who else is where, and on what is so at the gate: pure, and in the order of CONTRACT 3.

They ask what comes in; who goes out is held up by a blocked reader and a busy lane alone, for a missed entry must lock
nobody in.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from gateway.checks.circumstances import rights_of
from gateway.checks.question import Question, area_entered
from registry.access.facts import CredentialFacts, CredentialKind, Direction, Passback
from registry.messages.reasons import Reason, Verdict

_VEHICLES = frozenset({CredentialKind.PLATE, CredentialKind.PERMIT})


class Rule(NamedTuple):
    """A rule that a credential meets here and now, and what a gate is told where it does not."""

    reason: Reason
    verdict: Verdict
    holds: Callable[[CredentialFacts, Question], bool]
    facts_of: Callable[[CredentialFacts, Question], dict[str, object]]
    """What it looks at."""


def is_not_inside(question: Question) -> bool:
    """Whether anti-passback has nothing to say: nobody counts as inside the area that is entered."""
    inside = question.inside
    if inside is None or question.passback is Passback.OFF or question.direction is Direction.OUT or inside.forgiven:
        return True
    if inside.area != area_entered(question.lane, question.direction):
        return True
    minutes = question.passback_minutes
    return minutes is not None and question.now - inside.since >= timedelta(minutes=minutes)


def inside_facts(question: Question) -> dict[str, object]:
    inside = question.inside
    facts: dict[str, object] = {
        "policy": question.passback,
        "area": area_entered(question.lane, question.direction),
    }
    if question.passback_minutes is not None:
        facts["minutes"] = question.passback_minutes
    if inside is not None:
        facts |= {"inside": inside.area, "since": inside.since, "entry": inside.entry, "forgiven": inside.forgiven}
    return facts


def _is_not_blocked(_credential: CredentialFacts, question: Question) -> bool:
    until = question.circumstances.blocked_until
    return until is None or until <= question.now


def _block_facts(_credential: CredentialFacts, question: Question) -> dict[str, object]:
    return {"blocked_until": question.circumstances.blocked_until}


def _is_a_person_coming_in(question: Question) -> bool:
    return question.direction is Direction.IN and question.shown.kind not in _VEHICLES


def _is_escorted(credential: CredentialFacts, question: Question) -> bool:
    if not _is_a_person_coming_in(question) or not rights_of(credential).needs_escort:
        return True
    return question.circumstances.escort is not None


def _escort_facts(credential: CredentialFacts, question: Question) -> dict[str, object]:
    return {"needs_escort": rights_of(credential).needs_escort, "escort": question.circumstances.escort}


def _has_a_second(_credential: CredentialFacts, question: Question) -> bool:
    here = question.circumstances
    return not here.asks_for_two or not _is_a_person_coming_in(question) or here.beside is not None


def _second_facts(_credential: CredentialFacts, question: Question) -> dict[str, object]:
    return {"two_person": question.circumstances.asks_for_two, "beside": question.circumstances.beside}


def _first_is_in(credential: CredentialFacts, question: Question) -> bool:
    if question.circumstances.first_is_in is not False or not _is_a_person_coming_in(question):
        return True
    return rights_of(credential).first_person


def _first_facts(credential: CredentialFacts, question: Question) -> dict[str, object]:
    return {"first_is_in": question.circumstances.first_is_in, "first_person": rights_of(credential).first_person}


def _may_be_inside_once_more(_credential: CredentialFacts, question: Question) -> bool:
    return is_not_inside(question) or question.passback is not Passback.HARD


def _passback_facts(_credential: CredentialFacts, question: Question) -> dict[str, object]:
    return inside_facts(question)


def _has_uses_left(credential: CredentialFacts, question: Question) -> bool:
    allowed, used = credential.entries_allowed, question.circumstances.uses
    return allowed is None or used is None or question.direction is Direction.OUT or used < allowed


def _use_facts(credential: CredentialFacts, question: Question) -> dict[str, object]:
    return {"entries_allowed": credential.entries_allowed, "uses": question.circumstances.uses}


def _has_a_place(_credential: CredentialFacts, question: Question) -> bool:
    return question.circumstances.sharing is None or question.direction is Direction.OUT


def _place_facts(credential: CredentialFacts, question: Question) -> dict[str, object]:
    return {"permit_number": credential.permit_number, "inside": question.circumstances.sharing}


def _has_room(_credential: CredentialFacts, question: Question) -> bool:
    counted, capacity, inside = question.circumstances.counted, question.circumstances.capacity, question.inside
    if counted is None or capacity is None or question.direction is Direction.OUT:
        return True
    is_counted_already = inside is not None and inside.area == area_entered(question.lane, question.direction)
    return is_counted_already or counted < capacity


def _room_facts(_credential: CredentialFacts, question: Question) -> dict[str, object]:
    return {"counted": question.circumstances.counted, "capacity": question.circumstances.capacity}


def _is_lane_free(_credential: CredentialFacts, question: Question) -> bool:
    return question.circumstances.lane is None


def _lane_facts(_credential: CredentialFacts, question: Question) -> dict[str, object]:
    return {"interlock": question.lane.interlock, "busy": question.circumstances.lane}


SITUATION = (
    Rule(Reason.TOO_MANY_ATTEMPTS, Verdict.DENIED, _is_not_blocked, _block_facts),
    Rule(Reason.ESCORT_MISSING, Verdict.REFER, _is_escorted, _escort_facts),
    Rule(Reason.SECOND_PERSON_MISSING, Verdict.REFER, _has_a_second, _second_facts),
    Rule(Reason.FIRST_PERSON_MISSING, Verdict.REFER, _first_is_in, _first_facts),
    Rule(Reason.PASSBACK, Verdict.DENIED, _may_be_inside_once_more, _passback_facts),
    Rule(Reason.ALREADY_USED, Verdict.DENIED, _has_uses_left, _use_facts),
    Rule(Reason.QUOTA_FULL, Verdict.DENIED, _has_a_place, _place_facts),
    Rule(Reason.AREA_FULL, Verdict.DENIED, _has_room, _room_facts),
    Rule(Reason.INTERLOCK, Verdict.DENIED, _is_lane_free, _lane_facts),
)
