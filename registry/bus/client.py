"""A named MQTT 3.1.1 client: persistent session, acknowledgement when the consumer says so, no word lost on the way out."""

import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from registry.bus.address import BrokerAddress
from registry.bus.buffering import BufferedClient, Publication
from registry.bus.limits import fault_of_message
from registry.bus.network import Network, Ticket
from registry.bus.subscriptions import Subscriptions
from registry.problems import Unavailable, Unprocessable

log = structlog.get_logger()

KEEPALIVE_SECONDS = 30
STOP_SECONDS = 3.0
PUBLISH_TIMEOUT_SECONDS = 5.0
WINDOW = 100
"""Messages on their way to the broker at once; what was measured for NATS (15,000 a second) used this window."""
_NO_TOPIC = "\N{REPLACEMENT CHARACTER}"
"""For one that is no UTF-8: it is nobody's, and the consumer sets the message aside as such."""


class NotSent(Unavailable):
    """The broker did not confirm a message in time. It may still have it: send it again under the same id."""

    slug, title = "not-sent", "The message did not reach the broker"


class Unsendable(Unprocessable):
    """No broker takes this message, however often it is sent."""

    slug, title = "unsendable", "The message cannot be sent"


@dataclass(slots=True)
class Receipt:
    """What becomes of one published message."""

    _arrived: threading.Event = field(default_factory=threading.Event)

    @property
    def arrived(self) -> bool:
        """Whether the broker has confirmed it."""
        return self._arrived.is_set()

    def wait(self, timeout_seconds: float) -> bool:
        """Wait for the broker's confirmation; False when it does not come in time."""
        return self._arrived.wait(timeout_seconds)

    def settle(self) -> None:
        """Note that the broker has it; the client calls this."""
        self._arrived.set()


class Received(NamedTuple):
    """A message that came in. It comes again, after a reconnect, unless it is acknowledged."""

    topic: str
    payload: bytes
    retain: bool
    ticket: Ticket
    bus: "Bus"

    def acknowledge(self) -> None:
        """Tell the broker that this message is safe here. Call it after the commit, from any thread."""
        self.bus.acknowledge((self,))


Handler = Callable[[Received], None]
"""Called in the network thread for each message: it must only put the message somewhere and return."""


