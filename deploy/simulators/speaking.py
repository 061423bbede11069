"""How the simulators speak: HTTP with a token, MQTT as a device; a product that is away is tried again later."""

from datetime import datetime
from typing import Any

import httpx
import structlog

from deploy.simulators.orders import DeviceAccount, SimulatorOrders
from registry.bus import BrokerAddress, Bus, NotSent
from registry.clock import Instant
from registry.ids import DeviceAddress, new_id
from registry.messages.envelope import Event
from registry.messages.topics import Channel, DeviceTopic

log = structlog.get_logger()

_TIMEOUT_SECONDS = 10.0


class Speaker:
    """Asks the product's API as one of its users; None where it gave no good answer."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=_TIMEOUT_SECONDS, trust_env=False
        )

    def ask(self, method: str, path: str, **request: Any) -> Any | None:
        try:
            answer = self._client.request(method, path, **request)
        except httpx.HTTPError as error:
            log.info("product-not-reached", path=path, error=type(error).__name__)
            return None
        if answer.is_error:
            log.info("product-refused", path=path, status=answer.status_code)
            return None
        return answer.json()


class SimulatedDevice:
    """A device on the broker: its events are numbered, its heart beats."""

    def __init__(self, orders: SimulatorOrders, account: DeviceAccount) -> None:
        self.address = DeviceAddress.parse(account.address)
        self._sequence = 0
        self._boot = str(new_id())
        self._bus = Bus(
            BrokerAddress(
                host=orders.broker_host,
                port=orders.broker_port,
                username=account.username,
                password=account.password,
            ),
            presence_topic=str(DeviceTopic(self.address, Channel.ONLINE)),
        )

    def start(self) -> None:
        self._bus.start()

    def stop(self) -> None:
        self._bus.stop()

    def beat(self) -> None:
        self._bus.publish_unconfirmed(str(DeviceTopic(self.address, Channel.HEARTBEAT)), b"{}")

    def tell(self, what: str, data: dict[str, Any], now: Instant | datetime) -> None:
        """Publish one event; one that the broker did not take is gone, as with a simple device."""
        self._sequence += 1
        event = Event(
            id=str(new_id()),
            source=self.address.source,
            type=f"dayuan.{self.address.kind}.{what}",
            time=now,
            seq=self._sequence,
            bootid=self._boot,
            data=data,
        )
        try:
            self._bus.publish(
                str(DeviceTopic(self.address, Channel.EVENT)), event.model_dump_json(exclude_none=True).encode()
            )
        except NotSent:
            log.info("event-not-taken", device=str(self.address))
