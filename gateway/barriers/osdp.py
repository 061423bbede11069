"""Readers and strikes on OSDP lines (IEC 60839-11-5), by `libosdp`; a peripheral without the secure channel is not spoken to.

A line has a thread that connects, looks after its peripherals and connects again. An order that was not answered in time ends
the connection and with it the session: what is under way is thrown away, and what still arrives is of a session that is over.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from typing import Any

import osdp
import structlog

from gateway.barriers.driver import NotOpened, Order, Reports, Why
from gateway.barriers.osdp_line import open_wire
from gateway.passages.models import BarrierPosition
from gateway.readers.frames import Keypad, read_card
from registry.access.facts import CredentialKind
from registry.access.parts import LanePart, OsdpSettings, PartRole
from registry.messages.reasons import Verdict

log = structlog.get_logger()

KeyOf = Callable[[OsdpSettings], bytes]
"""The key of a peripheral's secure channel, 16 bytes."""

LOOK_SECONDS = 0.1
CONNECT_AGAIN_SECONDS = 1.0
SILENT_LOOKS = 10
"""After so many looks at a peripheral that is not there it is begun with anew; the library itself would wait 300 s."""
_ON_FOR_A_TIME = 5
"""Control code of an output: on, then back to what it was (IEC 60839-11-5, osdp_OUT)."""
_TICKS_A_SECOND = 10
_POSITIONS = {0: BarrierPosition.CLOSED, 1: BarrierPosition.OPEN}
"""What an input says; any other number is a fault of its line (IEC 60839-11-5, osdp_ISTATR)."""
_MOST_TICKS = 0xFFFF
_TEMPORARILY = _TONE = 2
"""Control codes of a light and of a buzzer (IEC 60839-11-5, osdp_LED and osdp_BUZ)."""
_LIGHT_TICKS = 15
_COLOURS = {
    Verdict.GRANTED: osdp.CommandLEDColor.Green,
    Verdict.DENIED: osdp.CommandLEDColor.Red,
    Verdict.REFER: osdp.CommandLEDColor.Amber,
}
_TONES = {Verdict.GRANTED: 1, Verdict.REFER: 2, Verdict.DENIED: 3}
"""A colour is not seen by everybody: each verdict has its number of tones."""


class OsdpDriver:
    """One `_Line` for each address."""

    def __init__(self, reports: Reports, key_of: KeyOf) -> None:
        self._reports = reports
        self._key_of = key_of
        self._lines: dict[str, _Line] = {}
        self._changing = threading.Lock()

    def follow(self, parts: Sequence[LanePart]) -> None:
        of_line: dict[str, list[tuple[LanePart, OsdpSettings]]] = defaultdict(list)
        for part in parts:
            if isinstance(part.settings, OsdpSettings):
                of_line[part.settings.line].append((part, part.settings))
        with self._changing:
            for address, line in list(self._lines.items()):
                if of_line.get(address) != line.parts:
                    self._lines.pop(address).stop()
            for address, those in of_line.items():
                if address not in self._lines:
                    self._lines[address] = _Line(address, those, self._reports, self._key_of)

    def open(self, part: LanePart, order: Order) -> None:
        line = self._lines.get(part.settings.line) if isinstance(part.settings, OsdpSettings) else None
        if line is None:
            raise NotOpened(Why.NO_DRIVER)
        line.open(part, order)

    def show(self, reader: LanePart, verdict: Verdict) -> None:
        """Show whoever stands at a reader what was decided, where it has a light and a buzzer; returns at once."""
        line = self._lines.get(reader.settings.line) if isinstance(reader.settings, OsdpSettings) else None
        if line is not None:
            line.show(reader, verdict)

    def stop(self) -> None:
        with self._changing:
            lines, self._lines = self._lines, {}
        for line in lines.values():
            line.stop()


