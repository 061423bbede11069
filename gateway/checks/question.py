"""All that one decision rests on."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from gateway.checks.circumstances import NOTHING_PARTICULAR, Circumstances, Closed
from gateway.checks.shown import Shown
from gateway.checks.standing import Schedule
from registry.access.facts import CredentialFacts, DenyEntry, Direction, LaneFacts, Passback
from registry.clock import Instant
from registry.ids import AreaId, EntryId, GateId, SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """Where a person or vehicle is known to be, and the entry that is the ground for it."""

    area: AreaId
    since: Instant
    entry: EntryId
    forgiven: bool = False
    """Anti-passback does not ask about it: a guard has said so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """All that one decision rests on. An entry keeps it, so that the decision can be made again."""

    shown: Shown
    site: SiteId
    gate: GateId
    lane: LaneFacts
    direction: Direction
    denied: tuple[DenyEntry, ...]
    """Lines of the deny list for what was shown, of whatever site and date."""
    credential: CredentialFacts | None
    """What `choose` took of the credentials with the key that was shown."""
    inside: Inside | None
    passback: Passback
    timezone: ZoneInfo
    now: Instant
    schedule: Schedule | None = None
    """What the levels of the credential say here and now; None: it has none."""
    passback_minutes: int | None = None
    """Who came in longer ago counts no longer as inside; None: however long ago it was."""
    circumstances: Circumstances = NOTHING_PARTICULAR

    @property
    def closed(self) -> Closed | None:
        return self.circumstances.closed

    def schedule_of(self, _credential: CredentialFacts) -> Schedule | None:
        return self.schedule


def area_entered(lane: LaneFacts, direction: Direction) -> AreaId:
    """The area one is in after passing. A lane used both ways is written down in the direction of entering."""
    forward = lane.direction is not None or direction is Direction.IN
    return lane.to_area if forward else lane.from_area
