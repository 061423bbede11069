"""The few MQTT 3.1.1 frames that a simple device needs: it connects, says that it is there, and publishes."""

import struct
from dataclasses import dataclass
from typing import Final

CONNACK: Final = 0x20
PUBLISH_UNCONFIRMED: Final = 0x30
PUBLISH_CONFIRMED: Final = 0x32
_RETAINED: Final = 0x01
_CONNECT: Final = 0x10
_DISCONNECT: Final = b"\xe0\x00"
# A name, a password, a will that is retained and confirmed, and no session that is kept.
_ACCOUNT_WILL_CLEAN: Final = 0xEE


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """As whom a device connects, and where its last will is heard."""

    client_id: str
    username: str
    password: str
    presence_topic: str


def connect(account: Account, *, keepalive_seconds: int) -> bytes:
    """The first frame; if the connection is lost, `0` is retained on the presence topic."""
    head = b"\x00\x04MQTT\x04" + bytes([_ACCOUNT_WILL_CLEAN]) + struct.pack("!H", keepalive_seconds)
    texts = (account.client_id, account.presence_topic, "0", account.username, account.password)
    return _framed(_CONNECT, head + b"".join(_text(text) for text in texts))


def publish(topic: str, payload: bytes, *, number: int | None = None, retain: bool = False) -> bytes:
    """A message; with a number (1 to 65535) the broker confirms it."""
    kind = PUBLISH_UNCONFIRMED if number is None else PUBLISH_CONFIRMED
    identifier = b"" if number is None else struct.pack("!H", number)
    return _framed(kind | (_RETAINED if retain else 0), _text(topic) + identifier + payload)


def disconnect() -> bytes:
    """The last frame of who leaves in order: no will is told."""
    return _DISCONNECT


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("!H", len(encoded)) + encoded


def _framed(kind: int, body: bytes) -> bytes:
    length, left = bytearray(), len(body)
    while True:
        left, low = divmod(left, 128)
        length.append(low | (0x80 if left else 0))
        if not left:
            return bytes([kind]) + bytes(length) + body
