"""The page on which an area is closed, its threat level raised, and opened again."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from gateway.circumstances.service import states
from gateway.web import routers
from registry.auth.permissions import Role
from registry.qr.passes import verifying_keys
from registry.sites.service import add_area, add_site
from tests.makers.gateway import INSIDE, OC1, OUTSIDE, GateHouse, RegistryByHand, a_gate_house, access_facts
from tests.makers.web import a_browser, a_token

LanguageOf = Callable[[str], TestClient]


@pytest.fixture
def house(tmp_path: Path, signing_key: Ed25519PrivateKey) -> Iterator[GateHouse]:
    with a_gate_house(tmp_path, RegistryByHand(access_facts()), verifying_keys(signing_key)) as house:
        with house.parts.stores["registry"].begin(house.parts.clock.now()) as work:
            add_site(work.session, site_id=OC1, name_zh="一号院", name_en="Compound 1")
            for area, name in ((INSIDE, "院内"), (OUTSIDE, "院外")):
                add_area(work.session, area_id=area, site=OC1, name_zh=name, name_en=str(area))
        yield house


@pytest.fixture
def operator(house: GateHouse) -> Iterator[TestClient]:
    with a_browser(house.parts, *routers(), bearer=a_token(house.parts, Role.OPERATOR)) as client:
        yield client


def state_of(house: GateHouse) -> dict[str, tuple[bool, int]]:
    with house.parts.stores["gateway"].read() as session:
        return {each.area: (each.lockdown, each.threat_level) for each in states(session, OC1)}


def order(client: TestClient, **fields: str) -> Any:
    asked = {"site": "oc1", "area": "oc1-inside", "state": "lockdown", "reason": "intruder"} | fields
    return client.post("/gate/areas", data=asked, follow_redirects=False)


def test_a_compound_is_closed_and_opened_from_the_page(house: GateHouse, operator: TestClient) -> None:
    assert "正常通行" in operator.get("/gate/areas", params={"site": "oc1"}).text
    assert order(operator, area="*", words="翻墙进入").status_code == 303
    assert state_of(house) == {"oc1-inside": (True, 0)}
    shown = operator.get("/gate/areas", params={"site": "oc1"}).text
    assert "翻墙进入" in shown
    assert "院外" not in shown
    assert order(operator, state="3", reason="crowd").status_code == 303
    assert state_of(house) == {"oc1-inside": (False, 3)}
    assert order(operator, state="open", reason="over").status_code == 303
    assert state_of(house) == {"oc1-inside": (False, 0)}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"state": "6"}, 422),
        ({"reason": ""}, 422),
        ({"reason": "other"}, 422),
        ({"area": "oc1-outside"}, 404),
        ({"site": "oc2"}, 404),
    ],
)
def test_what_is_no_order_changes_nothing(
    house: GateHouse, operator: TestClient, fields: dict[str, str], status: int
) -> None:
    assert order(operator, **fields).status_code == status
    assert state_of(house) == {}


def test_a_guard_has_no_such_page(house: GateHouse) -> None:
    with a_browser(house.parts, *routers(), bearer=a_token(house.parts, Role.GUARD)) as guard:
        assert guard.get("/gate/areas", params={"site": "oc1"}).status_code == 403
        assert order(guard).status_code == 403
