"""Devices: added with a secret, changed, shut out; and how the register is handed on."""

import pytest
from sqlalchemy import select

from registry.devices import queries
from registry.devices.check import device_check
from registry.devices.facts import Place, RegionFacts
from registry.devices.hearing import Hearing, HearingNotAllowed, PrefixNotAllowed, PrefixTaken
from registry.devices.reading import load_register, register_version
from registry.devices.rules import fault_of_region, fault_of_source
from registry.devices.secrets import device_secret, hash_secret, matches
from registry.devices.service import (
    DeviceExists,
    NewDevice,
    NoDeviceAddress,
    RegionNotAllowed,
    SourceNotAllowed,
    add_device,
    disable_device,
    enable_device,
    rotate_secret,
    set_hearing,
    set_regions,
    set_source,
)
from registry.ids import DeviceAddress, SiteId
from registry.room import Audit
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.registry import DEVICE_KEY, OC1, a_device, a_site, a_zone

pytestmark = pytest.mark.both_stores

BEAM = DeviceAddress(OC1, "beam", "north-01")
CAMERA = DeviceAddress(OC1, "camera", "north-01")
LAWN = RegionFacts(id="lawn", polygon=((0.1, 0.1), (0.9, 0.1), (0.9, 0.9)), rules=("intrusion",))


def _new(address: DeviceAddress = BEAM, **changed: object) -> NewDevice:
    return NewDevice(**{"address": address, "name_zh": "北一", "name_en": "North 1", **changed})  # type: ignore[arg-type]


def test_a_secret_has_128_bits_and_belongs_to_one_device_and_generation() -> None:
    secret = device_secret(DEVICE_KEY, BEAM, 1)
    assert len(bytes.fromhex(secret)) == 16
    others = {device_secret(DEVICE_KEY, CAMERA, 1), device_secret(DEVICE_KEY, BEAM, 2), device_secret(b"k", BEAM, 1)}
    assert secret not in others
    assert secret == device_secret(DEVICE_KEY, BEAM, 1)


def test_only_the_hash_is_kept_and_it_is_of_the_kind_that_the_broker_reads() -> None:
    kept = hash_secret("s3cret")
    assert kept.startswith("$2a$04$")
    assert matches("s3cret", kept)
    assert not matches("s3cre", kept)
    assert not matches("s" * 1000, kept)


