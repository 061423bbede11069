"""The barriers of a gate on the broker: they open when they are told in time, say how they stand, and see who passes."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import ValidationError

from registry.bus import BrokerAddress, Bus, Received
from registry.clock import Clock
from registry.ids import DeviceAddress, new_id
from registry.messages.commands import Acknowledgement, OpenBarrier
from registry.messages.envelope import Event
from registry.messages.topics import Channel, DeviceTopic

PASSES_AFTER_SECONDS = 2.5
"""Real ones, on a fast clock too; through a barrier that is held for less somebody passes as it closes."""


@dataclass(slots=True)
class MqttBarriers:
    """One device with the barriers and the passage sensor of its lanes. Its session waits for it while it is away."""

    device: DeviceAddress
    address: BrokerAddress
    clock: Clock
    client_id: str | None = None
    passes_after_seconds: float | None = PASSES_AFTER_SECONDS
    """None: nobody ever passes."""
    opened: list[UUID] = field(default_factory=list)
    """The entries for which a barrier opened."""
    refused: list[UUID] = field(default_factory=list)
    """The commands that came too late."""
    _open_until: dict[tuple[str | None, int], UUID] = field(default_factory=dict)
    """Of each barrier the command that it was opened for last."""
    _bus: Bus | None = None
    _timers: set[threading.Timer] = field(default_factory=set)

    def arrive(self) -> None:
        """Connect, hear what waited, and say how the barriers stand from now on."""
        bus = Bus(self.address, client_id=self.client_id, presence_topic=self._topic(Channel.ONLINE))
        bus.consume([self._topic(Channel.COMMAND)], self._hear)
        self._bus = bus
        bus.start()

    def wait_until_there(self, seconds: float) -> bool:
        """Wait until commands are heard."""
        return self._bus is not None and self._bus.wait_until_heard([self._topic(Channel.COMMAND)], seconds)

    def leave(self) -> None:
        """Go without a word to the barriers: what is open stays so."""
        for timer in tuple(self._timers):
            timer.cancel()
        self._timers.clear()
        if self._bus is not None:
            self._bus.stop()
            self._bus = None

    def beat(self) -> None:
        """A heartbeat, if it is there."""
        if self._bus is not None and self._bus.connected:
            self._bus.publish_unconfirmed(self._topic(Channel.HEARTBEAT), b"{}")

    def see_passage(self, lane: str | None = None, entry_id: UUID | None = None) -> None:
        """Somebody passes the sensor."""
        self._tell("passage", {"lane": lane, "entry_id": entry_id})

    def _hear(self, received: Received) -> None:
        received.acknowledge()
        try:
            command = OpenBarrier.model_validate_json(received.payload)
        except ValidationError:
            return
        if self.clock.now() >= command.expires_at:
            self.refused.append(command.id)
            self._answer(Acknowledgement(id=command.id, ok=False, detail="expired"))
            return
        self.opened.append(command.entry_id)
        self._answer(Acknowledgement(id=command.id, ok=True))
        self._stands("open", command)
        if self.passes_after_seconds is not None:
            passes_after = min(self.passes_after_seconds, command.hold_seconds)
            self._later(passes_after, lambda: self.see_passage(command.lane, command.entry_id))
        self._open_until[command.lane, command.barrier] = command.id
        self._later(command.hold_seconds, lambda: self._close(command))

    def _close(self, command: OpenBarrier) -> None:
        """Unless it was opened for somebody else meanwhile, who is still to pass."""
        if self._open_until.get((command.lane, command.barrier)) == command.id:
            self._stands("closed", command)

    def _stands(self, position: str, command: OpenBarrier) -> None:
        self._tell("barrier", {"barrier": position, "lane": command.lane, "number": command.barrier})

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        timer = threading.Timer(seconds, act)
        timer.daemon = True
        self._timers = {each for each in self._timers if each.is_alive()} | {timer}
        timer.start()

    def _answer(self, acknowledgement: Acknowledgement) -> None:
        if self._bus is not None:
            self._bus.post(self._topic(Channel.ACKNOWLEDGEMENT), acknowledgement.model_dump_json().encode())

    def _tell(self, what: str, data: Mapping[str, object]) -> None:
        event = Event(
            id=str(new_id()),
            source=self.device.source,
            type=f"dayuan.{self.device.kind}.{what}",
            time=self.clock.now(),
            data={name: str(value) if isinstance(value, UUID) else value for name, value in data.items()},
        )
        if self._bus is not None:
            self._bus.post(self._topic(Channel.EVENT), event.model_dump_json(exclude_none=True).encode())

    def _topic(self, channel: Channel) -> str:
        return str(DeviceTopic(self.device, channel))