class Bus:
    """One client of the broker. `consume`, then `start`, then `publish` from any thread, then `stop`."""

    def __init__(
        self, address: BrokerAddress, *, client_id: str | None = None, presence_topic: str | None = None
    ) -> None:
        """Prepare a client; nothing is connected yet.

        Args:
            address: the broker and the account.
            client_id: the session's name, where the address's own does not do: two clients with one name throw each other out.
            presence_topic: where `1` is retained while connected and `0` once the connection is lost (last will).

        """
        self.address = address
        self.client_id = client_id or address.session_name()
        self._presence_topic = presence_topic
        self._handler: Handler | None = None
        self._connected = threading.Event()
        self._receipts: dict[int, Receipt] = {}
        self._confirmations = 0
        self._early: dict[int, int] = {}
        """Of numbers that were confirmed when nobody waited for them: which confirmation it was."""
        self._client = self._make_client()
        self._network = Network(self._client, self.client_id, published=self._on_publication, ended=self._end)
        self._subscriptions = Subscriptions(self._client, self.client_id)

    def _make_client(self) -> BufferedClient:
        client = BufferedClient(
            CallbackAPIVersion.VERSION2,
            client_id=self.client_id,
            clean_session=False,
            protocol=MQTTProtocolVersion.MQTTv311,
            manual_ack=True,
        )
        client.username_pw_set(self.address.username, self.address.password)
        if self.address.tls:
            client.tls_set_context(self.address.tls_context())
        if self._presence_topic is not None:
            client.will_set(self._presence_topic, b"0", qos=1, retain=True)
        client.max_inflight_messages_set(WINDOW)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        return client

    @property
    def alive(self) -> bool:
        """Whether its thread runs; when that ended by itself, this client is deaf and dumb for good."""
        return self._network.alive

    @property
    def connected(self) -> bool:
        return self._connected.is_set()

    @property
    def fault(self) -> str:
        """Why the broker was not reached or did not take us, in words that name no password; empty once it has."""
        return self._network.fault

    def wait_until_connected(self, timeout_seconds: float) -> bool:
        """Wait for the broker to take us; False when it has not by then (we keep trying)."""
        return self._connected.wait(timeout_seconds)

    def consume(self, filters: Iterable[str], handler: Handler) -> None:
        """Say, before `start`, what to hear and who hears it. A session that waited for us speaks as soon as we connect."""
        self._handler = handler
        self._subscriptions.want(filters)

    def change_filters(self, filters: Iterable[str]) -> None:
        """Hear other topics from now on; what stays is not interrupted."""
        self._subscriptions.want(filters)

    @property
    def unheard(self) -> frozenset[str]:
        """The filters that the broker does not let us hear; a refused one is asked for again each second."""
        return self._subscriptions.missing

    def wait_until_heard(self, filters: Collection[str], timeout_seconds: float) -> bool:
        """Wait until the broker has granted these filters: from then on it keeps for us what comes on them."""
        return self._subscriptions.wait_for(filters, timeout_seconds)

    def start(self) -> None:
        """Connect in the background, and again whenever the connection is lost."""
        self._client.connect_async(self.address.host, self.address.port, keepalive=KEEPALIVE_SECONDS)
        self._network.start()

    def stop(self) -> None:
        """Leave in order; the broker keeps our session."""
        if self._presence_topic is not None and self.connected:
            self.post(self._presence_topic, b"0", retain=True).wait(PUBLISH_TIMEOUT_SECONDS)
        self._network.stop(STOP_SECONDS)
        self._connected.clear()

    def acknowledge(self, messages: Iterable[Received]) -> None:
        """Tell the broker that these messages are safe here, with one write. Call it after the commit, from any thread."""
        self._network.acknowledge(message.ticket for message in messages if message.ticket.qos)

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, timeout_seconds: float = PUBLISH_TIMEOUT_SECONDS
    ) -> None:
        """Publish at QoS 1 and return once the broker has it.

        Raises:
            NotSent: there is no broker, or it did not confirm in time.
            Unsendable: no broker would take it.

        """
        if not self._connected.wait(timeout_seconds):
            raise NotSent("There is no connection to the broker. It is tried again by itself.")
        if not self.post(topic, payload, retain=retain).wait(timeout_seconds):
            raise NotSent("The broker did not confirm the message in time.")

    def post(self, topic: str, payload: bytes, *, retain: bool = False) -> Receipt:
        """Publish at QoS 1 without waiting; the client repeats it over reconnects until its receipt has arrived.

        Raises:
            NotSent: too many wait already.
            Unsendable: no broker would take it; repeated, it would keep everything after it from being sent.

        """
        fault = fault_of_message(topic, payload)
        if fault is not None:
            raise Unsendable(f"The message cannot be sent: {fault}.")
        receipt = Receipt()
        before = self._confirmations
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        if info.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
            raise NotSent("Too many messages wait for the broker already.")
        # The confirmation may be faster than we are: it then finds no receipt and leaves its number in `_early`. So does
        # whatever is sent at QoS 0, and numbers are used again, so only a confirmation from now on is ours.
        self._receipts[info.mid] = receipt
        if self._early.pop(info.mid, 0) > before:
            self._receipts.pop(info.mid, None)
            receipt.settle()
        return receipt

    def publish_unconfirmed(self, topic: str, payload: bytes) -> None:
        """Publish at QoS 0: a heartbeat, whose loss is its message."""
        self._client.publish(topic, payload, qos=0)

    def _on_connect(
        self, _client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._network.note(f"it does not take the user {self.address.username}: {str(reason).lower()}")
            return
        self._network.settled()
        self._subscriptions.begin()
        if self._presence_topic is not None:
            self.post(self._presence_topic, b"1", retain=True)
        self._connected.set()
        log.info("broker-connected", client=self.client_id, host=self.address.host, port=self.address.port)

    def _on_disconnect(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        was_connected = self._connected.is_set()
        self._end()
        if was_connected:
            log.info("broker-connection-ended", client=self.client_id, reason=str(reason))

    def _end(self) -> None:
        """There is no connection any more."""
        self._subscriptions.end()
        self._connected.clear()

    def _on_subscribe(
        self, _client: Client, _data: Any, mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        self._subscriptions.answered(mid, reasons)

    def _on_publish(
        self, _client: Client, _data: Any, mid: int, _reason: ReasonCode, _properties: Properties | None
    ) -> None:
        self._confirmations += 1
        self._early[mid] = self._confirmations
        receipt = self._receipts.pop(mid, None)
        if receipt is not None:
            self._early.pop(mid, None)
            receipt.settle()

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = _NO_TOPIC
        self._hear(
            topic, bytes(message.payload), message.retain, Ticket(self._network.connection, message.mid, message.qos)
        )

    def _on_publication(self, said: Publication) -> None:
        try:
            topic = said.topic.decode()
        except UnicodeDecodeError:
            topic = _NO_TOPIC
        self._hear(topic, said.payload, said.retain, Ticket(self._network.connection, said.mid, said.qos))

    def _hear(self, topic: str, payload: bytes, retain: bool, ticket: Ticket) -> None:  # noqa: FBT001 - of each message
        if self._handler is not None:  # else it is not acknowledged: it waits in our session for somebody who listens
            self._handler(Received(topic, payload, retain, ticket, self))
