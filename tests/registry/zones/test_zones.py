"""Zones: built of a site's own devices, armed and disarmed."""

import json

import pytest
from sqlalchemy import select

from registry.credentials.service import ReasonMissing
from registry.devices.facts import ZoneFacts, ZoneKind, ZoneMember
from registry.devices.queries import NoSuchDevice
from registry.devices.reading import load_register, register_version
from registry.ids import DeviceAddress, SiteId, ZoneId
from registry.room import Audit
from registry.store import Store
from registry.zones.queries import NoSuchZone
from registry.zones.service import AlwaysArmed, NotOfThisSite, ZoneExists, add_zone, arm_zone, disarm_zone
from tests.fakes.clock import NOON
from tests.makers.registry import OC1, a_device, a_site, a_zone

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


def test_arming_is_told_once(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_zone(work.session, armed=False)
        before = register_version(work.session)
        arm_zone(work.session, NORTH, within={OC1}, by="chen", now=NOON)
        arm_zone(work.session, NORTH, within={OC1}, by="chen", now=NOON)
        assert register_version(work.session) == before + 1
        assert load_register(work.session).zones[NORTH].armed
        disarm_zone(work.session, NORTH, within={OC1}, reason="检修", by="chen", now=NOON)
        assert not load_register(work.session).zones[NORTH].armed


def test_who_disarms_a_zone_says_why_and_the_audit_keeps_it(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_zone(work.session)
        with pytest.raises(ReasonMissing):
            disarm_zone(work.session, NORTH, within={OC1}, reason="  ", by="chen", now=NOON)
        assert load_register(work.session).zones[NORTH].armed
        disarm_zone(work.session, NORTH, within={OC1}, reason=" 围墙检修 ", by="chen", now=NOON)
        act = work.session.scalars(select(Audit)).one()
    assert (act.actor, act.action, act.subject) == ("chen", "zone-disarmed", f"zone:{NORTH}")
    assert json.loads(act.facts) == {"reason": "围墙检修"}


def test_a_24_hour_zone_is_always_armed(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        assert add_zone(work.session, _zone(NORTH, kind=ZoneKind.ALWAYS), by="chen", now=NOON).armed
        with pytest.raises(AlwaysArmed):
            disarm_zone(work.session, NORTH, within={OC1}, reason="检修", by="chen", now=NOON)


def test_a_zone_of_another_site_is_not_there(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_zone(work.session)
        with pytest.raises(NoSuchZone):
            disarm_zone(work.session, NORTH, within={SiteId("oc2")}, reason="检修", by="chen", now=NOON)


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
