"""What both kinds of broker are told: the accounts that there are, and where it listens."""

from dataclasses import dataclass
from pathlib import Path

MAX_PAYLOAD_BYTES = 1024 * 1024
"""More than the 64 KiB that an event may have: what is too large shall reach the inbox and be counted there. The topic and
the broker's own headers count into it, so our clients send less (registry/bus/limits.py)."""
MAX_UNACKNOWLEDGED = 500
"""On their way to one subscriber: a whole batch of the inbox. NATS counts them for each subscription; a session has 65,535,
and each foreign prefix takes twice this number, so a monitor can hear 64 of them there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerUser:
    """An account: `publish` and `subscribe` are complete lists of topics, in MQTT's form; everything else is refused.

    `password_hash` is what its kind of broker reads: bcrypt for NATS, PBKDF2 for mosquitto.
    """

    name: str
    password_hash: str
    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The files of the broker's certificate (with its chain) and private key, in PEM."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerPlaces:
    """Where the broker listens and keeps its files. Only MQTT is for others; what else NATS opens is loopback, any free port."""

    host: str
    port: int
    folder: Path
    durable: bool = False
    """True: written to disk with each message, at a fraction of the rate (docs/brokers.md); else once a second."""
    certificate: Certificate | None = None
    """With it the port speaks TLS, and nothing but TLS."""