def test_a_device_is_added_and_may_prove_itself(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        before = register_version(work.session)
        added = add_device(work.session, DEVICE_KEY, _new(), by="chen", now=NOON)
        assert register_version(work.session) > before
    check = device_check(registry_store)
    assert check("oc1.beam.north-01", added.secret) == BEAM
    assert check("oc1.beam.north-01", "wrong") is None
    assert check("oc1.beam.south-01", added.secret) is None
    for nobody in ("oc1.beam", "oc1.beam.north-01.x", "OC1.beam.north-01", "oc1.fridge.north-01", ""):
        assert check(nobody, added.secret) is None


def test_a_disabled_device_is_nobody_until_it_is_enabled(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        secret = add_device(work.session, DEVICE_KEY, _new(), by="chen", now=NOON).secret
        disable_device(work.session, BEAM, by="chen", now=NOON)
    check = device_check(registry_store)
    assert check("oc1.beam.north-01", secret) is None
    with registry_store.begin(NOON) as work:
        version = register_version(work.session)
        enable_device(work.session, BEAM, by="chen", now=NOON)
        enable_device(work.session, BEAM, by="chen", now=NOON)
        assert register_version(work.session) == version + 1
    assert check("oc1.beam.north-01", secret) == BEAM


def test_a_new_secret_ends_the_old_one(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        old = add_device(work.session, DEVICE_KEY, _new(), by="chen", now=NOON).secret
        new = rotate_secret(work.session, DEVICE_KEY, BEAM, by="chen", now=NOON)
        assert new.device.secret_generation == 2
    check = device_check(registry_store)
    assert check("oc1.beam.north-01", old) is None
    assert check("oc1.beam.north-01", new.secret) == BEAM


@pytest.mark.parametrize(
    ("device", "problem"),
    [
        (_new(DeviceAddress(OC1, "fridge", "north-01")), NoDeviceAddress),
        (_new(DeviceAddress(OC1, "beam", "North 01")), NoDeviceAddress),
        (_new(source="rtsp://10.0.0.7/main"), SourceNotAllowed),
        (_new(CAMERA, source="ftp://10.0.0.7/main"), SourceNotAllowed),
        (_new(CAMERA, regions=(LAWN, LAWN)), RegionNotAllowed),
        (_new(hearing=Hearing(foreign_prefixes=("dayuan/v1/oc1",))), PrefixNotAllowed),
        (_new(hearing=Hearing(foreign_prefixes=("frigate/#",))), PrefixNotAllowed),
        (_new(hearing=Hearing(foreign_prefixes=("$SYS/broker",))), PrefixNotAllowed),
        (_new(hearing=Hearing(foreign_prefixes=("taken/x",))), PrefixTaken),
        (_new(hearing=Hearing(adapter="../onvif")), HearingNotAllowed),
        (_new(hearing=Hearing(gateway="nowhere")), HearingNotAllowed),
        (_new(DeviceAddress(OC1, "gw", "b"), hearing=Hearing(gateway="zigbee")), HearingNotAllowed),
        (_new(hearing=Hearing(heartbeat_seconds=0)), HearingNotAllowed),
        (_new(hearing=Hearing(beams=3)), HearingNotAllowed),
        (_new(CAMERA, hearing=Hearing(beams=2)), HearingNotAllowed),
        (_new(hearing=Hearing(min_interruption_ms=701)), HearingNotAllowed),
        (_new(hearing=Hearing(foreign_id="")), HearingNotAllowed),
    ],
)
def test_what_cannot_be_added_says_why(registry_store: Store, device: NewDevice, problem: type[Exception]) -> None:
    with registry_store.begin(NOON) as work:
        a_device(work.session, "oc1/gw/zigbee", foreign_prefixes=("taken/x/",))
        with pytest.raises(problem):
            add_device(work.session, DEVICE_KEY, device, by="chen", now=NOON)


def test_an_address_is_given_once(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_device(work.session)
        with pytest.raises(DeviceExists, match="oc1/beam/north-01"):
            add_device(work.session, DEVICE_KEY, _new(), by="chen", now=NOON)


@pytest.mark.parametrize(
    ("source", "is_good"),
    [
        ("rtsp://viewer:secret@10.0.0.7:554/main", True),
        ("/srv/video/north.avi", True),
        ("rtsp://", False),
        ("file:///etc/passwd", False),
        ("rtsp://[::1", False),
        ("rtsp://10.0.0.7:port/main", False),
        ("rtsp://…@10.0.0.7/main", False),
        ("rtsp://admin:pa/ss@10.0.0.7/main", False),
        ("http://10.0.0.7/snap.jpg?user=admin&pwd=p@ss", False),
        ("rtsp://admin:pa%2Fss@10.0.0.7/main", True),
        ("rtsp://10.0.0.7:554/user=admin_password=secret_channel=1", True),
        ("a\nb", False),
        ("  ", False),
    ],
)
def test_a_source_is_a_file_or_an_address(source: str, is_good: bool) -> None:  # noqa: FBT001 - one column of a table
    assert (fault_of_source(source) is None) is is_good


def test_a_sources_password_is_not_audited(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_device(work.session, str(CAMERA))
        set_source(work.session, CAMERA, "rtsp://viewer:secret@10.0.0.7/main", by="chen", now=NOON)
        facts = work.session.scalars(select(Audit.facts)).all()
    assert facts
    assert not any("secret" in fact for fact in facts)


@pytest.mark.parametrize(
    ("polygon", "rules", "fault"),
    [
        (LAWN.polygon, ("intrusion",), None),
        (LAWN.polygon[:2], (), "2"),
        (((0, 0), (1, 1), (0.5, 0.5)), (), "enclose nothing"),
        (((0, 0), (1.2, 0), (1, 1)), (), "fractions"),
        (LAWN.polygon, ("dancing",), "dancing"),
    ],
)
def test_a_region_is_a_polygon_on_the_picture(
    polygon: tuple[tuple[float, float], ...], rules: tuple[str, ...], fault: str | None
) -> None:
    told = fault_of_region(polygon, rules)
    assert told is None if fault is None else told is not None and fault in told


def test_the_register_hands_on_what_was_written(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_device(work.session, str(CAMERA), place=Place(x=0.2, y=0.3), source="/srv/north.avi")
        set_regions(work.session, CAMERA, [LAWN], by="chen", now=NOON)
        a_zone(work.session, members=[(str(CAMERA), "lawn"), (str(BEAM), None)])
    with registry_store.read() as session:
        register = load_register(session)
        assert register.version == register_version(session)
    camera = register.devices[CAMERA]
    assert (camera.place, camera.source, camera.regions) == (Place(x=0.2, y=0.3), "/srv/north.avi", (LAWN,))
    assert "north.avi" not in repr(camera)
    (zone,) = register.zones.values()
    assert zone.id == "oc1-perimeter-north"
    assert {(member.device, member.region) for member in zone.members} == {(CAMERA, "lawn"), (BEAM, None)}


def test_devices_are_found_by_address_and_come_in_its_order(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        for address in ("oc1/camera/b", "oc1/beam/z", "oc1/camera/a", "oc2/beam/a"):
            a_device(work.session, address)
        session = work.session
        first = queries.devices(session, {OC1}, limit=2)
        rest = queries.devices(session, {OC1}, after=first[-1].address, limit=2)
        assert [str(row.address) for row in [*first, *rest]] == ["oc1/beam/z", "oc1/camera/a", "oc1/camera/b"]
        found = queries.devices(session, {OC1, SiteId("oc2")}, words="oc2/beam", limit=9)
        assert [str(row.address) for row in found] == ["oc2/beam/a"]
        assert len(queries.devices(session, {OC1}, kind="camera", limit=9)) == 2


def test_how_a_device_is_heard_is_handed_on(registry_store: Store) -> None:
    hearing = Hearing(
        foreign_prefixes=("zigbee2mqtt/north",),
        adapter="zigbee2mqtt",
        foreign_id="0x00124b",
        gateway="zigbee",
        is_wireless=True,
        heartbeat_seconds=60,
        beams=2,
        min_interruption_ms=50,
    )
    with registry_store.begin(NOON) as work:
        a_device(work.session, "oc1/gw/zigbee")
        a_device(work.session, str(BEAM))
        before = register_version(work.session)
        set_hearing(work.session, BEAM, hearing, by="chen", now=NOON)
        set_hearing(work.session, BEAM, hearing, by="chen", now=NOON)
        assert register_version(work.session) == before + 1
    with registry_store.read() as session:
        beam = load_register(session).devices[BEAM]
    assert Hearing(**{name: getattr(beam, name) for name in Hearing.__dataclass_fields__}) == hearing
