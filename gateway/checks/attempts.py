"""An attempt at a gate, and what comes of it."""

from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from gateway.checks.shown import Shown
from registry.access.facts import Direction
from registry.clock import Instant
from registry.ids import EntryId, GateId, LaneId, UserId
from registry.messages.reasons import Verdict
from registry.problems import Conflict, NotFound, Unavailable, Unprocessable


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Somebody or something shows a credential at a gate. `asker` is the user or program that sent it, `asked_by` its name."""

    attempt_id: UUID
    asker: UserId
    asked_by: str
    gate: GateId
    direction: Direction
    shown: Shown
    lane: LaneId | None = None
    reader: str | None = None
    media: tuple[UUID, ...] = ()
    occurred_at: Instant | None = None

    @property
    def digest(self) -> bytes:
        """What a repeat must have in common with the first: who asked, and all that was asked but the moment."""
        where = (_as_text(self.asker), self.reader or "", self.gate, self.lane or "", self.direction)
        what = (self.shown.kind, self.shown.raw, *map(str, self.media))
        return sha256("\x1f".join((*where, *what)).encode()).digest()


@lru_cache(1024)
def _as_text(asker: UserId) -> str:
    return str(asker)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the gate is told: the JSON of a `CheckAnswer`, and the entry that it stands for.

    `verdict` is what was decided just now; None: it was decided before, and the gate asks again.
    """

    entry_id: EntryId
    body: str
    verdict: Verdict | None = field(default=None, compare=False)


class AttemptReused(Conflict):
    slug = "attempt-reused"
    title = "This attempt was another request before"


class NoSuchGate(NotFound):
    slug = "unknown-gate"
    title = "There is no such gate here"


class NoSuchLane(Unprocessable):
    slug = "no-such-lane"
    title = "The gate has no such lane"


class WrongDirection(Unprocessable):
    slug = "wrong-direction"
    title = "The lane leads the other way"


class NotWrittenDown(Unavailable):
    slug = "not-written-down"
    title = "The attempt could not be written down, so nothing was opened"
