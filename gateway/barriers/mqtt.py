"""Barriers on the broker: an order on the device's `cmd`, its answer on `cmd/ack` (CONTRACT 2)."""

from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as TooLate
from threading import Lock
from uuid import UUID

from gateway.barriers.driver import NotOpened, Order, Why
from registry.access.parts import LanePart, MqttSettings
from registry.bus import Bus, NotSent
from registry.ids import DeviceAddress
from registry.messages.commands import Acknowledgement, OpenBarrier
from registry.messages.topics import Channel, DeviceTopic


class MqttDriver:
    """Its answers come through the gateway's ear: see `answered`."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._changing = Lock()
        self._waiting: dict[UUID, tuple[DeviceAddress, Future[Acknowledgement]]] = {}

    def follow(self, parts: Sequence[LanePart]) -> None:
        """All share one connection, and the ear hears them."""

    def open(self, part: LanePart, order: Order) -> None:
        if not isinstance(part.settings, MqttSettings):
            raise NotOpened(Why.NO_DRIVER)
        if not self._bus.connected:
            # Given to the client now it would be sent when the broker is back, and refused by a barrier that has a clock.
            raise NotOpened(Why.NO_LINK, "broker")
        device = DeviceAddress.parse(part.settings.device)
        command = OpenBarrier(
            id=order.id,
            by=order.by,
            expires_at=order.expires_at,
            entry_id=order.entry_id,
            hold_seconds=order.hold_seconds,
            lane=part.lane,
            barrier=part.position,
        )
        answer: Future[Acknowledgement] = Future()
        with self._changing:
            self._waiting[order.id] = device, answer
        try:
            self._bus.post(str(DeviceTopic(device, Channel.COMMAND)), command.model_dump_json().encode())
            told = answer.result(order.seconds_left())
        except NotSent as error:
            raise NotOpened(Why.NO_LINK, "broker") from error
        except TooLate:
            raise NotOpened(Why.NO_ANSWER) from None
        except CancelledError:
            raise NotOpened(Why.NO_LINK) from None
        finally:
            with self._changing:
                self._waiting.pop(order.id, None)
        if not told.ok:
            raise NotOpened(Why.REFUSED, told.detail or "")

    def answered(self, device: DeviceAddress, acknowledgement: Acknowledgement) -> None:
        """A device's answer came; one that nobody waits for, or of another device than was asked, is nothing."""
        with self._changing:
            asked, answer = self._waiting.get(acknowledgement.id, (None, None))
        if answer is not None and asked == device and not answer.done():
            answer.set_result(acknowledgement)

    def stop(self) -> None:
        with self._changing:
            for _, answer in self._waiting.values():
                answer.cancel()
