"""The bus: a named MQTT client that loses nothing, and the sender of a room's outbox."""

from registry.bus.address import BrokerAddress
from registry.bus.client import Bus, NotSent, Receipt, Received, Unsendable
from registry.bus.limits import MAX_PAYLOAD_BYTES
from registry.bus.sender import OutboxSender

__all__ = ["MAX_PAYLOAD_BYTES", "BrokerAddress", "Bus", "NotSent", "OutboxSender", "Receipt", "Received", "Unsendable"]
