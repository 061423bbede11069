"""What the rules of what devices say of themselves (D04, D05) share: when they look."""

from collections.abc import Collection
from datetime import timedelta

from monitor.anomalies.form import Deadline
from monitor.anomalies.world import World
from monitor.supervision.rules import SETTLES, Condition, Lasting
from registry.clock import Instant

_LOOKS = (timedelta(seconds=10), SETTLES)
"""After it was heard: what else was said out of order has come by then (DESIGN 7)."""
_BACK = timedelta(seconds=10)


def lasting(world: World, conditions: Collection[Condition]) -> list[Lasting]:
    return [each for each in world.supervision.lasting if each.condition in conditions]


def looks(each: Lasting, world: World, after: Instant, until: Instant) -> list[Deadline[Lasting]]:
    """When a condition is looked at, in `after < at <= until`; also when devices are lost that may hang on it."""
    moments = {each.noticed_at + wait for wait in _LOOKS}
    moments |= {
        loss.noticed_at + SETTLES
        for losses in world.supervision.losses.values()
        for loss in losses
        if loss.device.site == each.device.site
    }
    if each.until is not None:
        moments.add(each.until + _BACK)
    key = f"{each.device} {each.condition} {each.since.isoformat()}"
    return [Deadline(at, each.device.site, key, each) for at in sorted(moments) if after < at <= until]