class _Line:
    """One line with its peripherals. `parts`: in the order in which they were given."""

    def __init__(
        self, address: str, parts: Sequence[tuple[LanePart, OsdpSettings]], reports: Reports, key_of: KeyOf
    ) -> None:
        self.parts = list(parts)
        self._address = address
        self._reports = reports
        # Whoever installs a new key raises its number at one part; the peripheral has one key.
        newest = {each.pd: each for _, each in sorted(parts, key=lambda one: one[1].key)}
        self._keys: Mapping[int, bytes] = {pd: key_of(settings) for pd, settings in newest.items()}
        self._pds = sorted(self._keys)
        self._keypads: dict[str, Keypad] = defaultdict(Keypad)
        self._speaking = threading.Lock()
        self._panel: Any | None = None
        self._orders: dict[int, Future[int]] = {}
        self._again = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"osdp {address}", daemon=True)
        self._thread.start()

    def open(self, part: LanePart, order: Order) -> None:
        """One order at a time for each peripheral."""
        settings = part.settings
        if not isinstance(settings, OsdpSettings):
            raise NotOpened(Why.NO_DRIVER)
        answer: Future[int] = Future()
        with self._speaking:
            panel = self._panel
            if panel is None or not panel.is_sc_active(settings.pd):
                raise NotOpened(Why.NO_LINK, self._address)
            if settings.pd in self._orders:
                raise NotOpened(Why.REFUSED, "busy")
            command = {
                "command": osdp.Command.Output,
                "output_no": settings.number,
                "control_code": _ON_FOR_A_TIME,
                "timer_count": min(max(round(order.hold_seconds * _TICKS_A_SECOND), 1), _MOST_TICKS),
            }
            order.seconds_left()
            self._orders[settings.pd] = answer
            if not panel.submit_command(settings.pd, command):
                del self._orders[settings.pd]
                raise NotOpened(Why.NO_LINK, self._address)
        try:
            status = answer.result(order.seconds_left())
        except (TooLate, NotOpened):
            self._again.set()
            raise NotOpened(Why.NO_ANSWER) from None
        finally:
            self._orders.pop(settings.pd, None)
        if status == osdp.CompletionStatus.Failed:
            raise NotOpened(Why.REFUSED)
        if status != osdp.CompletionStatus.Ok:
            raise NotOpened(Why.NO_ANSWER)

    def show(self, reader: LanePart, verdict: Verdict) -> None:
        settings = reader.settings
        with self._speaking:
            panel = self._panel
            if panel is None or not isinstance(settings, OsdpSettings) or not panel.is_sc_active(settings.pd):
                return
            for capability, command in _shown(settings.number, verdict):
                # What a peripheral cannot do it refuses, and the library then takes it for one that is gone.
                level, _ = panel.check_capability(settings.pd, capability)
                if level:
                    panel.submit_command(settings.pd, command)

    def stop(self) -> None:
        self._stopped.set()
        self._again.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                wire = open_wire(self._address)
            except OSError as error:
                log.debug("osdp-line-away", line=self._address, error=str(error))
                self._tell_all_away()
                self._stopped.wait(CONNECT_AGAIN_SECONDS)
                continue
            self._again.clear()
            panel = self._begin(wire)
            try:
                self._look_after(panel, wire)
            finally:
                with self._speaking:
                    self._panel = None
                panel.teardown()
                wire.close()
        self._tell_all_away()

    def _begin(self, wire: Any) -> Any:
        flags = [osdp.LibFlag.EnforceSecure]
        panel = osdp.ControlPanel(
            [osdp.PDInfo(pd, wire, scbk=self._keys[pd], flags=flags) for pd in self._pds],
            log_level=osdp.LogLevel.Emergency,
            event_handler=self._hear,
            command_completion_handler=self._complete,
        )
        panel.start()
        with self._speaking:
            self._panel = panel
        return panel

    def _look_after(self, panel: Any, wire: Any) -> None:
        """Say who is there, begin anew with who is not, until the connection ends or is to end."""
        silent = dict.fromkeys(self._pds, 0)
        while not self._stopped.is_set() and not self._again.wait(LOOK_SECONDS) and not wire.is_broken:
            for pd in self._pds:
                is_there = panel.is_sc_active(pd)
                self._tell(pd, is_there=is_there)
                silent[pd] = 0 if is_there else silent[pd] + 1
                if silent[pd] and silent[pd] % SILENT_LOOKS == 0:
                    panel.disable_pd(pd)
                elif not panel.is_pd_enabled(pd):
                    panel.enable_pd(pd)

    def _tell(self, pd: int, *, is_there: bool) -> None:
        for part, settings in self.parts:
            if settings.pd == pd:
                self._reports.linked(part, is_there=is_there)

    def _tell_all_away(self) -> None:
        for pd in self._pds:
            self._tell(pd, is_there=False)

    def _hear(self, index: int, event: Mapping[str, Any]) -> int:
        """In the library's thread. The number says that it was taken."""
        for part, settings in self.parts:
            if settings.pd == self._pds[index]:
                if part.role is PartRole.BARRIER:
                    self._see(part, settings, event)
                elif settings.number == event.get("reader_no"):
                    self._read(part, event)
        return 0

    def _see(self, part: LanePart, settings: OsdpSettings, event: Mapping[str, Any]) -> None:
        """A peripheral tells of its inputs when one changes: of each, whether it is active, or a fault of its line."""
        if event["event"] != osdp.Event.Status or event["type"] != osdp.StatusReportType.Input:
            return
        if settings.contact is not None and settings.contact < len(event["report"]):
            said = event["report"][settings.contact]
            self._reports.stands(part, _POSITIONS.get(said, BarrierPosition.FAULT))

    def _read(self, part: LanePart, event: Mapping[str, Any]) -> None:
        if event["event"] == osdp.Event.CardRead:
            card = read_card(event["data"], event["length"], is_text=event["format"] == osdp.CardFormat.ASCII)
            if card is None:
                log.warning("card-misread", part=part.name, bits=event["length"])
            else:
                self._reports.shown(part, CredentialKind.CARD, card)
        elif event["event"] == osdp.Event.KeyPress:
            for pin in self._keypads[part.name].press(event["data"]):
                self._reports.shown(part, CredentialKind.PIN, pin)

    def _complete(self, pd: int, command: Mapping[str, Any], status: int) -> None:
        answer = self._orders.get(pd) if command["command"] == osdp.Command.Output else None
        if answer is not None and not answer.done():
            answer.set_result(status)


def _shown(reader: int, verdict: Verdict) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The commands for a verdict, each with what a peripheral must be able to do for it; times in tenths of a second."""
    light = {
        "command": osdp.Command.LED,
        "reader": reader,
        "led_number": 0,
        "temporary": True,
        "control_code": _TEMPORARILY,
        "on_color": _COLOURS[verdict],
        "off_color": osdp.CommandLEDColor.Black,
        "on_count": 5,
        "off_count": 0,
        "timer_count": _LIGHT_TICKS,
    }
    yield osdp.Capability.LEDControl, light
    tone = {
        "command": osdp.Command.Buzzer,
        "reader": reader,
        "control_code": _TONE,
        "on_count": 2,
        "off_count": 2,
        "rep_count": _TONES[verdict],
    }
    yield osdp.Capability.AudibleControl, tone
