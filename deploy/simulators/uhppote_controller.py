"""A UHPPOTE controller with two doors on loopback: answers what our driver asks of one, and sends the events of its readers."""

import socket
import struct
import threading
import time
from dataclasses import dataclass, field

from uhppoted import codec

_PACKET_BYTES = 64
_SWIPE = 1
_NO_RIGHT = 6
"""Reason of an event: the card is not on the controller's own list."""
_MOMENT = bytes.fromhex("20261123120000")
"""A moment as the wire has it; nobody reads it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A door let go: which, for how many seconds, and when (`time.monotonic`)."""

    door: int
    seconds: int
    at: float


@dataclass(slots=True)
class UhppoteController:
    """`plug` and `unplug` are its network cable's. A door stands open until `close_door`."""

    serial: int = 405419896
    opened: list[Opened] = field(default_factory=list)
    decides_itself: bool = True
    """Until it is told that a computer does."""
    _port: int = 0
    _listener: tuple[str, int] | None = None
    _seconds: dict[int, int] = field(default_factory=dict)
    _standing_open: set[int] = field(default_factory=set)
    _events: int = 0
    _socket: socket.socket | None = None
    _thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def is_listened_to(self) -> bool:
        """Whether it knows where its events go."""
        return self._listener is not None

    def plug(self) -> None:
        line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        line.bind(("127.0.0.1", self._port))
        self._port = line.getsockname()[1]
        self._socket = line
        self._thread = threading.Thread(target=self._run, args=(line,), name="uhppote-controller", daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        line, self._socket = self._socket, None
        if line is not None and self._thread is not None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bell:
                bell.sendto(b"", ("127.0.0.1", self._port))
            self._thread.join()
            line.close()

    def swipe(self, card: int, *, door: int = 1, reader: int = 1) -> None:
        """Somebody holds a card, by its printed number, to a door's reader."""
        self._events += 1
        self._send_event(card, door, reader)

    def repeat_last_event(self, card: int, *, door: int = 1, reader: int = 1) -> None:
        """Send the same event again, as a controller does that believes it lost."""
        self._send_event(card, door, reader)

    def close_door(self, door: int) -> None:
        self._standing_open.discard(door)

    def _run(self, line: socket.socket) -> None:
        while self._socket is not None:
            request, asker = line.recvfrom(1024)
            if len(request) == _PACKET_BYTES and struct.unpack_from("<L", request, 4)[0] == self.serial:
                line.sendto(self._answer(request), asker)

    def _answer(self, request: bytes) -> bytes:
        answer = bytearray(_PACKET_BYTES)
        answer[0:2] = request[0:2]
        struct.pack_into("<L", answer, 4, self.serial)
        if request[1] == codec.OPEN_DOOR:
            door = request[8]
            self.opened.append(Opened(door, self._seconds.get(door, 0), time.monotonic()))
            self._standing_open.add(door)
            answer[8] = 1
        elif request[1] == codec.SET_DOOR:
            self._seconds[request[8]] = request[10]
            answer[8:11] = request[8:11]
        elif request[1] == codec.SET_LISTENER:
            host, port = socket.inet_ntoa(request[8:12]), struct.unpack_from("<H", request, 12)[0]
            self._listener = (host, port)
            answer[8] = 1
        elif request[1] == codec.SET_PC_CONTROL:
            self.decides_itself = not request[12]
            answer[8] = 1
        elif request[1] == codec.GET_STATUS:
            self._write_state(answer)
        return bytes(answer)

    def _send_event(self, card: int, door: int, reader: int) -> None:
        event = bytearray(_PACKET_BYTES)
        event[0:2] = bytes((codec.SOM, codec.LISTEN_EVENT))
        struct.pack_into("<L", event, 4, self.serial)
        struct.pack_into("<L", event, 8, self._events)
        event[12:16] = bytes((_SWIPE, 0, door, reader))
        struct.pack_into("<L", event, 16, card)
        event[20:27] = _MOMENT
        event[27] = _NO_RIGHT
        self._write_state(event)
        if self._socket is not None and self._listener is not None:
            self._socket.sendto(event, self._listener)

    def _write_state(self, packet: bytearray) -> None:
        for door in (1, 2, 3, 4):
            packet[27 + door] = door in self._standing_open
        packet[37:40] = _MOMENT[4:]
        packet[51:54] = _MOMENT[1:4]
