"""An empty store is filled in one go, on both kinds of database, or stays empty."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

import gateway.room
import monitor.room
import registry.room
from deploy.demo.city_map import city_map
from deploy.demo.deskwork import TWICE
from deploy.demo.opening import Demo, open_demo
from deploy.demo.plans import Use
from deploy.folder import DataFolder
from monitor.patrols.models import Checkpoint, Tour
from registry.access.facts import GateRights
from registry.access.reading import load_access
from registry.auth.permissions import Role
from registry.auth.service import add_user
from registry.devices.reading import load_register
from registry.housing.models import Building, RoomRow, Tenancy, TenancyOccupant
from registry.passes.digests import digest_key, digest_of
from registry.people.models import Person
from registry.problems import Refusal
from registry.qr.passes import PassClaims, verify_pass, verifying_keys
from registry.settings import Settings
from registry.sites.models import Site
from registry.store import Store
from tests.conftest import NewStore
from tests.fakes.clock import FixedClock

PEOPLE = 1300


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    return folder


@pytest.fixture
def stores(new_store: NewStore) -> Mapping[str, Store]:
    rooms = (registry.room.ROOM, gateway.room.ROOM, monitor.room.ROOM)
    return {room.name: new_store(room) for room in rooms}


def opened(folder: DataFolder, stores: Mapping[str, Store], out: io.StringIO | None = None) -> Demo:
    settings = Settings(data_dir=folder.path)
    return open_demo(settings, folder, stores, FixedClock(), simulated=False, people=PEOPLE, out=out or io.StringIO())


def counted(store: Store, table: Any) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.both_stores
def test_an_empty_store_is_filled_once_with_all_that_gates_and_monitor_need(
    folder: DataFolder, stores: Mapping[str, Store]
) -> None:
    first, second = io.StringIO(), io.StringIO()
    opened(folder, stores, first)
    opened(folder, stores, second)
    people = sum(compound.people for compound in city_map(PEOPLE))
    assert counted(stores["registry"], Person) == people + TWICE
    assert counted(stores["monitor"], Tour) == 21
    assert counted(stores["registry"], Building) == sum(len(compound.buildings) for compound in city_map(PEOPLE)) - 2
    at_home = sum(compound.people for compound in city_map(PEOPLE) if compound.use is Use.HOMES)
    assert counted(stores["registry"], TenancyOccupant) == at_home
    assert counted(stores["registry"], Tenancy) < counted(stores["registry"], RoomRow)
    assert first.getvalue().count("\n") == 1
    assert f"{people:,} people" in first.getvalue()
    assert second.getvalue() == ""
    with stores["registry"].read() as session:
        access, register = load_access(session), load_register(session)
    assert (len(access.gates), len(access.areas), len(register.devices)) == (33, 41, 300)
    assert {zone.site for zone in register.zones.values()} == {compound.id for compound in city_map()}


def test_the_paper_tells_every_role_device_and_example_and_the_simulators_who_may_turn_up(
    folder: DataFolder, stores: Mapping[str, Store]
) -> None:
    demo = opened(folder, stores)
    demo.publish()
    paper = json.loads(folder.demo_file.read_bytes())
    assert list(paper) == ["url", "mqtt", "users", "devices", "examples"]
    assert set(paper["users"]) == set(Role)
    assert len(paper["devices"]) == 300
    assert paper["devices"]["oc1/beam/north-01"]["username"] == "oc1.beam.north-01"
    assert set(paper["examples"]) >= {
        "gate",
        "plate_valid",
        "plate_last_year",
        "plate_unknown",
        "card_valid",
        "qr_valid",
        "pin_valid",
        "pin_duress",
    }
    assert folder.demo_file.stat().st_mode & 0o777 == 0o600
    orders = demo.orders(1)
    with stores["registry"].read() as session:
        known = {credential.key for credential in load_access(session).credentials}
        assert session.scalars(text("SELECT stat FROM sqlite_stat1 WHERE tbl = 'person'")).all()
    assert len(orders.devices) == 296  # two cameras are played by a camera worker, and two gates have barriers
    assert [each.address for each in orders.barriers] == ["oc1/gate/oc1-north", "oc1/gate/oc1-south"]
    for told in orders.compounds:
        assert known.issuperset((*told.plates, *told.cards))
        assert known.isdisjoint(told.strangers)
    keys = verifying_keys(folder.pass_key())
    passes = [verify_pass(keys, text) for told in orders.compounds for text in told.passes]
    assert passes
    assert known.issuperset(str(claims.credential) for claims in passes if isinstance(claims, PassClaims))


def test_some_of_the_demo_s_people_areas_and_credentials_are_asked_for_more(
    folder: DataFolder, stores: Mapping[str, Store]
) -> None:
    demo = opened(folder, stores)
    demo.publish()
    examples = json.loads(folder.demo_file.read_bytes())["examples"]
    with stores["registry"].read() as session:
        access = load_access(session)
    holders = {each.key: each.holder for each in access.credentials if each.holder is not None}
    asked = {name: holders[examples[name]].rights for name in ("card_needs_escort", "card_escort")}
    assert asked == {"card_needs_escort": GateRights(needs_escort=True), "card_escort": GateRights(may_escort=True)}
    assert holders[examples["card_clearance_5"]].rights.clearance == 5
    archive = access.gates[examples["gate_two_person"]].lanes[0].to_area
    assert [area.id for area in access.areas.values() if area.two_person] == [archive]
    assert [area.id for area in access.areas.values() if area.capacity_vehicles] == ["rc1-inside"]
    of_archive = {holders[examples[name]].id for name in ("card_archive", "card_archive_second")}
    assert len(of_archive) == 2
    digest = digest_of(digest_key(folder.key("device")), examples["pin_valid"]).hex()
    assert digest in holders


def test_a_fill_that_is_cut_off_leaves_an_empty_registry_and_the_next_start_fills_it(
    folder: DataFolder, stores: Mapping[str, Store]
) -> None:
    folder.demo_secrets.mkdir()  # the paper cannot be put away, just before the registry's commit
    with pytest.raises(OSError, match="directory"):
        opened(folder, stores)
    folder.demo_secrets.rmdir()
    assert counted(stores["registry"], Site) == counted(stores["registry"], Person) == 0
    opened(folder, stores)
    assert counted(stores["registry"], Site) == 20
    assert counted(stores["monitor"], Checkpoint) == sum(len(each.checkpoints) for each in city_map())
    folder.demo_secrets.unlink()
    with pytest.raises(Refusal, match="not filled by the demo"):
        opened(folder, stores)


def test_a_register_that_somebody_has_begun_is_left_alone_at_once(
    folder: DataFolder, stores: Mapping[str, Store]
) -> None:
    with stores["registry"].begin(FixedClock().now()) as work:
        add_user(work.session, name="li", password="erste-Verwalterin-9", grants=(), now=work.now)
    with pytest.raises(Refusal, match="not filled by the demo"):
        opened(folder, stores)
    assert counted(stores["registry"], Site) == counted(stores["monitor"], Checkpoint) == 0
