"""What can go wrong on a round.

NotFound       CheckpointUnknown · SiteUnknown
Conflict       ScanIdReused · TagTaken · CheckpointMoved
Unprocessable  PhoneClockAhead · NoCodeSeen · PlanWrong
Unavailable    PhonesSwitchedOff
"""

from registry.problems import Conflict, NotFound, Unavailable, Unprocessable


class CheckpointUnknown(NotFound):
    slug, title = "checkpoint-unknown", "No checkpoint of this site has this code"


class SiteUnknown(NotFound):
    slug, title = "site-unknown", "There is no such site here"


class ScanIdReused(Conflict):
    slug, title = "scan-id-reused", "Another scan has this id already"


class TagTaken(Conflict):
    slug, title = "tag-taken", "Another checkpoint has this code already"


class CheckpointMoved(Conflict):
    """`place`: where it stands now; None: nowhere."""

    slug, title = "checkpoint-moved", "Somebody else has moved the checkpoint meanwhile"


class PhoneClockAhead(Unprocessable):
    slug, title = "phone-clock-ahead", "The phone's clock is ahead of ours"


class PhonesSwitchedOff(Unavailable):
    slug, title = "phones-switched-off", "Scanning by phone is switched off at this site"


class NoCodeSeen(Unprocessable):
    slug, title = "no-code-seen", "There is no code to be read in this picture"


class PlanWrong(Unprocessable):
    slug, title = "plan-wrong", "This tour cannot be walked"
