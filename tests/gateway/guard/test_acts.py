"""What a guard does at the page beside checking, as the server answers it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from gateway.barriers.driver import NotOpened, Why
from gateway.circumstances.service import ClosedBecause, set_area_state
from gateway.room import Outbox
from gateway.web import routers
from registry.auth.permissions import Role
from registry.settings import Settings
from tests.makers.gate_walk import LENT, REFUSED, SECOND, TWO, WALKER, a_barrier_of, walk_facts
from tests.makers.gateway import INSIDE, NORTH, OC1, GateHouse, RegistryByHand, a_gate_house
from tests.makers.web import a_browser, a_session, a_user

PART = {"HX-Request": "true"}
NUMBER = "8110"
PIN = "314159"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[GateHouse]:
    with a_gate_house(tmp_path, RegistryByHand(walk_facts()), {}) as house:
        house.desk.barriers.board.follow([a_barrier_of()])
        yield house


@pytest.fixture
def guard(house: GateHouse) -> Iterator[TestClient]:
    house.parts = replace(house.parts, settings=Settings(data_dir=Path(), duty_phones={OC1: NUMBER}))
    signed_in = a_session(house.parts, a_user(house.parts, "guard", Role.GUARD))
    with a_browser(house.parts, *routers(), signed_in=signed_in) as client:
        yield client


@pytest.fixture
def check(guard: TestClient) -> Callable[..., str]:
    """`check(value, gate=NORTH, direction="in")`: what the page shows of it."""

    def shown(value: str, *, gate: str = NORTH, direction: str = "in") -> str:
        form = {"attempt_id": str(uuid4()), "gate": gate, "direction": direction, "value": value}
        answer = guard.post("/gate/checks", data=form)
        assert answer.status_code == 200, answer.text
        return answer.text

    return shown


def entry_of(text: str) -> str:
    return text.partition('data-entry="')[2].partition('"')[0]


def state(guard: TestClient, gate: str = NORTH) -> str:
    return guard.get(f"/gate/state?gate={gate}", headers=PART).text


def audited(house: GateHouse) -> list[str]:
    with house.parts.stores["gateway"].engine.connect() as connection:
        return [action for (action,) in connection.exec_driver_sql("SELECT action FROM audit ORDER BY position")]


def test_whom_the_gate_denied_is_let_in_with_a_reason_and_the_list_says_by_whom(
    guard: TestClient, check: Callable[..., str]
) -> None:
    check(WALKER)
    denied = check(WALKER)
    assert "/override" in denied
    let_in = guard.post(f"/gate/entries/{entry_of(denied)}/override", data={"reason": "reader_fault"})
    assert 'data-verdict="granted"' in let_in.text
    assert "guard 于 12:00:00 放行：读卡器、识别故障" in let_in.text
    assert "重复进入，值勤已放行" in guard.get("/gate/recent?gate=oc1-north", headers=PART).text
    again = guard.post(f"/gate/entries/{entry_of(denied)}/override", data={"reason": "reader_fault"})
    assert (again.status_code, "别人已经放行过了" in again.text) == (409, True)


def test_who_is_on_the_deny_list_is_not_offered_to_be_let_in(check: Callable[..., str]) -> None:
    stopped = check("鄂E66666")
    assert "布控原因：两次冲闯大门，报派出所" in stopped
    assert "/override" not in stopped


@pytest.mark.parametrize(
    ("lang", "word", "sentence"),
    [("zh", "不放行", "2025 年度通行证已失效"), ("en", "Stop", "The 2025 permit is over")],
    ids=["zh", "en"],
)
def test_last_years_permit_is_told_in_the_guards_language(
    guard: TestClient, check: Callable[..., str], lang: str, word: str, sentence: str
) -> None:
    guard.cookies.set("lang", lang)
    told = check("鄂E·99001")
    assert f"<span>{word}</span>" in told
    assert sentence in told


@pytest.mark.parametrize("shown", REFUSED, ids=[str(reason) for reason in REFUSED.values()])
def test_each_refusal_says_why_and_what_to_do(check: Callable[..., str], shown: str) -> None:
    told = check(shown)
    assert 'data-verdict="denied"' in told
    assert "verdict-sentence" in told
    assert "verdict-advice" in told


def test_a_lane_is_opened_by_hand_with_a_reason_only(guard: TestClient, house: GateHouse) -> None:
    form = {"gate": NORTH, "direction": "in"}
    assert guard.post("/gate/openings", data=form).status_code == 422
    assert guard.post("/gate/openings", data=form | {"reason": "other"}).status_code == 422
    opened = guard.post("/gate/openings", data=form | {"reason": "other", "words": "搬运钢琴", "lane": ""})
    assert "已手动开闸" in opened.text
    assert "其他：搬运钢琴" in opened.text
    assert audited(house)[-1] == "opened-manual"


def test_an_emergency_opens_at_once_and_stays_on_the_page_until_somebody_says_why(guard: TestClient) -> None:
    form = {"gate": NORTH, "direction": "out", "emergency": "true"}
    opened = guard.post("/gate/openings", data=form).text
    assert "已紧急开闸" in opened
    assert "/explanation" in opened
    opening = opened.partition('data-opening="')[2].partition('"')[0]
    assert f"/gate/openings/{opening}" in state(guard)
    assert "/explanation" in guard.get(f"/gate/openings/{opening}").text
    said = guard.post(f"/gate/openings/{opening}/explanation", data={"reason": "rescue"})
    assert "火情、伤病、疏散" in said.text
    assert opening not in state(guard)
    assert guard.get(f"/gate/openings/{uuid4()}").status_code == 404


def test_a_closed_area_and_a_barrier_that_stays_shut_are_said_in_words(guard: TestClient, house: GateHouse) -> None:
    assert "line" not in state(guard)
    now = house.parts.clock.now()
    with house.parts.stores["gateway"].begin(now) as work:
        closing = {"because": ClosedBecause.CROWD, "words": "西侧", "by": "监控室", "now": now}
        set_area_state(work.session, OC1, INSIDE, lockdown=True, threat_level=2, **closing)  # type: ignore[arg-type]
    house.desk.barriers.board.failed(a_barrier_of(), NotOpened(Why.NO_ANSWER), now)
    said = state(guard)
    assert "封控中：只出不进。" in said
    assert "门前人群聚集：西侧。监控室 于 12:00:00 下令" in said
    assert "道闸没有打开。" in said
    assert "没有回应" in said
    with house.parts.stores["gateway"].begin(now) as work:
        set_area_state(work.session, OC1, INSIDE, lockdown=False, threat_level=2, **closing)  # type: ignore[arg-type]
    assert "威胁等级 2 级" in state(guard)


def test_who_left_unseen_may_be_let_come_in_once_more(guard: TestClient, check: Callable[..., str]) -> None:
    entry = entry_of(check(LENT))
    assert "/forgiveness" in guard.get(f"/gate/entries/{entry}").text
    forgiven = guard.post(f"/gate/entries/{entry}/forgiveness", data={"reason": "exit_missed"})
    assert "赵敏 下次进门不会" in forgiven.text
    assert "/forgiveness" not in guard.get(f"/gate/entries/{entry}").text
    assert 'data-verdict="granted"' in check(LENT)


def test_a_call_shows_the_control_rooms_number_and_is_on_record(guard: TestClient, house: GateHouse) -> None:
    assert NUMBER in guard.post("/gate/calls", data={"gate": NORTH}).text
    assert audited(house)[-1] == "guard-called"
    assert guard.post("/gate/calls", data={"gate": "oc2-main"}).status_code == 404
    with house.desk.store.read() as session:
        announced = [orjson.loads(payload) for payload in session.scalars(select(Outbox.payload))]
    called = [each for each in announced if each["type"] == "dayuan.gate.guard_called"]
    assert [(each["source"], each["data"]["gate"], each["data"]["guard"]) for each in called] == [
        ("//oc1/gate/oc1-north", NORTH, "guard")
    ]


def test_the_second_person_is_waited_for_as_long_as_is_left(
    guard: TestClient, check: Callable[..., str], house: GateHouse
) -> None:
    waits = check(SECOND, gate=TWO)
    assert 'data-seconds="20"' in waits
    house.parts.clock.advance(timedelta(seconds=8))  # type: ignore[attr-defined]
    assert 'data-seconds="12"' in guard.get(f"/gate/entries/{entry_of(waits)}").text
    assert 'data-verdict="granted"' in check(WALKER, gate=TWO)
    assert "第二人已刷证" in guard.get(f"/gate/entries/{entry_of(waits)}").text


def test_a_pin_stands_nowhere_on_the_page(guard: TestClient, house: GateHouse) -> None:
    shown = {"kind": "pin", "value": PIN}
    asked = {"attempt_id": str(uuid4()), "gate": NORTH, "direction": "in", "credential": shown}
    entry = guard.post("/api/gateway/checks", json=asked).json()["entry_id"]
    for part in (f"/gate/entries/{entry}", "/gate/recent?gate=oc1-north"):
        text = guard.get(part, headers=PART).text
        assert "••••••" in text
        assert PIN not in text
        assert house.desk.digest_pin(PIN) not in text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_has_one_heading_and_the_plate_keys_of_every_province(guard: TestClient, lang: str) -> None:
    guard.cookies.set("lang", lang)
    page = guard.get("/gate?gate=oc1-north").text
    assert page.count("<h1") == 1
    provinces = page.partition('data-keys="provinces"')[2].partition("</div>")[0]
    assert provinces.count("data-sign") == 31
    signs = page.partition('data-keys="signs"')[2].partition("</div>")[0]
    assert 'data-sign="I"' not in signs
    assert 'data-sign="O"' not in signs
    assert 'data-sign="应急"' in signs


def test_who_is_kept_out_by_a_threat_level_is_not_told_of_a_lockdown(
    check: Callable[..., str], house: GateHouse
) -> None:
    now = house.parts.clock.now()
    with house.desk.store.begin(now) as work:
        because = ClosedBecause.EXERCISE
        set_area_state(
            work.session, OC1, INSIDE, lockdown=False, threat_level=3, because=because, words="", by="liu", now=now
        )
    told = check(WALKER)
    assert "威胁等级为 3 级" in told
    assert "许可级别不够" in told
    assert "只出不进" not in told
