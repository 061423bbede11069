"""A reader with a strike on an OSDP line, as `libosdp` plays one: for tests and for trying a gate without its hardware."""

import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import osdp

from gateway.barriers.osdp_line import SocketWire

_ON_FOR_A_TIME = 5
_TICKS_A_SECOND = 10
_CAPABILITIES = (
    (osdp.Capability.OutputControl, 1, 8),
    (osdp.Capability.LEDControl, 1, 1),
    (osdp.Capability.CommunicationSecurity, 1, 1),
    (osdp.Capability.CardDataFormat, 1, 1),
    (osdp.Capability.Readers, 1, 1),
    (osdp.Capability.ContactStatusMonitoring, 1, 2),
)
_REFRESH_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Struck:
    """A strike let go: which output, for how many seconds, and when (`time.monotonic`)."""

    output: int
    seconds: float
    at: float


@dataclass(slots=True)
class OsdpReader:
    """Listens on a Unix socket at `path` as a converter of a serial line does; `plug` and `unplug` are the cable's.

    Unplugged it loses what it has not read, as a reader without current does.
    """

    path: Path
    key: bytes = field(repr=False)
    pd: int = 1
    struck: list[Struck] = field(default_factory=list)
    colours: list[int] = field(default_factory=list)
    """In which its light shone (`osdp.CommandLEDColor`)."""
    _unplugged: threading.Event = field(init=False, default_factory=threading.Event)
    _shown: list[dict[str, Any]] = field(init=False, default_factory=list)
    _thread: threading.Thread | None = field(init=False, default=None)

    @property
    def line(self) -> str:
        """As the register writes the line's address."""
        return f"unix://{self.path}"

    def plug(self) -> None:
        """Begin to listen and to play."""
        self._unplugged.clear()
        self.path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(self.path))
        listening.listen(1)
        listening.settimeout(_REFRESH_SECONDS)
        self._thread = threading.Thread(target=self._run, args=(listening,), name="osdp-reader", daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        self._unplugged.set()
        if self._thread is not None:
            self._thread.join()
        self.path.unlink(missing_ok=True)

    def show_frame(self, bits: str) -> None:
        """Somebody holds a card to it: its Wiegand frame, bit by bit."""
        padded = bits.ljust(-(-len(bits) // 8) * 8, "0")
        data = bytes(int(padded[at : at + 8], 2) for at in range(0, len(padded), 8))
        self._shown.append(
            {
                "event": osdp.Event.CardRead,
                "reader_no": 0,
                "direction": 0,
                "format": osdp.CardFormat.Wiegand,
                "length": len(bits),
                "data": data,
            }
        )

    def type_keys(self, keys: str) -> None:
        """Somebody types at its keypad; `#` ends a PIN."""
        self._shown.append({"event": osdp.Event.KeyPress, "reader_no": 0, "data": keys.encode()})

    def set_contact(self, *, is_open: bool) -> None:
        """The door's contact, its first input, changes."""
        report = bytes((int(is_open), 0))
        self._shown.append({"event": osdp.Event.Status, "type": osdp.StatusReportType.Input, "report": report})

    def _run(self, listening: socket.socket) -> None:
        with listening:
            while not self._unplugged.is_set():
                with suppress(TimeoutError):
                    line, _ = listening.accept()
                    self._play(SocketWire(line))

    def _play(self, wire: SocketWire) -> None:
        """Answer one control panel until it hangs up."""
        info = osdp.PDInfo(self.pd, wire, scbk=self.key, flags=[osdp.LibFlag.EnforceSecure])
        device = osdp.PeripheralDevice(
            info,
            osdp.PDCapabilities(_CAPABILITIES),
            log_level=osdp.LogLevel.Emergency,
            command_handler=self._obey,
        )
        while not self._unplugged.is_set() and not wire.is_broken:
            device.ctx.refresh()
            if self._shown and device.ctx.is_sc_active():
                device.ctx.submit_event(self._shown.pop(0))
            self._unplugged.wait(_REFRESH_SECONDS)
        wire.close()

    def _obey(self, command: Mapping[str, Any]) -> tuple[int, None]:
        if command["command"] == osdp.Command.Output and command["control_code"] == _ON_FOR_A_TIME:
            seconds = command["timer_count"] / _TICKS_A_SECOND
            self.struck.append(Struck(command["output_no"], seconds, time.monotonic()))
        elif command["command"] == osdp.Command.LED:
            self.colours.append(command["on_color"])
        return 0, None
