"""From the card to the strike: a reader on a line of ours, the desk's verdict, and the door."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import osdp
import pytest
from sqlalchemy import select

from deploy.simulators.osdp_reader import OsdpReader
from deploy.simulators.uhppote_controller import UhppoteController
from gateway.barriers.hardware import Hardware
from gateway.desk import Desk
from gateway.entries.models import Entry
from gateway.room import Outbox
from registry.access.parts import LanePart, OsdpSettings, PartRole, UhppoteSettings
from registry.bus import BrokerAddress, Bus
from registry.passes.wiegand import Wiegand
from tests.makers.gateway import RegistryByHand, a_card, a_gate, access_facts
from tests.makers.lane_parts import a_part
from tests.ports import free_port

Eventually = Callable[..., None]
KEY = bytes(range(16))
KNOWN, STRANGE = Wiegand(26, 100, 58400), Wiegand(26, 100, 58401)


@pytest.fixture
def equip(register: RegistryByHand, make_desk: Callable[[], Desk]) -> Iterator[Callable[..., Desk]]:
    """Gives a desk that runs with the hardware of these parts; there is no broker."""
    running: list[Hardware] = []

    def equipped(*parts: LanePart) -> Desk:
        gate = replace(a_gate(), parts=parts)
        register.facts = access_facts(a_card(KNOWN.key), gates=(gate,))
        desk = make_desk()
        desk.start()
        nowhere = BrokerAddress(host="127.0.0.1", port=free_port(), username="gateway", password="x")
        hardware = Hardware(desk, Bus(nowhere), lambda _settings: KEY, uhppote_port=0)
        hardware.start()
        running.append(hardware)
        return desk

    yield equipped
    for hardware in running:
        hardware.stop()


def _entries(desk: Desk) -> list[tuple[str, str, str | None]]:
    with desk.store.read() as session:
        rows = session.execute(select(Entry.verdict, Entry.credential_key, Entry.reader).order_by(Entry.id)).all()
    return [(str(verdict), key, reader) for verdict, key, reader in rows]


def test_a_card_at_an_osdp_reader_is_decided_and_the_strike_lets_go(
    equip: Callable[..., Desk], tmp_path: Path, eventually: Eventually
) -> None:
    reader = OsdpReader(tmp_path / "line", KEY)
    reader.plug()
    settings = OsdpSettings(line=reader.line, pd=reader.pd)
    desk = equip(a_part(settings), a_part(settings, PartRole.READER))
    reader.show_frame(STRANGE.frame)
    eventually(lambda: len(_entries(desk)) == 1)
    reader.show_frame(KNOWN.frame)
    eventually(lambda: len(reader.struck) == 1)
    name = "oc1-north-1/reader-1"
    assert _entries(desk) == [("refer", STRANGE.key, name), ("granted", KNOWN.key, name)]
    eventually(lambda: any(news.opened_at for news in desk.barriers.board.news()))
    eventually(lambda: reader.colours == [osdp.CommandLEDColor.Amber, osdp.CommandLEDColor.Green])
    reader.unplug()


def test_five_wrong_pins_at_a_reader_of_ours_raise_a_signal(
    equip: Callable[..., Desk], tmp_path: Path, eventually: Eventually
) -> None:
    reader = OsdpReader(tmp_path / "line", KEY)
    reader.plug()
    desk = equip(a_part(OsdpSettings(line=reader.line, pd=reader.pd), PartRole.READER))

    def signals() -> list[str]:
        with desk.store.read() as session:
            told = [orjson.loads(payload) for payload in session.scalars(select(Outbox.payload))]
        return [event["data"]["reader"] for event in told if event["type"] == "dayuan.gate.auth_failed"]

    for count in range(1, 6):
        assert signals() == []
        reader.type_keys("4711#")
        eventually(lambda wanted=count: len(_entries(desk)) == wanted)
    eventually(lambda: len(signals()) == 1)
    assert signals() == ["oc1-north-1/reader-1"]
    reader.unplug()


def test_a_swipe_at_a_uhppote_controller_is_decided_and_its_door_opens(
    equip: Callable[..., Desk], eventually: Eventually
) -> None:
    controller = UhppoteController()
    controller.plug()
    settings = UhppoteSettings(controller=controller.serial, address=controller.address, door=1)
    desk = equip(a_part(settings), a_part(settings, PartRole.READER))
    eventually(lambda: controller.is_listened_to and not controller.decides_itself)
    controller.swipe(10058401)
    eventually(lambda: len(_entries(desk)) == 1)
    controller.swipe(10058400)
    eventually(lambda: len(controller.opened) == 1)
    assert [(verdict, key) for verdict, key, _ in _entries(desk)] == [("refer", STRANGE.key), ("granted", KNOWN.key)]
    controller.unplug()
