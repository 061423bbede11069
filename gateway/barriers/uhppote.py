"""Doors of UHPPOTE controllers, by `uhppoted`: opened over UDP, their swipes heard as the events that a controller sends.

The protocol has no secret: a controller belongs on a network of its own. An event counts only from the address of its controller.
With the remote decision on, a controller asks us of each swipe; it opens by its own list when nobody has spoken to it for 30 s.
"""

import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from ipaddress import IPv4Address
from typing import Any

import structlog
from uhppoted import decode, uhppote

from gateway.barriers.driver import NotOpened, Order, Reports, Why
from gateway.passages.models import BarrierPosition
from gateway.readers.frames import card_of_number
from registry.access.facts import CredentialKind
from registry.access.parts import LanePart, PartRole, UhppoteSettings

log = structlog.get_logger()

LISTEN_PORT = 60001
LOOK_SECONDS = 5.0
"""How often a controller is asked how it is: well within the 30 s after which it decides by itself."""
_ANSWER_SECONDS = 1.0
_PACKET_BYTES = 64
_DEFAULT_PORT = 60000
_SWIPE = 1
"""Type of an event: a card was held to a reader."""
_CONTROLLED = 3
"""Mode of a door: closed but when it is opened."""
_LONGEST_SECONDS = 255
_LEAST_SECONDS = 0.05
"""The library takes no shorter time to wait."""


class UhppoteDriver:
    """One `_Controller` for each serial number, and one socket on which all of them report."""

    def __init__(self, reports: Reports, *, listen_port: int = LISTEN_PORT, look_seconds: float = LOOK_SECONDS) -> None:
        self._reports = reports
        self._listen_port = listen_port
        self._look_seconds = look_seconds
        self._controllers: dict[int, _Controller] = {}
        self._changing = threading.Lock()
        self._ear: _Ear | None = None

    def follow(self, parts: Sequence[LanePart]) -> None:
        of_controller: dict[int, list[tuple[LanePart, UhppoteSettings]]] = defaultdict(list)
        for part in parts:
            if isinstance(part.settings, UhppoteSettings):
                of_controller[part.settings.controller].append((part, part.settings))
        with self._changing:
            if of_controller and self._ear is None:
                self._ear = _Ear(self._listen_port, self._hear)
            for serial, controller in list(self._controllers.items()):
                if of_controller.get(serial) != controller.parts:
                    self._controllers.pop(serial).stop()
            for serial, those in of_controller.items():
                if serial not in self._controllers and self._ear is not None:
                    self._controllers[serial] = _Controller(
                        serial, those, self._reports, self._ear.port, self._look_seconds
                    )

    def open(self, part: LanePart, order: Order) -> None:
        settings = part.settings
        controller = self._controllers.get(settings.controller) if isinstance(settings, UhppoteSettings) else None
        if controller is None or not isinstance(settings, UhppoteSettings):
            raise NotOpened(Why.NO_DRIVER)
        controller.open(settings.door, order)

    def stop(self) -> None:
        with self._changing:
            controllers, self._controllers = self._controllers, {}
            ear, self._ear = self._ear, None
        for controller in controllers.values():
            controller.stop()
        if ear is not None:
            ear.stop()

    def _hear(self, event: Any, host: str) -> None:
        controller = self._controllers.get(event.controller)
        if controller is None or controller.host != host:
            log.warning("event-of-a-stranger", controller=event.controller, host=host)
            return
        controller.hear(event)


