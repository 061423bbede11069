"""D09: a group was disarmed by hand and not armed again when the plan wanted it (monitor catalogue, D09). Pure."""

from zoneinfo import ZoneInfo

from monitor.alarms.findings import Finding, Named, Words
from monitor.arming.rules import GRACE, Group
from registry.clock import Instant, format_instant
from registry.ids import AlarmId, derived_id
from registry.messages.alarms import AlarmFlag

RULE = "D09"
VERSION = 1
PRIORITY = 2


def alarm_id(group: Group, since: Instant) -> AlarmId:
    """The alarm of a group that the plan wanted armed since then."""
    return AlarmId(derived_id(group.site, RULE, str(group.id), format_instant(since)))


def not_rearmed(group: Group, since: Instant, timezone: ZoneInfo, *, is_over: bool) -> Finding:
    """What is told of it; `is_over`: it is armed again."""
    minutes = round(GRACE.total_seconds() / 60)
    words = Words(
        key="arming.not_rearmed",
        facts={
            "group": Named(group.name_zh, group.name_en),
            "since": f"{since.astimezone(timezone):%H:%M}",
            "minutes": minutes,
        },
    )
    return Finding(
        id=alarm_id(group, since),
        site=group.site,
        zone=None,
        rule=RULE,
        rule_version=VERSION,
        key=str(group.id),
        priority=PRIORITY,
        flags=frozenset({AlarmFlag.RETURNED}) if is_over else frozenset(),
        latched=False,
        occurred_at=since + GRACE,
        count=1,
        evidence=(),
        pictures=(),
        explanation=(words,),
    )
