"""The bus: a named MQTT client that loses nothing, and the sender of a room's outbox."""

from registry.bus.address import BrokerAddress
from registry.bus.client import Bus, NotSent, Receipt, Received
from registry.bus.sender import OutboxSender

__all__ = ["BrokerAddress", "Bus", "NotSent", "OutboxSender", "Receipt", "Received"]