class _Controller:
    """One controller, its doors and readers."""

    def __init__(
        self,
        serial: int,
        parts: Sequence[tuple[LanePart, UhppoteSettings]],
        reports: Reports,
        listen_port: int,
        look_seconds: float,
    ) -> None:
        self.parts = list(parts)
        address = parts[0][1].address
        self.host, _, port = address.partition(":")
        self._reports = reports
        self._port = int(port or _DEFAULT_PORT)
        self._listen_port = listen_port
        self._look_seconds = look_seconds
        self._wire = uhppote.Uhppote()
        self._who = (serial, f"{self.host}:{self._port}")
        self._speaking = threading.Lock()
        self._holds: dict[int, int] = {}
        """For how long a door opens, as the controller was last told."""
        self._last_event = 0
        self._is_known = False
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"uhppote {serial}", daemon=True)
        self._thread.start()

    def open(self, door: int, order: Order) -> None:
        hold = min(max(round(order.hold_seconds), 1), _LONGEST_SECONDS)
        if not self._speaking.acquire(timeout=order.seconds_left()):
            raise NotOpened(Why.NO_ANSWER)
        try:
            if self._holds.get(door) != hold:
                self._ask(order, self._wire.set_door_control, door, _CONTROLLED, hold)
                self._holds[door] = hold
            answer = self._ask(order, self._wire.open_door, door)
        finally:
            self._speaking.release()
        if not answer.opened:
            raise NotOpened(Why.REFUSED)

    def hear(self, event: Any) -> None:
        """In the ear's thread; a controller may send one event again."""
        if event.event_index == self._last_event:
            return
        self._last_event = event.event_index
        self._tell_doors(event)
        if event.event_type != _SWIPE:
            return
        if event.event_access_granted:
            log.warning("controller-decided-itself", controller=event.controller, door=event.event_door)
        for part, settings in self.parts:
            # A door has two readers: direction 1 is the one for coming in, 2 for going out, as ours are counted.
            is_there = (settings.door, part.position) == (event.event_door, event.event_direction)
            if is_there and part.role is PartRole.READER:
                self._reports.shown(part, CredentialKind.CARD, card_of_number(event.event_card))

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                with self._speaking:
                    if not self._is_known:
                        self._introduce()
                    status = self._wire.get_status(self._who, timeout=_ANSWER_SECONDS)
            except (OSError, ValueError) as error:
                log.debug("uhppote-away", controller=self._who[0], error=str(error))
                self._is_known = False
                self._tell(is_there=False)
            else:
                self._tell(is_there=True)
                self._tell_doors(status)
            self._stopped.wait(self._look_seconds)
        self._tell(is_there=False)

    def _introduce(self) -> None:
        """Tell it where its events go, and that we decide."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((self.host, self._port))
            ours = IPv4Address(probe.getsockname()[0])
        self._wire.set_listener(self._who, ours, self._listen_port, timeout=_ANSWER_SECONDS)
        self._wire.set_pc_control(self._who, True, timeout=_ANSWER_SECONDS)
        self._holds.clear()
        self._is_known = True

    def _ask(self, order: Order, ask: Callable[..., Any], *what: int) -> Any:
        """A datagram that is lost is lost: nothing is kept for later."""
        left = order.seconds_left()
        try:
            return ask(self._who, *what, timeout=max(left, _LEAST_SECONDS))
        except TimeoutError:
            raise NotOpened(Why.NO_ANSWER) from None
        except (OSError, ValueError) as error:
            raise NotOpened(Why.NO_LINK, str(error)) from error

    def _tell(self, *, is_there: bool) -> None:
        for part, _ in self.parts:
            self._reports.linked(part, is_there=is_there)

    def _tell_doors(self, told: Any) -> None:
        for part, settings in self.parts:
            if part.role is PartRole.BARRIER:
                is_open = getattr(told, f"door_{settings.door}_open")
                self._reports.stands(part, BarrierPosition.OPEN if is_open else BarrierPosition.CLOSED)


class _Ear:
    """The socket on which controllers report."""

    def __init__(self, port: int, hear: Callable[[Any, str], None]) -> None:
        self._hear = hear
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("", port))
        self.port: int = self._socket.getsockname()[1]
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="uhppote-ear", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped = True
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bell:
            bell.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        while not self._stopped:
            try:
                packet, (host, _) = self._socket.recvfrom(1024)
            except OSError as error:
                log.warning("uhppote-ear", error=str(error))
                continue
            if len(packet) == _PACKET_BYTES:
                try:
                    event = decode.event(packet)
                except ValueError as error:
                    log.warning("uhppote-event-unread", host=host, error=str(error))
                else:
                    self._hear(event, host)
