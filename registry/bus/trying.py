"""Trying a broker's door once: does it listen, is its certificate good, does it take the account."""

import socket
import ssl
from enum import StrEnum
from secrets import token_hex

from registry.bus.address import BrokerAddress
from registry.bus.trust import fault_of_connection

_CLEAN_WITH_ACCOUNT = 0b1100_0010
_KEEPALIVE_SECONDS = 30
_CONNACK_BYTES = 4
_TRY_SECONDS = 5.0
_SEVEN_BITS = 0x7F


class Door(StrEnum):
    """What we met."""

    OPEN = "open"
    CLOSED = "closed"
    """Nobody is there, or nobody answers: it may come."""
    REFUSED = "refused"
    """Somebody answers whom we do not trust or who does not take us: that does not mend itself."""


def try_door(
    address: BrokerAddress, *, seconds: float = _TRY_SECONDS, context: ssl.SSLContext | None = None
) -> tuple[Door, str]:
    """Sign in and leave at once; gives the reason in words, which names no password. Disturbs no session.

    `context`: believe this one's certificates, and not what the address says.

    Raises:
        OSError: our own file of certificates cannot be read.

    """
    if address.tls and context is None:
        context = address.tls_context()
    try:
        with socket.create_connection((address.host, address.port), timeout=seconds) as plain:
            if context is None:
                return _signed_in(plain, address)
            with context.wrap_socket(plain, server_hostname=address.host) as wrapped:
                return _signed_in(wrapped, address)
    except ssl.SSLError as error:
        return Door.REFUSED, fault_of_connection(error)
    except OSError as error:
        return Door.CLOSED, fault_of_connection(error)


def _signed_in(connection: socket.socket, address: BrokerAddress) -> tuple[Door, str]:
    connection.sendall(_connect_packet(address))
    answer = b""
    while len(answer) < _CONNACK_BYTES:
        more = connection.recv(_CONNACK_BYTES - len(answer))
        if not more:
            break
        answer += more
    if answer[:2] != b"\x20\x02" or len(answer) < _CONNACK_BYTES:
        return Door.REFUSED, "it ended the connection without an answer to our sign-in"
    match answer[3]:
        case 0:
            connection.sendall(b"\xe0\x00")
            return Door.OPEN, ""
        case 3:
            return Door.CLOSED, "it is not ready"
        case 4 | 5:
            return Door.REFUSED, f"it does not take the user {address.username} with this password"
        case code:
            return Door.REFUSED, f"it refuses our sign-in with code {code}"


def _connect_packet(address: BrokerAddress) -> bytes:
    """The first packet of MQTT 3.1.1, of a session that ends with its connection."""
    client_id = f"dayuan-try-{token_hex(8)}"
    fields = b"".join(_text(text) for text in (client_id, address.username, address.password))
    body = _text("MQTT") + bytes([4, _CLEAN_WITH_ACCOUNT]) + _KEEPALIVE_SECONDS.to_bytes(2, "big") + fields
    return b"\x10" + _length(len(body)) + body


def _text(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw


def _length(size: int) -> bytes:
    written = bytearray()
    while size > _SEVEN_BITS:
        written.append(size & _SEVEN_BITS | 0x80)
        size >>= 7
    return bytes([*written, size])
