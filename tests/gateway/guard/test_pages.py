"""The guard's page as the server renders it; how it behaves is tested in a browser."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from starlette.testclient import TestClient

from gateway.web import routers
from registry.auth.permissions import Role
from registry.auth.service import add_user
from tests.makers.gateway import OC1, OC2, GateHouse, RegistryByHand, a_gate_house, access_facts
from tests.makers.registry import a_site
from tests.makers.web import PASSWORD, a_browser, a_session, a_user

PART = {"HX-Request": "true"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[GateHouse]:
    facts = replace(access_facts(), timezones={OC1: "Asia/Urumqi", OC2: "Asia/Shanghai"})
    with a_gate_house(tmp_path, RegistryByHand(facts), {}) as house:
        yield house


@pytest.fixture
def guard(house: GateHouse) -> Iterator[TestClient]:
    signed_in = a_session(house.parts, a_user(house.parts, "guard", Role.GUARD))
    with a_browser(house.parts, *routers(), signed_in=signed_in) as client:
        yield client


def test_the_page_knows_the_clock_of_its_gates_compound(guard: TestClient) -> None:
    assert 'data-timezone="Asia/Urumqi"' in guard.get("/gate?gate=oc1-north").text


def test_every_part_of_the_page_writes_the_time_of_its_compound(guard: TestClient, house: GateHouse) -> None:
    form = {"attempt_id": str(uuid4()), "gate": "oc1-north", "direction": "in", "value": "鄂E00000"}
    assert ">10:00:00</time>" in guard.post("/gate/checks", data=form).text
    assert ">10:00:00</time>" in guard.get("/gate/recent?gate=oc1-north", headers=PART).text
    with house.parts.stores["gateway"].engine.connect() as connection:
        entry = UUID(str(connection.exec_driver_sql("SELECT id FROM entry").scalar_one()))
    assert ">10:00:00</time>" in guard.get(f"/gate/entries/{entry}").text
    decision = {"verdict": "granted", "reason": "host_confirmed", "words": "财政局来电确认"}
    assert "10:00:00" in guard.post(f"/gate/entries/{entry}/decision", data=decision).text
    assert ">10:00:00</time>" in guard.get("/gate/inside?gate=oc1-north", headers=PART).text


def test_gates_to_choose_from_stand_with_the_name_of_their_compound(guard: TestClient, house: GateHouse) -> None:
    with house.parts.stores["registry"].begin(house.parts.clock.now()) as work:
        a_site(work.session, OC1, name_zh="一号院")
    assert '<span class="soft">一号院</span>' in guard.get("/gate").text


@pytest.mark.parametrize(("role", "words"), [(Role.READER, "读卡器"), (Role.HOST, "门岗会打电话向您核实")])
def test_whoever_has_no_page_is_told_why(house: GateHouse, role: Role, words: str) -> None:
    session = a_session(house.parts, a_user(house.parts, "somebody", role))
    with a_browser(house.parts, *routers(), signed_in=session) as browser:
        assert words in browser.get("/").text


def test_whoever_has_no_role_is_told_who_gives_one(house: GateHouse) -> None:
    with house.parts.stores["registry"].begin(house.parts.clock.now()) as work:
        user = add_user(work.session, name="newcomer", password=PASSWORD, grants=[], now=work.now)
    with a_browser(house.parts, *routers(), signed_in=a_session(house.parts, user)) as browser:
        assert "还没有分配岗位" in browser.get("/").text


@pytest.mark.parametrize("value", ["鄂E\x0012345", "04A1\x07B2C3", " \n "])
def test_a_field_with_signs_that_nobody_can_see_is_a_problem_and_no_fault_of_ours(
    guard: TestClient, value: str, recorded: Callable[[], int]
) -> None:
    form = {"attempt_id": str(uuid4()), "gate": "oc1-north", "direction": "in", "value": value}
    assert guard.post("/gate/checks", data=form).status_code == 422
    assert recorded() == 0


@pytest.fixture
def recorded(house: GateHouse) -> Callable[[], int]:
    """How many entries there are."""

    def count() -> int:
        with house.parts.stores["gateway"].engine.connect() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM entry").scalar_one())

    return count


@pytest.mark.parametrize("part", ["inside", "recent"])
def test_a_part_of_the_page_that_is_opened_alone_leads_to_the_page(guard: TestClient, part: str) -> None:
    as_browser = {"Accept": "text/html"}
    answers = [
        guard.get(f"/gate/{part}{asked}", headers=as_browser, follow_redirects=False)
        for asked in ("", "?gate=oc1-north")
    ]
    assert [answer.headers.get("Location") for answer in answers] == ["/gate", "/gate?gate=oc1-north"]


def test_an_address_that_is_not_whole_is_not_called_a_form(guard: TestClient) -> None:
    told = guard.get("/gate/entries/nonsense", headers={"Accept": "text/html"})
    assert told.status_code == 422
    assert "这个地址不完整" in told.text
    assert ">422<" not in told.text
