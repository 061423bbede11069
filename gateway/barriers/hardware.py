"""The lines to the lanes while the gateway runs: drivers for each kind of part, the ear on the bus, the askers of the readers."""

import threading
import time
from collections.abc import Mapping, Sequence

import structlog

from gateway.barriers.driver import Driver
from gateway.barriers.mqtt import MqttDriver
from gateway.barriers.osdp import KeyOf, OsdpDriver
from gateway.barriers.uhppote import LISTEN_PORT, UhppoteDriver
from gateway.checks.snapshot import NothingKnown
from gateway.desk import Desk
from gateway.ear.inbox import Ear
from gateway.ear.messages import BarrierSeen
from gateway.passages.models import BarrierPosition
from gateway.readers.asking import Askers
from registry.access.facts import CredentialKind, GateFacts
from registry.access.parts import DriverKind, LanePart
from registry.bus import Bus
from registry.ids import GateId

log = structlog.get_logger()

LOOK_SECONDS = 0.5
"""How often it is looked whether the lanes have other parts."""
KEEP_OPEN_SECONDS = 60.0
"""How often escape lanes are opened again that must stay open; each order holds for ten minutes."""


class Hardware:
    """Follows the parts of the desk's lanes. One for each gateway: two would speak on one line."""

    def __init__(self, desk: Desk, bus: Bus, key_of: KeyOf, *, uhppote_port: int = LISTEN_PORT) -> None:
        """Prepare.

        Args:
            desk: whose lanes they are; its barriers are driven from now on.
            bus: the gateway's client of the broker, not started yet; nobody else consumes with it.
            key_of: the key of an OSDP peripheral.
            uhppote_port: where controllers report; 0: any that is free.

        """
        self._desk = desk
        mqtt, osdp = MqttDriver(bus), OsdpDriver(self, key_of)
        self._askers = Askers(desk, osdp.show)
        self._drivers: Mapping[DriverKind, Driver] = {
            DriverKind.MQTT: mqtt,
            DriverKind.OSDP: osdp,
            DriverKind.UHPPOTE: UhppoteDriver(self, listen_port=uhppote_port),
        }
        self._ear = Ear(
            store=desk.store,
            bus=bus,
            snapshot=lambda: desk.snapshot,
            clock=desk.clock,
            barriers=desk.barriers,
            driver=mqtt,
        )
        desk.barriers.drive(self._drivers)
        self._followed: Mapping[GateId, GateFacts] | None = None
        self._positions: dict[str, BarrierPosition] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hardware", daemon=True)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive() and self._ear.alive

    def start(self) -> None:
        self._askers.start()
        self._ear.start()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        self._desk.barriers.stop()
        for driver in self._drivers.values():
            driver.stop()
        self._ear.stop()
        self._askers.stop()

    def linked(self, part: LanePart, *, is_there: bool) -> None:
        self._desk.barriers.board.linked(part, self._desk.clock.now(), is_there=is_there)

    def stands(self, part: LanePart, position: BarrierPosition) -> None:
        """A driver asks again and again: only what is new goes on."""
        if self._positions.get(part.name) is not position:
            self._positions[part.name] = position
            self._ear.hear(BarrierSeen(part=part, position=position, at=self._desk.clock.now()))

    def shown(self, part: LanePart, kind: CredentialKind, value: str) -> None:
        self._askers.ask(part, kind, value)

    def follow(self) -> None:
        """Speak to the parts that there are now."""
        try:
            gates = self._desk.snapshot.facts.gates
        except NothingKnown:
            return
        if gates is self._followed:
            return
        parts: Sequence[LanePart] = [part for gate in gates.values() for part in gate.parts]
        self._desk.barriers.board.follow(parts)
        self._ear.follow(parts)
        for kind, driver in self._drivers.items():
            driver.follow([part for part in parts if part.settings.driver is kind])
        self._followed = gates

    def _run(self) -> None:
        keep_open_at = 0.0
        while True:
            try:
                self.follow()
            except OSError as error:  # a port is taken: it is tried again until it is free
                log.warning("hardware-not-followed", error=str(error))
            if time.monotonic() >= keep_open_at:
                keep_open_at = time.monotonic() + KEEP_OPEN_SECONDS
                self._ear.keep_escape_lanes_open()
            if self._stopping.wait(LOOK_SECONDS):
                return
