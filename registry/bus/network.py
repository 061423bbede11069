"""The network thread of one client: reads, acknowledges, writes, and connects again when the connection is lost."""

import select
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple

import structlog
from paho.mqtt.enums import MQTTErrorCode

from registry.bus.buffering import BufferedClient, BufferedSocket, Publication
from registry.bus.trust import fault_of_connection

log = structlog.get_logger()

RECONNECT_MIN_SECONDS = 1.0
RECONNECT_MAX_SECONDS = 15.0
_PUBACK, _PUBACK_LENGTH = 0x40, 2
_puback = struct.Struct("!BBH").pack
_MISC_SECONDS = 1.0
"""How often paho looks at its keepalive when nothing else happens."""


class Ticket(NamedTuple):
    """What an acknowledgement names. Numbers of messages begin anew with each connection: an old one would confirm a stranger."""

    connection: int
    mid: int
    qos: int


class Network:
    """Runs a client through paho's interface for foreign loops, so that a batch of acknowledgements leaves as one write."""

    def __init__(
        self, client: BufferedClient, name: str, *, published: Callable[[Publication], None], ended: Callable[[], None]
    ) -> None:
        """Prepare.

        Args:
            client: who speaks.
            name: of the client, for the log.
            published: is called for each message that paho did not read itself, as its own `on_message` is for the others.
            ended: is called when the thread ends by a fault of its own, and nothing will be heard or said any more.

        """
        self._client = client
        self._name = name
        self._published = published
        self._ended = ended
        self._due: deque[Ticket] = deque()
        self._connection = 0
        self._pause = RECONNECT_MIN_SECONDS
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._bell: socket.socket | None = None
        self._rope: socket.socket | None = None
        """A byte into the rope rings the bell, and ends the wait for the broker."""
        self._thread = threading.Thread(target=self._run, name=f"mqtt-{name}", daemon=True)
        self.fault = ""
        """Why there is no connection, in words; empty while there is one."""
        client.on_socket_register_write = lambda *_: self.wake()

    @property
    def connection(self) -> int:
        """The number of the present connection: another one is another conversation."""
        return self._connection

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        self._bell, self._rope = socket.socketpair()
        self._thread.start()

    def stop(self, timeout_seconds: float) -> None:
        """Say goodbye and end."""
        self._stopping.set()
        self._client.disconnect()
        self.wake()
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)

    def wake(self) -> None:
        """Look at once whether something is to be written; from any thread."""
        if self._rope is None or threading.current_thread() is self._thread or self._woken.is_set():
            return
        self._woken.set()
        with suppress(OSError):  # we have stopped, and nothing is written any more
            self._rope.send(b"!")

    def settled(self) -> None:
        """The broker has taken us: the next lost connection is tried again soon."""
        self._pause, self.fault = RECONNECT_MIN_SECONDS, ""

    def acknowledge(self, tickets: Iterable[Ticket]) -> None:
        """Acknowledge messages with one write; those of an earlier connection come again."""
        self._due.extend(tickets)
        self.wake()

    def _run(self) -> None:
        try:
            self._converse()
        except Exception:  # of a consumer or of paho: whoever watches us ends the process, which is started anew
            log.exception("broker-thread-ended", client=self._name)
            self.fault = "its thread has ended"
            self._ended()
            line = self._client.buffered()
            if line is not None:
                line.close()  # so that the broker speaks our last will
        finally:
            for end in (self._rope, self._bell):
                if end is not None:
                    end.close()

    def _converse(self) -> None:
        """Connect and speak, again and again, until we are stopped."""
        while not self._stopping.is_set():
            try:
                self._client.reconnect()
            except (OSError, ValueError) as error:  # ValueError: a host name that none can be
                self.note(fault_of_connection(error))
            else:
                self._connection += 1
                self._serve()
                self._connection += 1
            if self._stopping.wait(self._pause):
                break
            self._pause = min(self._pause * 2, RECONNECT_MAX_SECONDS)

    def note(self, fault: str) -> None:
        """Say once why there is no connection."""
        if fault != self.fault:
            log.warning("broker-unreachable", client=self._name, fault=fault)
        self.fault = fault

    def _serve(self) -> None:
        """Speak with the broker until the connection is lost or ended."""
        while (line := self._client.buffered()) is not None:
            if self._readable(line):
                self._read(line)
            self._settle(line)
            if self._client.want_write():
                self._client.loop_write()
            if self._client.loop_misc() != MQTTErrorCode.MQTT_ERR_SUCCESS or not self._flush(line):
                return

    def _readable(self, line: BufferedSocket) -> bool:
        # Not `select`: it knows no file beyond the thousandth, and a web process has one for each page that listens.
        waiting = select.poll()
        waiting.register(line, select.POLLIN | select.POLLOUT if line.has_unsent else select.POLLIN)
        if self._bell is not None:
            waiting.register(self._bell, select.POLLIN)
        is_busy = line.pending() or self._client.want_write() or self._due
        ready = dict(waiting.poll(0 if is_busy else _MISC_SECONDS * 1000))
        if self._bell is not None and self._bell.fileno() in ready:
            self._bell.recv(64)
        self._woken.clear()
        return bool(ready.get(line.fileno(), 0) & ~select.POLLOUT) or line.pending() > 0

    def _read(self, line: BufferedSocket) -> None:
        self._client.loop_read()
        while self._client.buffered() is line and line.pending():
            for publication in self._client.publications():
                self._published(publication)
            if line.pending():
                self._client.loop_read()

    def _settle(self, line: BufferedSocket) -> None:
        """Write what is due; paho writes whole packets only, so ours fits between its own."""
        written = bytearray()
        while self._due:
            ticket = self._due.popleft()
            if ticket.connection != self._connection:
                continue
            if ticket.qos == 1:
                written += _puback(_PUBACK, _PUBACK_LENGTH, ticket.mid)
            else:
                self._client.ack(ticket.mid, ticket.qos)
        if written:
            line.send(written)

    def _flush(self, line: BufferedSocket) -> bool:
        try:
            line.flush()
        except OSError:
            # paho finds the same when it reads, and then tells everybody that the connection is gone.
            self._client.loop_read()
            return self._client.buffered() is not None
        return True
