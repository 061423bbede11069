"""What is so at the gates when somebody asks, beside the registry's facts and where they are: the facts, and when they stop whom.

Pure. What does not matter for an attempt is not looked up, and None here.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from registry.access.facts import HIGHEST_CLEARANCE, NO_RIGHTS, CredentialFacts, GateRights
from registry.clock import Instant
from registry.ids import AreaId, EntryId

ESCORT_WITHIN = timedelta(seconds=30)
"""So long after whoever escorts was let in somebody may follow at the same gate."""
SECOND_WITHIN = timedelta(seconds=20)
"""So long the first of two people waits for the second at the same lane."""


PLATE_WITHIN = timedelta(seconds=20)
"""So long after the lane's camera has read it a plate is that of the vehicle that stands there."""


class LaneBusy(StrEnum):
    """Why a lane with an interlock takes nobody now."""

    OPEN = "open"
    """One of its barriers stands open."""
    FAULT = "fault"
    """One of its barriers does not say where it is."""
    CROSSING = "crossing"
    """Somebody was let in whom the sensor has not seen yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """An area that is in lockdown, or under a threat level: who comes in needs clearance. Whoever is in may always leave."""

    area: AreaId
    lockdown: bool
    threat_level: int

    @property
    def clearance(self) -> int:
        """What is asked for: the highest in a lockdown, and otherwise the level's."""
        return HIGHEST_CLEARANCE if self.lockdown else self.threat_level


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is so at the gates for one attempt."""

    closed: Closed | None = None
    """The area that is entered, where somebody has closed it or raised its threat level."""
    blocked_until: Instant | None = None
    """Until when the reader takes no PIN, after five wrong ones in a row."""
    escort: EntryId | None = None
    """The entry of somebody who may escort, a moment ago at the same gate."""
    asks_for_two: bool = False
    """People come into the area by twos only."""
    beside: EntryId | None = None
    """The entry of another person who waits at the same lane for a second."""
    first_is_in: bool | None = None
    """Whether somebody who may be the first is in the area; None: it asks for nobody."""
    uses: int | None = None
    """How often the credential has let in; None: it lets in as often as one likes."""
    sharing: str | None = None
    """Another plate of the same permit that is inside."""
    counted: int | None = None
    """How many are in the area, of people or of vehicles; None: as many as come."""
    capacity: int | None = None
    """How many may be."""
    lane: LaneBusy | None = None
    plate_read: str | None = None
    """What the lane's camera reads of the vehicle for which the number of a permit is shown; None: nothing."""
    plate_is_the_permits: bool = True
    """Whether that is a plate of the permit."""


NOTHING_PARTICULAR = Circumstances()


def rights_of(credential: CredentialFacts) -> GateRights:
    """What the gates ask of its holder; without one, the least."""
    return NO_RIGHTS if credential.holder is None else credential.holder.rights
