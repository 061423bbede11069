"""A client of a broker as other people's devices are: plain paho, with everything that happens to it written down."""

from collections.abc import Iterable
from typing import Any

from paho.mqtt.client import Client, MQTTMessage, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from registry.bus import BrokerAddress


class Caller:
    """Connects in the background, and again when it is thrown out."""

    def __init__(
        self,
        address: BrokerAddress,
        *,
        client_id: str,
        anonymous: bool = False,
        acknowledges: bool = True,
        will: str | None = None,
    ) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.retained: list[tuple[str, bytes]] = []
        self.answers: list[str] = []
        """The broker's answers to each sign-in."""
        self.lost = 0
        self._granted = 0
        self.unacknowledged: list[MQTTMessage] = []
        self._acknowledges = acknowledges
        self._filters: tuple[str, ...] = ()
        self.client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,
            protocol=MQTTProtocolVersion.MQTTv311,
            manual_ack=True,
        )
        if not anonymous:
            self.client.username_pw_set(address.username, address.password)
        if address.tls:
            self.client.tls_set_context(address.tls_context())
        if will is not None:
            self.client.will_set(will, b"0", qos=1, retain=True)
        self.client.reconnect_delay_set(0.05, 0.2)  # type: ignore[arg-type]  # it waits for parts of a second too
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = self._on_disconnect
        self.client.on_message = self._on_message
        self.client.on_subscribe = self._on_subscribe
        self.client.connect_async(address.host, address.port, keepalive=30)

    @property
    def connected(self) -> bool:
        return self.client.is_connected()

    @property
    def is_hearing(self) -> bool:
        """Whether it is connected and the broker has answered to its wish to hear."""
        return self.connected and self._granted > 0

    def start(self, filters: Iterable[str] = ()) -> None:
        self._filters = tuple(filters)
        self.client.loop_start()

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def vanish(self) -> None:
        """End without a word to the broker."""
        self.client.loop_stop()
        line = self.client.socket()
        assert line is not None
        line.close()

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> MQTTMessageInfo:
        return self.client.publish(topic, payload, qos=1, retain=retain)

    def payloads(self) -> list[bytes]:
        return [payload for _, payload in self.heard]

    def _on_connect(self, client: Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self.answers.append(str(reason))
        if not reason.is_failure and self._filters:
            client.subscribe([(topic, 1) for topic in self._filters])

    def _on_subscribe(self, *_facts: Any) -> None:
        self._granted += 1

    def _on_disconnect(self, *_facts: Any) -> None:
        self._granted = 0
        self.lost += 1

    def _on_message(self, client: Client, _data: Any, message: MQTTMessage) -> None:
        self.heard.append((message.topic, bytes(message.payload)))
        if message.retain:
            self.retained.append((message.topic, bytes(message.payload)))
        if self._acknowledges:
            client.ack(message.mid, message.qos)
        else:
            self.unacknowledged.append(message)
