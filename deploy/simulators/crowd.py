"""All simulated devices of the city on the broker: each its own connection and account, all in one thread.

A client with threads for each of 300 devices would be 300 threads that wait; here one selector waits for them all.
"""

import selectors
import socket
import ssl
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any

import structlog

from deploy.simulators import frames
from deploy.simulators.frames import Account
from deploy.simulators.orders import DeviceAccount
from registry.bus import BrokerPlace
from registry.clock import Instant
from registry.ids import DeviceAddress, new_id
from registry.messages.envelope import Event
from registry.messages.topics import Channel, DeviceTopic

log = structlog.get_logger()

KEEPALIVE_SECONDS = 180
"""Longer than the pause between two heartbeats, which is all that a quiet device says."""
_CONNECT_SECONDS = 3.0
_AT_ONCE = 25
"""New connections of one round: 300 at one instant would keep everything else waiting."""
_AGAIN_SECONDS = (1.0, 5.0, 30.0)
"""Until a device that was not let in tries again; the last of them from then on."""
_CONNACK_BYTES = 4
_IDENTIFIERS = 65_535


@dataclass(slots=True, eq=False)
class Member:
    """One device: its account, its connection, the number of its next event."""

    address: DeviceAddress
    account: Account
    boot: str = field(default_factory=lambda: str(new_id()))
    sequence: int = 0
    line: socket.socket | None = None
    is_in: bool = False
    heard: bytes = b""
    tries: int = 0
    next_try: float = 0.0

    @property
    def presence_topic(self) -> str:
        return self.account.presence_topic


class Crowd:
    """Used from one thread: `tell` and `beat` from time to time, `serve` in between."""

    def __init__(self, place: BrokerPlace, accounts: Iterable[DeviceAccount]) -> None:
        self._place = place
        self._tls = place.tls_context() if place.tls else None
        self._selector = selectors.DefaultSelector()
        self._numbers = count()
        self.members = {member.address: member for member in map(_member, accounts)}

    @property
    def present(self) -> int:
        """How many the broker has let in."""
        return sum(member.is_in for member in self.members.values())

    def serve(self, seconds: float) -> None:
        """Connect who is not, send what waits, read what the broker says; return after so long."""
        until = time.monotonic() + seconds
        self._connect_some()
        while True:
            for key, _ in self._selector.select(max(0.0, until - time.monotonic())):
                self._read(key.data)
            if time.monotonic() >= until:
                return

    def beat(self) -> None:
        """A heartbeat of everybody who is there."""
        for member in self.members.values():
            if member.is_in:
                self._send(member, frames.publish(str(DeviceTopic(member.address, Channel.HEARTBEAT)), b"{}"))

    def tell(self, device: DeviceAddress, what: str, data: dict[str, Any], now: Instant) -> None:
        """Publish one event; what happens while the broker is away is gone, as with a simple device."""
        member = self.members[device]
        if not member.is_in:
            return
        member.sequence += 1
        event = Event(
            id=str(new_id()),
            source=device.source,
            type=f"dayuan.{device.kind}.{what}",
            time=now,
            seq=member.sequence,
            bootid=member.boot,
            data=data,
        )
        payload = event.model_dump_json(exclude_none=True).encode()
        self._send(member, frames.publish(str(DeviceTopic(device, Channel.EVENT)), payload, number=self._number()))

    def leave(self) -> None:
        """Say in order that everybody goes."""
        for member in self.members.values():
            if member.is_in:
                gone = frames.publish(member.presence_topic, b"0", number=self._number(), retain=True)
                self._send(member, gone + frames.disconnect())
            self._drop(member)
        self._selector.close()

    def _number(self) -> int:
        return next(self._numbers) % _IDENTIFIERS + 1

    def _connect_some(self) -> None:
        now = time.monotonic()
        outside = (each for each in self.members.values() if each.line is None and each.next_try <= now)
        for member in islice(outside, _AT_ONCE):
            try:
                self._connect(member)
            except OSError as error:
                self._later(member, type(error).__name__)
                return  # nobody else is let in now either

    def _connect(self, member: Member) -> None:
        line = socket.create_connection((self._place.host, self._place.port), timeout=_CONNECT_SECONDS)
        try:
            if self._tls is not None:
                line = self._tls.wrap_socket(line, server_hostname=self._place.host)
            line.sendall(frames.connect(member.account, keepalive_seconds=KEEPALIVE_SECONDS))
            line.setblocking(False)
        except OSError:
            line.close()
            raise
        member.line, member.heard = line, b""
        self._selector.register(line, selectors.EVENT_READ, member)

    def _read(self, member: Member) -> None:
        if member.line is None:
            return
        try:
            data = member.line.recv(4096)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError:
            data = b""
        if not data:
            self._later(member, "ended")
        elif not member.is_in:
            member.heard += data
            self._answered(member)
        # After that the broker only confirms, and a simple device does not wait for it.

    def _answered(self, member: Member) -> None:
        if len(member.heard) < _CONNACK_BYTES:
            return
        if member.heard[0] != frames.CONNACK or member.heard[3] != 0:
            self._later(member, f"refused with {member.heard[3]}")
            return
        member.is_in, member.tries = True, 0
        self._send(member, frames.publish(member.presence_topic, b"1", number=self._number(), retain=True))

    def _send(self, member: Member, frame: bytes) -> None:
        """A frame that cannot be written at once ends the connection: the broker has not read for a long time."""
        if member.line is None:
            return
        try:
            member.line.sendall(frame)
        except (OSError, ssl.SSLError):
            self._later(member, "not written")

    def _later(self, member: Member, why: str) -> None:
        self._drop(member)
        pause = _AGAIN_SECONDS[min(member.tries, len(_AGAIN_SECONDS) - 1)]
        if member.tries == len(_AGAIN_SECONDS) - 1:
            log.info("device-not-let-in", device=str(member.address), why=why)
        member.tries += 1
        member.next_try = time.monotonic() + pause

    def _drop(self, member: Member) -> None:
        if member.line is not None:
            with suppress(KeyError, ValueError):
                self._selector.unregister(member.line)
            member.line.close()
        member.line, member.is_in = None, False


def _member(account: DeviceAccount) -> Member:
    address = DeviceAddress.parse(account.address)
    return Member(
        address,
        Account(
            # Not the session's name of the account: whoever tries the device itself must not be thrown out by us.
            client_id=f"simulated-{address.username.replace('.', '-')}",
            username=account.username,
            password=account.password,
            presence_topic=str(DeviceTopic(address, Channel.ONLINE)),
        ),
    )
