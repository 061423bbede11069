"""Where gates and devices stand on the plan of their compound."""

import json

import pytest
from sqlalchemy import select

from registry.devices.facts import Place
from registry.devices.queries import NoSuchDevice
from registry.devices.reading import load_register
from registry.devices.service import place_device
from registry.feed.service import changes_after, versions
from registry.ids import DeviceAddress, SiteId
from registry.room import Audit
from registry.sites.drawing import DrawingRefused
from registry.sites.plan import MovedMeanwhile, ThingKind, plan, put, remove_drawing, set_drawing
from registry.sites.queries import NoSuchGate
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.registry import a_device, a_gate

pytestmark = pytest.mark.both_stores
OC1, OC2 = SiteId("oc1"), SiteId("oc2")
HERE, THERE = Place(x=0.5, y=0.1), Place(x=0.25, y=0.75)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 200"><rect width="30" height="20"/></svg>'


def test_a_gate_is_moved_with_the_device_that_it_is_and_everybody_hears_of_it(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_gate(work.session)
        a_device(work.session, "oc1/gate/oc1-north", place=HERE)
        known = versions(work.session)
        put(work.session, OC1, ThingKind.GATE, "oc1-north", THERE, was=HERE, by="chen", now=NOON)
        assert {(each.kind, each.key) for each in changes_after(work.session, known)} == {
            ("gate", "oc1-north"),
            ("device", "oc1/gate/oc1-north"),
        }
        moved = load_register(work.session).devices[DeviceAddress(OC1, "gate", "oc1-north")]
        assert moved.place == THERE
        assert [(each.key, each.place) for each in plan(work.session, OC1).things] == [("oc1-north", THERE)]
        act = work.session.scalars(select(Audit).order_by(Audit.position.desc())).first()
        assert act is not None
        assert (act.action, act.subject, act.actor) == ("gate-placed", "gate:oc1-north", "chen")
        assert json.loads(act.facts) == {"x_before": 0.5, "y_before": 0.1, "x": 0.25, "y": 0.75}


def test_who_moves_the_device_that_a_gate_is_moves_the_gate(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_gate(work.session)
        a_device(work.session, "oc1/gate/oc1-north", place=HERE)
        place_device(work.session, DeviceAddress(OC1, "gate", "oc1-north"), THERE, by="admin", now=NOON)
        assert [(each.key, each.place) for each in plan(work.session, OC1).things] == [("oc1-north", THERE)]


def test_who_moves_what_somebody_else_has_moved_is_told_where_it_stands(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_device(work.session, "oc1/camera/hall-01")
        with pytest.raises(MovedMeanwhile) as moved:
            put(work.session, OC1, ThingKind.DEVICE, "camera/hall-01", THERE, was=HERE, by="chen", now=NOON)
        assert moved.value.facts["place"] is None
        put(work.session, OC1, ThingKind.DEVICE, "camera/hall-01", THERE, was=None, by="chen", now=NOON)
        with pytest.raises(MovedMeanwhile) as moved:
            put(work.session, OC1, ThingKind.DEVICE, "camera/hall-01", HERE, was=None, by="wu", now=NOON)
        assert moved.value.facts["place"] == {"x": 0.25, "y": 0.75}
        put(work.session, OC1, ThingKind.DEVICE, "camera/hall-01", None, was=THERE, by="chen", now=NOON)
        assert [each.place for each in plan(work.session, OC1).things] == [None]


def test_another_compound_s_things_are_not_there(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_gate(work.session, "oc2-north", site="oc2")
        a_device(work.session, "oc2/beam/a")
        with pytest.raises(NoSuchGate):
            put(work.session, OC1, ThingKind.GATE, "oc2-north", THERE, was=HERE, by="chen", now=NOON)
        for key in ("beam/a", "beam", "nothing/a"):
            with pytest.raises(NoSuchDevice):
                put(work.session, OC1, ThingKind.DEVICE, key, THERE, was=None, by="chen", now=NOON)


def test_an_uploaded_drawing_takes_the_place_of_the_outline_until_it_is_taken_away(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_gate(work.session)
        assert plan(work.session, OC1).height == 400
        set_drawing(work.session, OC1, SVG, by="chen", now=NOON)
        set_drawing(work.session, OC1, SVG.replace(b"300", b"400"), by="chen", now=NOON)
        assert plan(work.session, OC1).height == 500
        with pytest.raises(DrawingRefused):
            set_drawing(work.session, OC1, b"<svg/>", by="chen", now=NOON)
        assert plan(work.session, OC1).uploaded is not None
        remove_drawing(work.session, OC1, by="chen", now=NOON)
        remove_drawing(work.session, OC1, by="chen", now=NOON)
        assert plan(work.session, OC1).uploaded is None
