"""The page of who could pass and of who gains and loses, as the server renders it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from gateway.explain.jobs import MOST_KEPT, Jobs, NoSuchJob
from gateway.explain.pages import NoMoment, moment_in
from gateway.web import routers
from registry.auth.permissions import Role
from registry.ids import UserId
from tests.fakes.clock import NOON
from tests.makers.gateway import (
    OC1,
    OC2,
    SHANGHAI,
    GateHouse,
    RegistryByHand,
    a_card,
    a_gate_house,
    a_holder,
    a_permit,
    access_facts,
)
from tests.makers.levels import a_calendar, a_level_fact
from tests.makers.registry import a_gate as a_registered_gate
from tests.makers.web import a_browser, a_session, a_user

LEVEL = a_level_fact()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[GateHouse]:
    held = replace(a_card("0B01", holder=a_holder("陈卫东")), levels=(LEVEL.id,))
    facts = replace(
        access_facts(held, a_card("0B02", holder=a_holder("李秀英")), a_permit()),
        levels={LEVEL.id: LEVEL},
        calendars={OC1: a_calendar({})},
    )
    with a_gate_house(tmp_path, RegistryByHand(facts), {}) as house:
        with house.parts.stores["registry"].begin(NOON) as work:
            a_registered_gate(work.session)
        yield house


@pytest.fixture
def clerk(house: GateHouse) -> Iterator[TestClient]:
    session = a_session(house.parts, a_user(house.parts, "clerk", Role.CLERK))
    with a_browser(house.parts, *routers(), signed_in=session) as client:
        yield client


Finished = Callable[[Any], str]


@pytest.fixture
def finished(clerk: TestClient, eventually: Callable[[Callable[[], bool]], None]) -> Finished:
    """The answer that a page gets when it asks until it is there."""

    def asked_again(answer: Any) -> str:
        assert answer.status_code == 200, answer.text
        texts = [str(answer.text)]

        def is_there() -> bool:
            again = re.findall(r'hx-get="([^"]+[?]job=[^"]+)"', texts[-1])
            if again:
                texts.append(clerk.get(again[0]).text)
            return not again

        eventually(is_there)
        return texts[-1]

    return asked_again


def test_the_page_asks_who_could_pass(clerk: TestClient, finished: Finished) -> None:
    shown = clerk.get("/gate/explain").text
    assert all(words in shown for words in ("谁能过这个门", "北门", 'value="08:00-18:00"'))
    asked = finished(clerk.get("/gate/explain/who-can?gate=oc1-north&at=2026-11-23T21:00"))
    assert all(words in asked for words in ("李秀英", "陈卫东", "非准入时段 1", "共 3 个证件"))
    job = re.findall(r'name="job" value="([^"]+)"', asked)[0]
    only = clerk.get(f"/gate/explain/asked?job={job}&q=&verdict=denied").text
    assert "陈卫东" in only
    assert "李秀英" not in only
    assert "没有符合的证件" in clerk.get(f"/gate/explain/asked?job={job}&q=nobody").text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"kind": "level", "level": str(LEVEL.id), "gates": ["oc1-north"], "day0": "9-17"}, "进不了的多了"),
        ({"kind": "level_given", "level": str(LEVEL.id), "site": "oc1", "unit": "", "credential": "card"}, "李秀英"),
        ({"kind": "level_taken", "level": str(LEVEL.id), "site": "oc1", "unit": "市财政局"}, "陈卫东"),
        ({"kind": "day", "site": "oc1", "day": "2026-11-24", "day_kind": "holiday"}, "节假日限制"),
        ({"kind": "denial", "credential": "plate", "value": "鄂E12345"}, "布控名单"),
        ({"kind": "area", "site": "oc1", "area": "oc1-inside", "lockdown": "true", "threat_level": ""}, "封控"),
        ({"kind": "area", "site": "oc1", "area": "oc1-inside"}, "没有人受影响"),
    ],
)
def test_a_change_is_weighed_on_the_page(
    clerk: TestClient, finished: Finished, form: dict[str, Any], words: str
) -> None:
    assert words in finished(clerk.post("/gate/explain/change", data=form))


@pytest.mark.parametrize("kind", ["level", "group", "day", "denial", "area"])
def test_each_change_has_its_form(clerk: TestClient, kind: str) -> None:
    assert 'hx-post="/gate/explain/change"' in clerk.get(f"/gate/explain?kind={kind}&level={LEVEL.id}").text


def test_a_change_in_which_something_is_missing_is_told_so(clerk: TestClient) -> None:
    assert clerk.post("/gate/explain/change", data={"kind": "level", "level": str(LEVEL.id)}).status_code == 422
    assert clerk.post("/gate/explain/change", data={"kind": "denial", "value": "鄂E12345"}).status_code == 422


def test_somebody_elses_answer_is_not_there(house: GateHouse, clerk: TestClient, finished: Finished) -> None:
    asked = finished(clerk.get("/gate/explain/who-can?gate=oc1-north"))
    job = re.findall(r'name="job" value="([^"]+)"', asked)[0]
    session = a_session(house.parts, a_user(house.parts, "other", Role.CLERK), "1" * 43)
    with a_browser(house.parts, *routers(), signed_in=session) as other:
        for gone in (f"asked?job={job}", f"weighed?job={uuid4()}"):
            told = other.get(f"/gate/explain/{gone}").text
            assert "已不保留" in told
            assert "hx-get" not in told


def test_who_reads_no_registry_here_sees_nothing(house: GateHouse) -> None:
    session = a_session(house.parts, a_user(house.parts, "far", Role.CLERK, site=OC2), "1" * 43)
    with a_browser(house.parts, *routers(), signed_in=session) as far:
        assert far.get("/gate/explain").status_code == 200
        assert far.get("/gate/explain/who-can?gate=oc1-north").status_code == 404


def test_an_answer_that_fails_says_so_and_the_oldest_are_forgotten(
    eventually: Callable[[Callable[[], bool]], None],
) -> None:
    jobs, owner = Jobs(), UserId(uuid4())

    def fails(_progress: object) -> None:
        raise RuntimeError("no")

    failed = jobs.begin(owner, fails)
    eventually(lambda: jobs.find(failed, owner).failed)
    for _ in range(MOST_KEPT):
        jobs.begin(owner, lambda _progress: "done")
    with pytest.raises(NoSuchJob):
        jobs.find(failed, owner)


def test_a_moment_is_read_on_the_clock_of_the_compound() -> None:
    assert moment_in("2026-11-23T12:00", SHANGHAI) == NOON
    for text in ("soon", "1999-11-23T12:00", "2026-11-23T12:00+08:00"):
        with pytest.raises(NoMoment):
            moment_in(text, SHANGHAI)
    assert moment_in("2026-11-23", SHANGHAI) == datetime(2026, 11, 22, 16, tzinfo=UTC)
