"""A controller on the network: its doors open, its swipes are heard, and one that is away opens nothing later."""

import socket
from collections.abc import Callable, Iterator

import pytest

from deploy.simulators.uhppote_controller import UhppoteController
from gateway.barriers.driver import NotOpened, Why
from gateway.barriers.uhppote import UhppoteDriver
from gateway.passages.models import BarrierPosition
from registry.access.facts import CredentialKind
from registry.access.parts import LanePart, PartRole, UhppoteSettings
from registry.passes.wiegand import Wiegand
from tests.makers.lane_parts import Heard, a_part, an_expired_order, an_order

Eventually = Callable[..., None]


@pytest.fixture
def controller() -> Iterator[UhppoteController]:
    controller = UhppoteController()
    controller.plug()
    yield controller
    controller.unplug()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def parts(controller: UhppoteController) -> list[LanePart]:
    settings = UhppoteSettings(controller=controller.serial, address=controller.address, door=1)
    return [a_part(settings), *(a_part(settings, PartRole.READER, position) for position in (1, 2))]


@pytest.fixture
def driver(heard: Heard, parts: list[LanePart], eventually: Eventually) -> Iterator[UhppoteDriver]:
    driver = UhppoteDriver(heard, listen_port=0, look_seconds=0.05)
    driver.follow(parts)
    eventually(lambda: heard.there.get(parts[0].name, False))
    yield driver
    driver.stop()


def test_a_door_opens_for_as_long_as_asked_and_its_sensor_is_heard(
    driver: UhppoteDriver, controller: UhppoteController, parts: list[LanePart], heard: Heard, eventually: Eventually
) -> None:
    driver.open(parts[0], an_order(hold_seconds=7))
    assert [(one.door, one.seconds) for one in controller.opened] == [(1, 7)]
    eventually(lambda: heard.positions[-1] == (parts[0].name, BarrierPosition.OPEN))
    controller.close_door(1)
    eventually(lambda: heard.positions[-1] == (parts[0].name, BarrierPosition.CLOSED))


@pytest.mark.usefixtures("driver")
def test_a_swipe_is_heard_once_from_the_reader_at_which_it_was(
    controller: UhppoteController, heard: Heard, eventually: Eventually
) -> None:
    assert not controller.decides_itself
    controller.swipe(10058400, reader=2)
    controller.repeat_last_event(10058400, reader=2)
    controller.swipe(0xDEADBEEF)
    eventually(lambda: len(heard.cards) == 2)
    assert heard.cards == [
        ("oc1-north-1/reader-2", CredentialKind.CARD, Wiegand(26, 100, 58400).key),
        ("oc1-north-1/reader-1", CredentialKind.CARD, "DEADBEEF"),
    ]


def test_a_controller_that_was_away_opens_nothing_later(
    driver: UhppoteDriver, controller: UhppoteController, parts: list[LanePart], heard: Heard, eventually: Eventually
) -> None:
    controller.unplug()
    with pytest.raises(NotOpened) as failure:
        driver.open(parts[0], an_order())
    assert failure.value.why in {Why.NO_ANSWER, Why.NO_LINK}
    eventually(lambda: not heard.there[parts[0].name])
    controller.plug()
    eventually(lambda: heard.there[parts[0].name])
    assert not controller.opened


def test_an_order_that_has_expired_is_not_sent(
    driver: UhppoteDriver, controller: UhppoteController, parts: list[LanePart]
) -> None:
    with pytest.raises(NotOpened) as failure:
        driver.open(parts[0], an_expired_order())
    assert failure.value.why is Why.EXPIRED
    assert not controller.opened


def test_an_event_from_another_address_is_nobodys(
    driver: UhppoteDriver, controller: UhppoteController, heard: Heard, eventually: Eventually
) -> None:
    stranger = UhppoteController()
    ear = driver._ear
    assert ear is not None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.2", 0))
        stranger._socket, stranger._listener = line, ("127.0.0.1", ear.port)
        stranger.swipe(10058401)
        stranger._socket = None
    controller.swipe(10058400)
    eventually(lambda: bool(heard.cards))
    assert [card for *_, card in heard.cards] == [Wiegand(26, 100, 58400).key]
