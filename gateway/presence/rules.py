"""How sure it is that somebody who is counted inside is there, and why. Pure.

A record says that somebody came in and not that he is still there: of those who leave, some are never seen. So each line
is sure or unsure, with every doubt there is about it; nobody is left out because he is doubted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from gateway.checks.standing import STANDING, Here
from registry.access.facts import CredentialFacts, CredentialKind, Ground
from registry.clock import Instant
from registry.messages.reasons import Reason

MOST_DOUBT = 0.005
"""A line is sure while at most so many of those who came in as long ago have left unseen."""
FEWEST_STAYS = 50
"""From fewer stays nothing is learned of how long people stay."""
LEAST_MISSED = 0.02
"""The share of exits that is taken to be missed where fewer were noticed: who never comes back is never noticed."""
TOGETHER = timedelta(seconds=10)
"""What passes a lane so shortly before or after somebody may have passed with him."""

_ENDED = frozenset(
    {
        Reason.REPORTED_LOST,
        Reason.REVOKED,
        Reason.SUSPENDED,
        Reason.PERMIT_YEAR_OVER,
        Reason.LEASE_ENDED,
        Reason.PROJECT_ENDED,
        Reason.EXPIRED,
        Reason.TRAINING_EXPIRED,
    }
)
"""Why a credential is over, beside where and at which hours it opens."""


class Kind(StrEnum):
    """As what somebody or something is inside; each kind stays as long as it does."""

    RESIDENT = "resident"
    STAFF = "staff"
    WORKER = "worker"
    VISITOR = "visitor"
    VEHICLE = "vehicle"


DEFAULT_LIMITS: Mapping[Kind, timedelta] = MappingProxyType(
    {
        Kind.RESIDENT: timedelta(hours=16),
        Kind.STAFF: timedelta(hours=10),
        Kind.WORKER: timedelta(hours=10),
        Kind.VISITOR: timedelta(hours=3),
        Kind.VEHICLE: timedelta(hours=12),
    }
)
"""Longer than this nobody is surely inside, as long as a compound has said nothing else and too few stays were seen:
a night at home; a day at work; a call."""


class Doubt(StrEnum):
    """Why it is not sure that somebody is inside."""

    STAYED_LONG = "stayed_long"
    CREDENTIAL_ENDED = "credential_ended"
    """What let him in does not hold any more."""
    PASSAGE_PENDING = "passage_pending"
    """Let in, and the lane's sensor has not seen him yet."""
    PASSAGE_NOT_SEEN = "passage_not_seen"
    """Let in, and the sensor saw nobody in time."""
    EXIT_NOT_SEEN = "exit_not_seen"
    """Let out, and the sensor saw nobody, or not yet."""
    WAS_INSIDE = "was_inside"
    """Was counted inside already when he came in: an exit was missed, or somebody else has his card."""
    TRIED_AGAIN = "tried_again"
    """Was refused at an entrance since, as one who is inside: so he was outside."""
    NOT_ALONE = "not_alone"
    """Somebody passed with him without a check, so one of the two is somebody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the records say of one that is inside."""

    kind: Kind
    since: Instant
    credential_ended: bool = False
    is_passing: bool = False
    """Let in, and the sensor has not seen him yet."""
    not_seen_in: bool = False
    not_seen_out: bool = False
    was_inside: bool = False
    tried_again: bool = False
    not_alone: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether it is sure; the doubts are empty if so."""

    doubts: tuple[Doubt, ...]

    @property
    def is_sure(self) -> bool:
        return not self.doubts


def assess(known: Known, limits: Mapping[Kind, timedelta], now: Instant) -> Standing:
    """Say whether one that is counted inside is surely there, with every doubt."""
    doubted = (
        (Doubt.STAYED_LONG, now - known.since > limits[known.kind]),
        (Doubt.CREDENTIAL_ENDED, known.credential_ended),
        (Doubt.PASSAGE_PENDING, known.is_passing),
        (Doubt.PASSAGE_NOT_SEEN, known.not_seen_in),
        (Doubt.EXIT_NOT_SEEN, known.not_seen_out),
        (Doubt.WAS_INSIDE, known.was_inside),
        (Doubt.TRIED_AGAIN, known.tried_again),
        (Doubt.NOT_ALONE, known.not_alone),
    )
    return Standing(tuple(doubt for doubt, holds in doubted if holds))


def learned_limit(stays: Sequence[timedelta], missed: int) -> timedelta | None:
    """How long somebody is surely inside, after the stays that ended before our eyes; None: they are too few.

    `missed`: how many exits were noticed to be missing. Of those who came in `t` ago and were not seen since, a share
    S(t) stays longer and is there; of the others, who have left, we missed the share m. So there is he with the probability
    S / (S + m (1 - S)), which falls with t; the limit is the last stay at which it is high enough.
    """
    if len(stays) < FEWEST_STAYS:
        return None
    share = max(missed / (missed + len(stays)), LEAST_MISSED)
    ordered = sorted(stays)
    # The probability is high enough as long as S >= so much of all:
    least = share * (1 - MOST_DOUBT) / (share * (1 - MOST_DOUBT) + MOST_DOUBT)
    ended = int((1 - least) * len(ordered))
    return ordered[max(ended - 1, 0)]


def kind_of(credential: CredentialFacts | None, shown: CredentialKind) -> Kind:
    """As what somebody came in; of whom nothing is known, he is a visitor, a vehicle is one in any case."""
    if shown in {CredentialKind.PLATE, CredentialKind.PERMIT}:
        return Kind.VEHICLE
    if credential is None or credential.entries_allowed is not None:
        return Kind.VISITOR
    if credential.rests_on is not None:
        return Kind.RESIDENT if credential.rests_on.ground is Ground.TENANCY else Kind.WORKER
    return Kind.STAFF


def has_ended(credential: CredentialFacts, here: Here) -> bool:
    """Whether what let somebody in would let in nobody now, wherever he showed it: by the gates' own rules."""
    return not all(rule.holds(credential, here) for rule in STANDING if rule.reason in _ENDED)


def passed_together(at: Instant, others: Sequence[Instant]) -> bool:
    """Whether something else passed the same lane within seconds."""
    return any(abs(other - at) <= TOGETHER for other in others)
