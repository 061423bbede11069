"""The bus: a named MQTT client that loses nothing, and the sender of a room's outbox."""

from registry.bus.address import BrokerAddress, BrokerPlace
from registry.bus.client import Bus, NotSent, Receipt, Received, Unsendable
from registry.bus.limits import MAX_PAYLOAD_BYTES
from registry.bus.network import Ticket
from registry.bus.sender import OutboxSender
from registry.bus.trust import Trust
from registry.bus.trying import Door, try_door

__all__ = [
    "MAX_PAYLOAD_BYTES",
    "BrokerAddress",
    "BrokerPlace",
    "Bus",
    "Door",
    "NotSent",
    "OutboxSender",
    "Receipt",
    "Received",
    "Ticket",
    "Trust",
    "Unsendable",
    "try_door",
]
