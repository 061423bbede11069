"""A reader and a strike on an OSDP line: the secure channel, cards, PINs, and an order that nobody answered in time."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.simulators.osdp_reader import OsdpReader
from gateway.barriers.driver import NotOpened, Why
from gateway.barriers.osdp import OsdpDriver
from gateway.passages.models import BarrierPosition
from registry.access.facts import CredentialKind
from registry.access.parts import LanePart, OsdpSettings, PartRole
from registry.passes.wiegand import Wiegand
from tests.makers.lane_parts import Heard, a_part, an_expired_order, an_order

Eventually = Callable[..., None]
KEY = bytes(range(16))


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[OsdpReader]:
    reader = OsdpReader(tmp_path / "line", KEY)
    reader.plug()
    yield reader
    reader.unplug()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def parts(reader: OsdpReader) -> list[LanePart]:
    settings = OsdpSettings(line=reader.line, pd=reader.pd, contact=0)
    return [a_part(settings), a_part(settings, PartRole.READER)]


@pytest.fixture
def driver(heard: Heard, parts: list[LanePart]) -> Iterator[OsdpDriver]:
    driver = OsdpDriver(heard, lambda _settings: KEY)
    driver.follow(parts)
    yield driver
    driver.stop()


def test_a_card_is_read_and_the_strike_lets_go(
    driver: OsdpDriver, reader: OsdpReader, parts: list[LanePart], heard: Heard, eventually: Eventually
) -> None:
    card = Wiegand(26, 100, 58400)
    reader.show_frame(card.frame)
    eventually(lambda: bool(heard.cards))
    assert heard.cards == [("oc1-north-1/reader-1", CredentialKind.CARD, card.key)]
    eventually(lambda: heard.there.get("oc1-north-1/barrier-1", False))
    driver.open(parts[0], an_order(hold_seconds=3))
    assert [(one.output, one.seconds) for one in reader.struck] == [(0, 3.0)]


@pytest.mark.usefixtures("driver")
def test_a_frame_with_wrong_parity_is_no_card_and_a_pin_ends_with_its_sign(
    reader: OsdpReader, heard: Heard, eventually: Eventually
) -> None:
    frame = Wiegand(26, 100, 58400).frame
    reader.show_frame(("1" if frame[0] == "0" else "0") + frame[1:])
    reader.type_keys("47*12")
    reader.type_keys("34#")
    eventually(lambda: bool(heard.cards))
    assert heard.cards == [("oc1-north-1/reader-1", CredentialKind.PIN, "1234")]


def test_an_order_that_was_not_answered_is_not_carried_out_when_the_reader_is_back(
    driver: OsdpDriver, reader: OsdpReader, parts: list[LanePart], heard: Heard, eventually: Eventually
) -> None:
    barrier = parts[0]
    eventually(lambda: heard.there.get(barrier.name, False))
    reader.unplug()
    with pytest.raises(NotOpened) as failure:
        driver.open(barrier, an_order())
    assert failure.value.why in {Why.NO_ANSWER, Why.NO_LINK}
    reader.plug()
    eventually(lambda: not heard.there[barrier.name])
    eventually(lambda: heard.there[barrier.name])
    assert not reader.struck
    driver.open(barrier, an_order(hold_seconds=1))
    assert [one.seconds for one in reader.struck] == [1.0]


def test_a_peripheral_with_another_key_is_not_spoken_to(
    driver: OsdpDriver, reader: OsdpReader, parts: list[LanePart], heard: Heard, eventually: Eventually
) -> None:
    reader.unplug()
    reader.key = bytes(16)
    reader.plug()
    eventually(lambda: not heard.there.get(parts[0].name, True))
    with pytest.raises(NotOpened) as failure:
        driver.open(parts[0], an_order())
    assert failure.value.why is Why.NO_LINK
    assert not reader.struck


def test_an_order_that_has_expired_is_not_sent(
    driver: OsdpDriver, reader: OsdpReader, parts: list[LanePart], heard: Heard, eventually: Eventually
) -> None:
    eventually(lambda: heard.there.get(parts[0].name, False))
    with pytest.raises(NotOpened) as failure:
        driver.open(parts[0], an_expired_order())
    assert failure.value.why is Why.EXPIRED
    driver.open(parts[0], an_order())
    assert len(reader.struck) == 1


@pytest.mark.usefixtures("driver")
def test_the_contact_of_a_door_says_how_it_stands(reader: OsdpReader, heard: Heard, eventually: Eventually) -> None:
    reader.set_contact(is_open=True)
    reader.set_contact(is_open=False)
    eventually(lambda: len(heard.positions) == 2)
    assert [position for _, position in heard.positions] == [BarrierPosition.OPEN, BarrierPosition.CLOSED]
