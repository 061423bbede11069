"""What can go wrong when zones are armed, disarmed or bypassed, and when their plan is set."""

from registry.problems import Conflict, NotFound, Unprocessable


class GroupUnknown(NotFound):
    slug = "arming-group-unknown"
    title = "There is no such group of zones here"


class ZoneUnknown(NotFound):
    slug = "arming-zone-unknown"
    title = "There is no such zone here"


class BypassUnknown(NotFound):
    slug = "bypass-unknown"
    title = "There is no such bypass"


class ArmingChanged(Conflict):
    """Somebody or the plan changed the group meanwhile."""

    slug = "arming-changed"
    title = "The group was changed meanwhile"


class ZonesOpen(Conflict):
    """Something in the zones is open or ill. `open` names the devices; who arms all the same bypasses them, and says why."""

    slug = "zones-open"
    title = "Something is open in these zones"


class WhyNeeded(Unprocessable):
    slug = "arming-why-needed"
    title = "Say why"


class EndsTooLate(Unprocessable):
    """The end of a bypass, or of what is set by hand, is past or too far away."""

    slug = "arming-end-wrong"
    title = "The end is past, or too far away"


class NeverBypassed(Unprocessable):
    """A 24-hour zone, a panic button or a fire detector."""

    slug = "never-bypassed"
    title = "What is armed day and night cannot be bypassed"


class PlanWrong(Unprocessable):
    slug = "arming-plan-wrong"
    title = "The plan cannot be kept"
