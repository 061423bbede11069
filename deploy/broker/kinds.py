"""The two kinds of broker that run as our child, as everything else sees them."""

from collections.abc import Iterable
from typing import Protocol, assert_never

from deploy.broker.accounts import BrokerPlaces, BrokerUser
from deploy.broker.mosquitto import Mosquitto
from deploy.broker.nats import Nats
from registry.settings import BrokerKind


class Broker(Protocol):
    """A broker of ours: started with its accounts, told when they change, ended with us."""

    places: BrokerPlaces

    @property
    def pid(self) -> int | None:
        """The process that runs now."""

    @property
    def fault(self) -> str | None:
        """Why it stores nothing more until it is started anew, in its own words; None: nothing is known against it."""

    def start(self, users: Iterable[BrokerUser]) -> None:
        """Start it and return when it takes clients; a Refusal says why it does not."""

    def reload(self, users: Iterable[BrokerUser]) -> bool:
        """Make these the accounts there are; False: it did not say that it took them."""

    def stop(self) -> None:
        """End it."""

    def end_left_over(self) -> None:
        """End one of ours that outlived its parent."""


def broker_of(kind: BrokerKind, places: BrokerPlaces) -> Broker:
    match kind:
        case BrokerKind.NATS:
            return Nats(places)
        case BrokerKind.MOSQUITTO:
            return Mosquitto(places)
        case _:
            assert_never(kind)
