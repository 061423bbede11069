"""A publisher that is not the bottleneck: MQTT 3.1.1 frames written by hand to one socket, QoS 1, a window of them on their way.

A paho publisher ends at some 9,000 messages a second, so it would measure itself.
"""

import select
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Self

from deploy.bench import words
from registry.bus import BrokerAddress
from registry.problems import Refusal

WINDOW = 100
"""Messages on their way at once, as many as our own clients have."""
_SILENCE_SECONDS = 30.0
_CONNACK_BYTES = 4
_PUBLISH_QOS_1 = 0x32
_PUBACK_BYTES = 4
_IDENTIFIERS = 65_535
"""Packet identifiers run from 1 to this; a window is far smaller, so none is used twice at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What was published. `at`: for each message, the moment of the monotonic clock in nanoseconds at which it was due."""

    at: Sequence[int]
    confirmed: frozenset[int]
    """The places in the list of the messages that the broker has taken: its word is the list that nothing may be missing of."""
    took_seconds: float


class Publisher:
    """One connection of one device."""

    def __init__(self, address: BrokerAddress) -> None:
        """Connect.

        Raises:
            Refusal: the broker does not take this account.

        """
        self._socket = socket.create_connection((address.host, address.port), timeout=_SILENCE_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(_connect(f"bench-{address.session_name()}", address.username, address.password))
        answer = self._socket.recv(_CONNACK_BYTES)
        if len(answer) < _CONNACK_BYTES or answer[3] != 0:
            self._socket.close()
            raise Refusal(f"The broker refused the publisher of the benchmark (answer {answer.hex()}).")
        self._unread = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def publish(self, topic: str, payloads: Sequence[bytes], *, per_second: float | None = None) -> Published:
        """Publish in this order and return when all are confirmed; `per_second` None: as fast as they are confirmed.

        At a given rate a message is due at its moment whether or not the window has room: who waits is counted as waiting.

        Raises:
            Refusal: the broker confirmed nothing for half a minute.

        """
        head = struct.pack("!H", len(topic.encode())) + topic.encode()
        step_ns = 0 if per_second is None else 1e9 / per_second
        waiting: dict[int, int] = {}
        at: list[int] = []
        confirmed: set[int] = set()
        began = heard = time.monotonic_ns()
        while len(confirmed) < len(payloads):
            burst = bytearray()
            now = time.monotonic_ns()
            while len(at) < len(payloads) and len(waiting) < WINDOW and began + len(at) * step_ns <= now:
                number = len(at)
                at.append(now if per_second is None else int(began + number * step_ns))
                identifier = number % _IDENTIFIERS + 1
                waiting[identifier] = number
                burst += _publish(head, identifier, payloads[number])
            if burst:
                self._socket.sendall(burst)
            is_open = len(at) < len(payloads) and len(waiting) < WINDOW
            pause = max(0.0, (began + len(at) * step_ns - time.monotonic_ns()) / 1e9) if is_open else 1.0
            if select.select([self._socket], [], [], pause)[0]:
                heard = time.monotonic_ns()
                for identifier in self._confirmations():
                    number = waiting.pop(identifier, -1)
                    confirmed.add(number)
            elif waiting and time.monotonic_ns() - heard > _SILENCE_SECONDS * 1e9:
                raise Refusal(f"The broker has confirmed nothing for {_SILENCE_SECONDS:.0f} s.")
        confirmed.discard(-1)
        return Published(at=at, confirmed=frozenset(confirmed), took_seconds=(time.monotonic_ns() - began) / 1e9)

    def _confirmations(self) -> list[int]:
        data = self._socket.recv(65_536)
        if not data:
            raise Refusal("The broker ended the publisher's connection.")
        data = self._unread + data
        whole = len(data) - len(data) % _PUBACK_BYTES
        self._unread = data[whole:]
        return [struct.unpack_from("!H", data, place + 2)[0] for place in range(0, whole, _PUBACK_BYTES)]


def publish(line: Connection) -> None:
    """Take an account, numbers and a rate from the line; publish the events of these numbers; say what was published."""
    device, numbers, per_second = line.recv()
    events = [words.event(number) for number in numbers]
    with Publisher(device) as publisher:
        line.send(publisher.publish(words.TOPIC, events, per_second=per_second))


def _connect(client_id: str, username: str, password: str) -> bytes:
    has_account_and_clean = 0xC2
    keepalive_seconds = 0
    variable = b"\x00\x04MQTT\x04" + bytes([has_account_and_clean]) + struct.pack("!H", keepalive_seconds)
    return _framed(0x10, variable + b"".join(_text(text) for text in (client_id, username, password)))


def _publish(head: bytes, identifier: int, payload: bytes) -> bytes:
    return _framed(_PUBLISH_QOS_1, head + struct.pack("!H", identifier) + payload)


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
