"""A monitor's store into which something came."""

from datetime import datetime

from monitor.signals import service
from monitor.signals.messages import Message
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.events import event_topic
from tests.makers.register import a_device, a_register

REGISTER = a_register(a_device("oc1/beam/north-01"), a_device("oc2/beam/north-01"))


def a_message(payload: bytes, *, topic: str = event_topic(), received_at: datetime = NOON) -> Message:
    return Message(topic=topic, payload=payload, received_at=received_at)


def take_in(store: Store, *messages: Message) -> None:
    """Take in messages as the inbox would, in one batch."""
    with store.begin(NOON) as work:
        service.take_in(work.session, messages, REGISTER)
