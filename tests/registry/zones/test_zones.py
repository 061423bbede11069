"""Zones: built of a site's own devices."""

import pytest

from registry.devices.facts import ZoneFacts, ZoneKind, ZoneMember
from registry.devices.queries import NoSuchDevice
from registry.devices.reading import load_register
from registry.ids import DeviceAddress, ZoneId
from registry.store import Store
from registry.zones.queries import NoSuchZone
from registry.zones.service import NotOfThisSite, ZoneExists, add_zone
from tests.fakes.clock import NOON
from tests.makers.registry import OC1, a_device, a_site

pytestmark = pytest.mark.both_stores

NORTH, EAST = ZoneId("oc1-perimeter-north"), ZoneId("oc1-perimeter-east")


def _zone(
    zone: ZoneId, *members: str, adjacent: tuple[ZoneId, ...] = (), kind: ZoneKind = ZoneKind.PERIMETER
) -> ZoneFacts:
    return ZoneFacts(
        id=zone,
        site=OC1,
        name_zh="围墙",
        name_en="Perimeter",
        kind=kind,
        armed=False,
        members=tuple(ZoneMember(device=DeviceAddress.parse(member), region=None) for member in members),
        adjacent=adjacent,
    )


def test_a_24_hour_zone_begins_armed(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        assert add_zone(work.session, _zone(NORTH, kind=ZoneKind.ALWAYS), by="chen", now=NOON).armed


def test_neighbours_know_each_other(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_device(work.session)
        add_zone(work.session, _zone(NORTH, "oc1/beam/north-01"), by="chen", now=NOON)
        add_zone(work.session, _zone(EAST, adjacent=(NORTH,)), by="chen", now=NOON)
        zones = load_register(work.session).zones
    assert (zones[NORTH].adjacent, zones[EAST].adjacent) == ((EAST,), (NORTH,))


def test_a_zone_is_built_of_what_its_site_has(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_device(work.session, "oc2/beam/a")
        a_site(work.session)
        for zone, problem in (
            (_zone(NORTH, "oc2/beam/a"), NotOfThisSite),
            (_zone(NORTH, "oc1/beam/none"), NoSuchDevice),
            (_zone(NORTH, adjacent=(EAST,)), NoSuchZone),
        ):
            with pytest.raises(problem):
                add_zone(work.session, zone, by="chen", now=NOON)
        add_zone(work.session, _zone(NORTH), by="chen", now=NOON)
        with pytest.raises(ZoneExists):
            add_zone(work.session, _zone(NORTH), by="chen", now=NOON)
