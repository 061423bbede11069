"""The wire of an OSDP line: a socket or a serial port that never blocks, as `libosdp` wants it."""

import os
import socket
import struct
import termios
import tty
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

import osdp

_CONNECT_SECONDS = 2.0
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of zero seconds: what was not delivered yet is thrown away with the connection."""
_BAUD = {"9600": termios.B9600, "19200": termios.B19200, "38400": termios.B38400, "57600": termios.B57600, "115200": termios.B115200}  # fmt: skip


class Wire(Protocol):
    """A line that is open."""

    is_broken: bool
    """Whether the other end has gone; it is then opened anew."""

    def close(self) -> None:
        """Close it; what was written and not delivered is thrown away."""
        ...


class SocketWire(osdp.Channel):  # type: ignore[misc]  # the library ships no types
    """A converter of serial lines that is reached over TCP, or a simulator's socket."""

    def __init__(self, line: socket.socket) -> None:
        super().__init__()
        self._line = line
        self._line.setblocking(False)
        self.is_broken = False

    def read(self, max_bytes: int) -> bytes:
        try:
            data = self._line.recv(max_bytes)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        self.is_broken = self.is_broken or not data
        return data

    def write(self, buf: bytes) -> int:
        try:
            return self._line.send(buf)
        except BlockingIOError:
            return 0
        except OSError:
            self.is_broken = True
            return len(buf)

    def flush(self) -> None:
        """A socket keeps nothing back."""

    def close(self) -> None:
        if self._line.family != socket.AF_UNIX:
            self._line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._line.close()


class SerialWire(osdp.Channel):  # type: ignore[misc]  # the library ships no types
    """A serial port of this machine, RS-485 by its adapter; 8 bits, no parity, one stop bit."""

    def __init__(self, path: str, baud: str) -> None:
        super().__init__()
        self._port = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            tty.setraw(self._port)
            settings = termios.tcgetattr(self._port)
            settings[4] = settings[5] = _BAUD[baud]
            termios.tcsetattr(self._port, termios.TCSANOW, settings)
        except BaseException:
            os.close(self._port)
            raise
        self.is_broken = False

    def read(self, max_bytes: int) -> bytes:
        try:
            return os.read(self._port, max_bytes)
        except BlockingIOError:
            return b""
        except OSError:
            self.is_broken = True
            return b""

    def write(self, buf: bytes) -> int:
        try:
            return os.write(self._port, buf)
        except BlockingIOError:
            return 0
        except OSError:
            self.is_broken = True
            return len(buf)

    def flush(self) -> None:
        """What was read of an earlier exchange is of no use to the next."""
        if not self.is_broken:
            termios.tcflush(self._port, termios.TCIFLUSH)

    def close(self) -> None:
        termios.tcflush(self._port, termios.TCIOFLUSH)
        os.close(self._port)


def open_wire(address: str) -> SocketWire | SerialWire:
    """Open a line as `OsdpSettings.line` writes it.

    Raises:
        OSError: nobody is there.

    """
    parts = urlsplit(address)
    if parts.scheme == "serial":
        return SerialWire(parts.path, parse_qs(parts.query).get("baud", ["9600"])[0])
    if parts.scheme == "unix":
        line = socket.socket(socket.AF_UNIX)
        try:
            line.settimeout(_CONNECT_SECONDS)
            line.connect(parts.path)
        except OSError:
            line.close()
            raise
        return SocketWire(line)
    return SocketWire(socket.create_connection((parts.hostname or "", parts.port or 0), timeout=_CONNECT_SECONDS))
