"""Telling the gateway of a fire, once."""

from sqlalchemy.orm import Session

from monitor.anomalies.signals import Signal
from monitor.fire import queries
from monitor.fire.rules import SAME, Alarm, begins, is_known, orders
from registry.messages.topics import room_command_topic
from registry.store import outbox


def answer_fire(session: Session, signal: Signal, position: int) -> bool:
    """Order what a fire alarm orders, unless the same fire was told before; `position`: the signal's. Whether it did."""
    alarm = Alarm(signal.device, signal.key.id, signal.data, signal.occurred_at, signal.received_at)
    if not begins(alarm):
        return False
    if alarm.data.activity is not None:
        since = signal.occurred_at - SAME
        if is_known(alarm, queries.said_before(session, signal.device, since=since, before=position)):
            return False
    for order in orders(alarm):
        outbox.announce(session, room_command_topic(signal.device.site, "gateway"), order)
    return True
