"""What is told of a group that was disarmed by hand and not armed again when the plan wanted it (D09). Pure."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from monitor.alarms.findings import Finding, Named, Words
from monitor.arming.rules import UnarmedStretch
from registry.clock import Instant, format_instant
from registry.ids import AlarmId, derived_id
from registry.messages.alarms import AlarmFlag

RULE = "D09"
VERSION = 2
PRIORITY = 2
GRACE = timedelta(minutes=15)
"""So long after the plan wants it armed a group may still be disarmed by hand (monitor catalogue, D09)."""


def alarm_id(stretch: UnarmedStretch) -> AlarmId:
    """The alarm of a group that was kept disarmed from then on."""
    return AlarmId(derived_id(stretch.site, RULE, str(stretch.group), format_instant(stretch.since)))


def not_rearmed(stretch: UnarmedStretch, timezone: ZoneInfo, now: Instant, grace: timedelta = GRACE) -> Finding:
    """What is told of it at `now`."""
    words = Words(
        key="arming.not_rearmed",
        facts={
            "group": Named(stretch.name_zh, stretch.name_en),
            "since": f"{stretch.since.astimezone(timezone):%H:%M}",
            "minutes": round(grace.total_seconds() / 60),
        },
    )
    return Finding(
        id=alarm_id(stretch),
        site=stretch.site,
        zone=None,
        rule=RULE,
        rule_version=VERSION,
        key=str(stretch.group),
        priority=PRIORITY,
        flags=frozenset({AlarmFlag.RETURNED}) if stretch.until is not None and stretch.until <= now else frozenset(),
        latched=False,
        occurred_at=stretch.since + grace,
        count=1,
        evidence=(),
        pictures=(),
        explanation=(words,),
    )
