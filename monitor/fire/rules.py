"""What a fire alarm orders. Pure."""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from registry.clock import Instant
from registry.ids import DeviceAddress, derived_id
from registry.messages.commands import Command, Muster, OpenEscapeLanes
from registry.messages.events import EventData, Phase

ALARM = "dayuan.fire.alarm"
BY = "monitor"
STILL_MEANT = timedelta(minutes=5)
"""A gateway that is away for longer finds the people outside; and what a panel tells of longer ago opens nothing."""
SAME = timedelta(hours=24)
"""An activity is known again for so long."""


class Alarm(NamedTuple):
    """A fire panel's word."""

    device: DeviceAddress
    event_id: str
    data: EventData
    occurred_at: Instant
    received_at: Instant


def begins(alarm: Alarm) -> bool:
    """Whether it says that it burns, and not for how long it has or that it is over."""
    return alarm.data.state is not Phase.END and alarm.received_at - alarm.occurred_at <= STILL_MEANT


def is_known(alarm: Alarm, before: Iterable[EventData]) -> bool:
    """Whether the panel has said before that this fire began: it gives it one name."""
    return any(told.activity == alarm.data.activity and told.state is not Phase.END for told in before)


def orders(alarm: Alarm) -> tuple[Command, ...]:
    """What a gateway is told: the same for one fire, however often the panel says it."""
    name = alarm.data.activity or alarm.event_id
    expires_at = alarm.received_at + STILL_MEANT
    lanes = derived_id("fire-lanes", str(alarm.device), name)
    muster = derived_id("fire-muster", str(alarm.device), name)
    return (
        OpenEscapeLanes(id=lanes, by=BY, expires_at=expires_at),
        Muster(id=muster, by=BY, expires_at=expires_at, because="fire_alarm"),
    )
