"""Compounds with their areas and gates."""

import pytest
from sqlalchemy.exc import IntegrityError

from registry.devices.facts import BuildingFacts
from registry.devices.reading import load_register
from registry.feed.service import versions
from registry.ids import AreaId, LaneId, SiteId
from registry.sites import queries
from registry.sites.service import NameNotAllowed, NewLane, NoSuchTimezone, SiteExists, add_site
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.registry import OC1, a_gate, a_site

pytestmark = pytest.mark.both_stores


def test_a_new_site_begins_its_feed(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        add_site(work.session, site_id=OC1, name_zh="一号院", name_en="One")
        assert versions(work.session) == {OC1: 1}
        with pytest.raises(SiteExists):
            add_site(work.session, site_id=OC1, name_zh="一号院", name_en="One")


def test_a_building_keeps_its_names_and_its_place_on_the_plan(registry_store: Store) -> None:
    hall = BuildingFacts(name_zh="一号楼", name_en="Building 1", outline=((0.1, 0.2), (0.4, 0.2), (0.4, 0.5)))
    with registry_store.begin(NOON) as work:
        add_site(work.session, site_id=OC1, name_zh="一号院", name_en="One", buildings=[hall])
        assert load_register(work.session).sites[OC1].buildings == (hall,)


@pytest.mark.parametrize("name", ["OC1", "oc 1", "", "o" * 41, "一号院"])
def test_a_name_must_fit_into_a_topic(registry_store: Store, name: str) -> None:
    with registry_store.begin(NOON) as work, pytest.raises(NameNotAllowed):
        add_site(work.session, site_id=SiteId(name), name_zh="x", name_en="x")


@pytest.mark.parametrize("timezone", ["Asia/Wuhan", "", "../../etc/passwd"])
def test_a_time_zone_must_be_one(registry_store: Store, timezone: str) -> None:
    with registry_store.begin(NOON) as work, pytest.raises(NoSuchTimezone):
        add_site(work.session, site_id=OC1, name_zh="x", name_en="x", timezone=timezone)


def test_a_lane_leads_between_areas_of_its_own_site(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session, "oc2")
    astray = NewLane(id=LaneId("oc1-north-1"), from_area=AreaId("oc2-outside"), to_area=AreaId("oc1-inside"))
    with pytest.raises(IntegrityError), registry_store.begin(NOON) as work:
        a_gate(work.session, lanes=[astray])


def test_gates_of_other_sites_are_not_there(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_gate(work.session, "oc1-north")
        a_gate(work.session, "oc2-north", site="oc2")
        assert [gate.id for gate in queries.gates(work.session, {OC1})] == ["oc1-north"]
        with pytest.raises(queries.NoSuchGate, match="oc2-north"):
            queries.require_gates(work.session, ["oc2-north"], {OC1})  # type: ignore[list-item]  # a gate's id
