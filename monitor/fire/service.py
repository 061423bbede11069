"""Telling the gateway of a fire, once."""

from sqlalchemy.orm import Session

from monitor.anomalies import queries as judged
from monitor.anomalies.signals import Signal
from monitor.fire.rules import ALARM, SAME, Alarm, begins, is_same, orders
from registry.messages.topics import room_command_topic
from registry.store import outbox


def answer_fire(session: Session, signal: Signal, position: int) -> bool:
    """Order what a fire alarm orders, unless the same fire was told before; `position`: the signal's. Whether it did."""
    alarm = _alarm(signal)
    if not begins(alarm):
        return False
    earlier = judged.signals_of(
        session,
        [signal.device],
        {ALARM},
        since=signal.occurred_at - SAME,
        until=signal.occurred_at + SAME,
        upto=position - 1,
    )
    if any(begins(told) and is_same(told, alarm) for told in map(_alarm, earlier)):
        return False
    for order in orders(alarm):
        outbox.announce(session, room_command_topic(signal.device.site, "gateway"), order)
    return True


def _alarm(signal: Signal) -> Alarm:
    return Alarm(signal.device, signal.key.id, signal.data, signal.occurred_at, signal.received_at)
