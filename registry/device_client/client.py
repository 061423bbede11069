"""A device's way to the house: it says that it is there, what happens, and that it lives, and answers commands.

```python
client = DeviceClient(BrokerAddress.parse("mqtt://oc1.beam.north-01:secret@house:1883"), DeviceAddress.parse("oc1/beam/north-01"), spool)
client.start()
client.register(timeout_seconds=10)
client.event("interrupted", {"state": "instant", "beam_ids": ["a"], "dur_ms": 220})
```
"""

import threading
from collections.abc import Callable
from typing import Any

import structlog
from pydantic import ValidationError

from registry.bus import BrokerAddress, Bus, NotSent, Received, Unsendable
from registry.clock import Clock, Instant, SystemClock, format_instant
from registry.device_client.spool import DeviceSpool
from registry.ids import DeviceAddress, new_id
from registry.messages.commands import Acknowledgement, Command
from registry.messages.envelope import Event
from registry.messages.topics import Channel, DeviceTopic

log = structlog.get_logger()

TOGETHER = 100
"""Events on their way at once (`registry.bus.client.WINDOW`)."""
LOOK_SECONDS = 0.5

Answer = tuple[bool, str]
"""Whether it was done, and in words what came of it."""


class DeviceClient:
    """One device on the broker. Events are on disk before `event` returns, and go out in their order, each until confirmed."""

    def __init__(
        self,
        address: BrokerAddress,
        device: DeviceAddress,
        spool: DeviceSpool,
        *,
        clock: Clock | None = None,
        on_command: Callable[[Command], Answer] | None = None,
    ) -> None:
        """Prepare.

        Args:
            address: the broker, the device's account (`site.class.name`) and its secret.
            device: as whom it speaks.
            spool: where its events wait; ours alone while we run.
            clock: says when something happened, and which commands are over.
            on_command: what it does when it is told to; called in a thread of its own, one command at a time.

        """
        self._device = device
        self._spool = spool
        self._clock = clock or SystemClock()
        self._on_command = on_command
        self._bus = Bus(address, presence_topic=str(DeviceTopic(device, Channel.ONLINE)))
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._empty = threading.Event()
        self._commands: list[Received] = []
        self._sender = threading.Thread(target=self._send, name=f"device-{device.name}", daemon=True)

    def start(self) -> None:
        """Connect in the background; what waits in the spool goes out as soon as that is done."""
        if self._on_command is not None:
            self._bus.consume([str(DeviceTopic(self._device, Channel.COMMAND))], self._told)
        self._bus.start()
        self._sender.start()

    def register(self, timeout_seconds: float) -> None:
        """Wait until the broker has taken our account; it then says that we are online, and by our last will when we are not.

        Raises:
            NotSent: it has not by then; says why, as far as that is known.

        """
        if not self._bus.wait_until_connected(timeout_seconds):
            raise NotSent(self._bus.fault or "The broker does not answer.")

    def event(self, what: str, data: dict[str, Any], *, occurred_at: Instant | None = None) -> str:
        """Keep an event and send it as soon as can be; gives its id, under which it is sent, however often.

        Raises:
            ValidationError: it is no event.

        """
        event_id = str(new_id())

        def written(boot: str, seq: int) -> bytes:
            event = Event(
                id=event_id,
                source=self._device.source,
                type=f"dayuan.{self._device.kind}.{what}",
                time=occurred_at or self._clock.now(),
                seq=seq,
                bootid=boot,
                data=data,
            )
            return event.model_dump_json(exclude_none=True).encode()

        self._empty.clear()
        self._spool.add(written)
        self._woken.set()
        return event_id

    def heartbeat(self) -> None:
        """Say that we live. Not kept: a heartbeat that comes late says nothing."""
        if self._bus.connected:
            said = f'{{"time": "{format_instant(self._clock.now())}"}}'
            self._bus.publish_unconfirmed(str(DeviceTopic(self._device, Channel.HEARTBEAT)), said.encode())

    def wait_until_sent(self, timeout_seconds: float) -> bool:
        """Wait until the broker has every event; False when it has not by then: they wait on."""
        self._woken.set()
        return self._empty.wait(timeout_seconds)

    def stop(self) -> None:
        """Leave in order; what was not confirmed stays in the spool."""
        self._stopping.set()
        self._woken.set()
        if self._sender.ident is not None:
            self._sender.join()
        self._bus.stop()

    def _send(self) -> None:
        topic = str(DeviceTopic(self._device, Channel.EVENT))
        while not self._stopping.is_set():
            self._woken.clear()
            self._answer_commands()
            waiting = self._spool.first(TOGETHER)
            if not waiting:
                self._empty.set()
                self._woken.wait(LOOK_SECONDS)
                continue
            if not self._bus.wait_until_connected(LOOK_SECONDS):
                continue
            self._send_some(topic, waiting)

    def _send_some(self, topic: str, waiting: list[tuple[int, bytes]]) -> None:
        receipts = []
        for number, payload in waiting:
            try:
                receipts.append((number, self._bus.post(topic, payload)))
            except Unsendable as error:
                log.warning("device-event-unsendable", device=str(self._device), why=error.detail)
        for number, receipt in receipts:
            while not receipt.wait(LOOK_SECONDS):  # the client repeats it over reconnects
                if self._stopping.is_set():
                    return
            self._spool.confirmed(number)
        if len(receipts) < len(waiting):
            self._spool.confirmed(waiting[-1][0])

    def _told(self, message: Received) -> None:
        self._commands.append(message)
        self._woken.set()

    def _answer_commands(self) -> None:
        while self._commands and self._on_command is not None:
            message = self._commands.pop(0)
            try:
                command = Command.model_validate_json(message.payload)
            except ValidationError:
                log.warning("device-command-unreadable", device=str(self._device))
                message.acknowledge()
                continue
            late = command.expires_at <= self._clock.now()
            ok, detail = (False, "it came too late") if late else self._on_command(command)
            answer = Acknowledgement(id=command.id, ok=ok, detail=detail)
            self._bus.post(str(DeviceTopic(self._device, Channel.ACKNOWLEDGEMENT)), answer.model_dump_json().encode())
            message.acknowledge()
