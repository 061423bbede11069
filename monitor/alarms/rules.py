"""What may be done with an alarm, and when. A refusal is a result.

    new → acknowledged → verifying → dispatched → contained → closed

A step may be left out, none is taken back. Whoever closes has acknowledged before.
"""

from dataclasses import dataclass
from enum import StrEnum

from registry.messages.alarms import AlarmState, AlarmVerdict

NEEDS_WORDS = 2
"""Alarms of this priority and above are closed only with a cause or evidence in words (monitor.md 5)."""
NEEDS_OFFICER = 1
"""Alarms of this priority are closed only by who holds `alarms.close_priority_1`."""


class Act(StrEnum):
    """What became of an alarm: a line of its history."""

    RAISED = "raised"
    EVIDENCE_LATE = "evidence_late"
    MERGED = "merged"
    RETURNED = "returned"
    ACKNOWLEDGED = "acknowledged"
    VERIFYING = "verifying"
    DISPATCHED = "dispatched"
    CONTAINED = "contained"
    ASSIGNED = "assigned"
    CLOSED = "closed"


class Refusal(StrEnum):
    """Why something cannot be done now."""

    ACKNOWLEDGED_ALREADY = "acknowledged_already"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    STEP_BACK = "step_back"
    CLOSED_ALREADY = "closed_already"
    OFFICER_NEEDED = "officer_needed"
    WORDS_NEEDED = "words_needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The state after the act."""

    state: AlarmState


_ORDER = tuple(AlarmState)


def acknowledge(state: AlarmState) -> Moved | Refusal:
    """Somebody has seen it."""
    if state is AlarmState.CLOSED:
        return Refusal.CLOSED_ALREADY
    if state is not AlarmState.NEW:
        return Refusal.ACKNOWLEDGED_ALREADY
    return Moved(state=AlarmState.ACKNOWLEDGED)


def assign(state: AlarmState) -> Moved | Refusal:
    """Somebody is to see to it; that alone moves nothing."""
    if state is AlarmState.CLOSED:
        return Refusal.CLOSED_ALREADY
    return Moved(state=state)


def advance(state: AlarmState, to: AlarmState) -> Moved | Refusal:
    """Say how far people have come: verifying, dispatched or contained.

    Raises:
        ValueError: `to` is none of the three; acknowledging and closing ask for more.

    """
    if to not in (AlarmState.VERIFYING, AlarmState.DISPATCHED, AlarmState.CONTAINED):
        raise ValueError(f"{to} is no step between acknowledging and closing")
    if state is AlarmState.CLOSED:
        return Refusal.CLOSED_ALREADY
    if state is AlarmState.NEW:
        return Refusal.NOT_ACKNOWLEDGED
    if _ORDER.index(to) <= _ORDER.index(state):
        return Refusal.STEP_BACK
    return Moved(state=to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What whoever closes says of it."""

    verdict: AlarmVerdict
    cause: str | None = None
    evidence: str | None = None

    @property
    def has_words(self) -> bool:
        return any(words and words.strip() for words in (self.cause, self.evidence))


def close(state: AlarmState, *, priority: int, closing: Closing, by_officer: bool) -> Moved | Refusal:
    """End it. `by_officer`: whoever closes may close priority 1 at this site."""
    if state is AlarmState.CLOSED:
        return Refusal.CLOSED_ALREADY
    if state is AlarmState.NEW:
        return Refusal.NOT_ACKNOWLEDGED
    if priority <= NEEDS_OFFICER and not by_officer:
        return Refusal.OFFICER_NEEDED
    if priority <= NEEDS_WORDS and not closing.has_words:
        return Refusal.WORDS_NEEDED
    return Moved(state=AlarmState.CLOSED)


def leaves_by_itself(state: AlarmState, *, latched: bool, returned: bool) -> bool:
    """Whether an alarm ends without a person closing it: its condition is over, somebody has seen it, and it is not latched.

    An intrusion, a tamper or a panic alarm is latched: it never does (GB 50394-2007 5.2.3).
    """
    return returned and not latched and state is AlarmState.ACKNOWLEDGED


def merged_state(first: AlarmState, second: AlarmState) -> AlarmState:
    """The state of two open incidents that turn out to be one: what nobody has acknowledged stays unacknowledged."""
    return min(first, second, key=_ORDER.index)
