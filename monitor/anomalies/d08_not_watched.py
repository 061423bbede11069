"""D08: for hours nobody looked whether the patrols were walked (monitor catalogue, D08: the monitor stood still).

The engine was away, or a clock was set wrong: that cannot be told from the times alone, so it is told as what it is.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from monitor.alarms.findings import Finding, Words
from monitor.anomalies.form import OfAbsence
from monitor.anomalies.world import World
from registry.clock import Instant, format_instant
from registry.devices.facts import Register
from registry.ids import AlarmId, SiteId, derived_id

NAME = "D08"
VERSION = 1
PRIORITY = 2
"""Ours: the catalogue's 1 is for while it lasts, on a second way."""


def find(site: SiteId, *, since: Instant, until: Instant, register: Register) -> Finding:
    """The stretch of a site in which timers were due and not looked at."""
    timezone = ZoneInfo(register.sites[site].timezone)
    key = format_instant(since)
    return Finding(
        id=AlarmId(derived_id(site, NAME, key)),
        site=site,
        zone=None,
        rule=NAME,
        rule_version=VERSION,
        key=key,
        priority=PRIORITY,
        flags=frozenset(),
        latched=True,
        occurred_at=since,
        count=1,
        evidence=(),
        pictures=(),
        explanation=(
            Words(
                key="anomalies.d08.not_watched",
                facts={
                    "from": f"{since.astimezone(timezone):%Y-%m-%d %H:%M}",
                    "until": f"{until.astimezone(timezone):%Y-%m-%d %H:%M}",
                },
            ),
        ),
    )


@dataclass(frozen=True, slots=True)
class NotWatched(OfAbsence):
    """D08, for each site."""

    name = NAME
    version = VERSION

    def find(self, site: SiteId, world: World, *, since: Instant, until: Instant) -> Finding:
        return find(site, since=since, until=until, register=world.register)


RULE = NotWatched()
