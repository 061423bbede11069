"""Musters over HTTP: who may be inside and why that is doubted, roll calls, forgiving, and who has looked."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from gateway.checks.shown import Shown
from gateway.entries.models import Entry, PassageState
from gateway.musters.models import Because
from gateway.musters.service import open_muster
from gateway.passages.models import Opening, OpeningKind
from gateway.presence.lines import who_is_inside
from gateway.presence.models import Presence
from gateway.presence.rules import Kind
from gateway.presence.service import note_unchecked_passage, set_limit
from gateway.room import Audit
from gateway.web import routers
from registry.access.facts import CredentialStatus, Direction
from registry.auth.permissions import Role
from registry.ids import LaneId
from tests.fakes.clock import NOON, FixedClock
from tests.makers.gateway import (
    INSIDE,
    NORTH,
    OC1,
    OC2,
    GateHouse,
    RegistryByHand,
    a_card,
    a_gate_house,
    a_holder,
    a_permit,
    access_facts,
    an_attempt,
    card_shown,
    hears,
    plate_shown,
)
from tests.makers.journal import answer
from tests.makers.web import a_browser, a_token

CHEN, LI = "0400000A", "0400000B"
LANE = LaneId("oc1-north-1")
SECOND = timedelta(seconds=1)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[GateHouse]:
    facts = access_facts(
        a_card(CHEN, holder=a_holder("陈卫东")), a_card(LI, holder=a_holder("李秀英")), a_permit(), version=7
    )
    with a_gate_house(tmp_path, RegistryByHand(facts), {}) as house:
        yield house


AsRole = Callable[..., TestClient]


@pytest.fixture
def as_role(house: GateHouse) -> Iterator[AsRole]:
    with ExitStack() as opened:

        def signed_in(role: Role, *, name: str = "", **where: Any) -> TestClient:
            token = a_token(house.parts, role, name=name or str(role), **where)
            return opened.enter_context(a_browser(house.parts, *routers(), bearer=token))

        yield signed_in


@pytest.fixture
def guard(as_role: AsRole) -> TestClient:
    return as_role(Role.GUARD)


def passes(house: GateHouse, shown: Shown, direction: Direction = Direction.IN) -> dict[str, Any]:
    return answer(house.desk, an_attempt(shown, direction=direction))


def listed(client: TestClient) -> dict[str, dict[str, Any]]:
    """The lines of the list, by whom they are about."""
    found = client.get("/api/gateway/muster?site=oc1")
    assert found.status_code == 200, found.text
    return {line["name"] or line["shown"] or "nobody": line for line in found.json()["lines"]}


def later(house: GateHouse, by: timedelta) -> None:
    clock = house.desk.clock
    assert isinstance(clock, FixedClock)
    clock.advance(by)


def work(house: GateHouse) -> Any:
    return house.desk.store.begin(house.desk.clock.now())


def test_who_came_in_is_surely_inside_and_the_list_says_why(house: GateHouse, guard: TestClient) -> None:
    passes(house, card_shown(CHEN))
    passes(house, plate_shown())
    now = guard.get("/api/gateway/muster?site=oc1").json()
    assert now["counts"] == {"people": 1, "vehicles": 1, "unnamed": 0, "sure": 2, "unsure": 0}
    assert now["units"] == [{"name": "市财政局", "sure": 2, "unsure": 0}]
    (chen,) = (line for line in now["lines"] if line["kind"] == "staff")
    assert (chen["certainty"], chen["doubts"], chen["area"], chen["gate"]) == ("sure", [], INSIDE, NORTH)
    assert chen["text"] == {
        "zh": "11-23 12:00 在北门刷卡进院，无出门记录",
        "en": "Card in at North gate 11-23 12:00, no exit since",
    }


def test_who_left_is_not_on_the_list(house: GateHouse, guard: TestClient) -> None:
    passes(house, card_shown(CHEN))
    passes(house, card_shown(CHEN), Direction.OUT)
    assert listed(guard) == {}


def test_who_stays_longer_than_the_officer_says_is_unsure(house: GateHouse, guard: TestClient, as_role: AsRole) -> None:
    passes(house, card_shown(CHEN))
    officer = as_role(Role.SECURITY_OFFICER)
    said = {"site": "oc1", "kind": "staff", "hours": 1}
    assert officer.put("/api/gateway/presence/limits", json=said).status_code == 204
    assert guard.put("/api/gateway/presence/limits", json=said).status_code == 403
    later(house, timedelta(hours=1) + SECOND)
    assert listed(guard)["陈卫东"]["doubts"] == ["stayed_long"]
    assert officer.put("/api/gateway/presence/limits", json=said | {"hours": None}).status_code == 204
    assert listed(guard)["陈卫东"]["doubts"] == []


def test_whose_credential_has_ended_meanwhile_is_unsure(house: GateHouse, guard: TestClient) -> None:
    passes(house, card_shown(CHEN))
    passes(house, card_shown(LI))
    revoked = a_card(CHEN, holder=a_holder("陈卫东"), status=CredentialStatus.REVOKED)
    hears(house, access_facts(revoked, version=9))
    assert {name: line["doubts"] for name, line in listed(guard).items()} == {
        "陈卫东": ["credential_ended"],
        "李秀英": ["credential_ended"],
    }


def test_who_tries_to_come_in_again_is_unsure_of_being_inside(house: GateHouse, guard: TestClient) -> None:
    passes(house, card_shown(CHEN))
    later(house, SECOND)
    assert passes(house, card_shown(CHEN))["reason"] == "passback"
    assert listed(guard)["陈卫东"]["doubts"] == ["tried_again"]


def test_who_comes_in_while_counted_inside_is_unsure(house: GateHouse, guard: TestClient) -> None:
    passes(house, plate_shown())
    later(house, SECOND)
    assert passes(house, plate_shown())["reason"] == "ok_soft_passback"
    (line,) = listed(guard).values()
    assert line["doubts"] == ["was_inside"]


def test_who_was_let_in_and_not_seen_to_pass_is_on_the_list_until_seen_again(
    house: GateHouse, guard: TestClient
) -> None:
    passes(house, card_shown(CHEN))
    with work(house) as unit:
        unit.session.delete(unit.session.scalars(select(Presence)).one())
        unit.session.scalars(select(Entry)).one().passage = PassageState.TIMED_OUT
    assert listed(guard)["陈卫东"]["doubts"] == ["passage_not_seen"]
    later(house, SECOND)
    passes(house, card_shown(CHEN), Direction.OUT)
    assert listed(guard) == {}


def test_who_was_let_out_and_not_seen_to_pass_is_unsure(house: GateHouse, guard: TestClient) -> None:
    passes(house, card_shown(CHEN))
    with work(house) as unit:
        inside = unit.session.scalars(select(Presence)).one()
        was = {"site": OC1, "subject": inside.subject, "area": inside.area, "since": inside.since}
        entry_id = inside.entry_id
    later(house, SECOND)
    left = passes(house, card_shown(CHEN), Direction.OUT)
    with work(house) as unit:
        unit.session.add(Presence(**was, entry_id=entry_id))
        entry = unit.session.scalars(select(Entry).where(Entry.id != entry_id)).one()
        assert str(entry.id) == left["entry_id"]
        entry.passage = PassageState.TIMED_OUT
    assert listed(guard)["陈卫东"]["doubts"] == ["exit_not_seen"]


def test_who_comes_in_with_somebody_unchecked_is_unsure_and_the_other_is_on_the_list(
    house: GateHouse, guard: TestClient
) -> None:
    passes(house, card_shown(CHEN))
    event = uuid4()
    for _ in range(2):
        with work(house) as unit:
            note_unchecked_passage(
                unit.session, event, site=OC1, gate=NORTH, lane=LANE, direction=Direction.IN, at=NOON + 3 * SECOND
            )
    now = guard.get("/api/gateway/muster?site=oc1").json()
    assert now["counts"] == {"people": 1, "vehicles": 0, "unnamed": 1, "sure": 0, "unsure": 2}
    named, unnamed = sorted(now["lines"], key=lambda line: not line["named"])
    assert named["doubts"] == unnamed["doubts"] == ["not_alone"]
    assert unnamed["area"] == INSIDE


def test_an_opening_by_hand_lets_in_somebody_whom_nobody_knows(house: GateHouse, guard: TestClient) -> None:
    with work(house) as unit:
        unit.session.add(
            Opening(
                id=uuid4(),
                site=OC1,
                gate=NORTH,
                lane=LANE,
                direction=Direction.IN,
                kind=OpeningKind.EMERGENCY,
                by="guard",
                at=NOON,
            )
        )
    assert listed(guard)["nobody"]["text"]["en"].startswith("Somebody came in unchecked at North gate")
    later(house, timedelta(hours=13))
    assert listed(guard) == {}


def test_who_is_inside_is_known_before_anything_is_heard_from_the_registry(house: GateHouse) -> None:
    passes(house, card_shown(CHEN))
    with house.desk.store.read() as session:
        (line,) = who_is_inside(session, None, OC1, NOON).lines
    assert (line.name, line.gate, line.standing.is_sure) == ("陈卫东", NORTH, True)


def test_how_long_people_stay_is_learned_from_their_exits(house: GateHouse, guard: TestClient) -> None:
    for _ in range(60):
        passes(house, card_shown(CHEN))
        later(house, timedelta(hours=2))
        passes(house, card_shown(CHEN), Direction.OUT)
        later(house, SECOND)
    limits = {one["kind"]: one for one in guard.get("/api/gateway/muster?site=oc1").json()["limits"]}
    assert (limits["staff"]["hours"], limits["staff"]["by"]) == (2, "learned")
    assert limits["resident"]["by"] == "default"


def test_that_somebody_has_looked_is_written_down_once(house: GateHouse, as_role: AsRole) -> None:
    operator, other = as_role(Role.OPERATOR), as_role(Role.OPERATOR, name="other")
    for client in (operator, operator, other):
        listed(client)
    with house.desk.store.read() as session:
        looked = select(Audit.actor).where(Audit.action == "presence-read").order_by(Audit.position)
        assert session.scalars(looked).all() == ["token:operator", "token:other"]
    later(house, timedelta(minutes=11))
    listed(operator)
    with house.desk.store.read() as session:
        assert len(session.scalars(looked).all()) == 3


def opened(client: TestClient, because: str = "fire_alarm") -> dict[str, Any]:
    answered = client.post("/api/gateway/musters", json={"site": "oc1", "because": because})
    assert answered.status_code == 201, answered.text
    return dict(answered.json())


def marked(client: TestClient, muster: dict[str, Any], lines: list[int], mark: str | None) -> Any:
    return client.post(f"/api/gateway/musters/{muster['id']}/marks", json={"lines": lines, "mark": mark})


def test_a_roll_call_has_everybody_of_its_moment_and_ends_with_its_counts(
    house: GateHouse, guard: TestClient, as_role: AsRole
) -> None:
    passes(house, card_shown(CHEN))
    passes(house, card_shown(LI))
    muster = opened(guard)
    passes(house, card_shown(LI), Direction.OUT)
    lines = guard.get(f"/api/gateway/musters/{muster['id']}/lines").json()["items"]
    assert [(line["number"], line["name"]) for line in lines] == [(1, "李秀英"), (2, "陈卫东")]
    assert opened(as_role(Role.OPERATOR), "drill")["id"] == muster["id"], "one is open already"
    assert marked(guard, muster, [2], "safe").json()["counts"]["safe"] == 1
    assert marked(as_role(Role.GUARD, name="second"), muster, [1], "not_inside").json()["counts"]["waiting"] == 0
    assert marked(guard, muster, [2], None).json()["counts"] == {
        "all": 2,
        "safe": 0,
        "missing": 0,
        "not_inside": 1,
        "waiting": 1,
    }
    path = f"/api/gateway/musters/{muster['id']}"
    waiting = guard.get(f"{path}/lines?waiting=true").json()["items"]
    assert [line["name"] for line in waiting] == ["陈卫东"]
    assert guard.get(f"{path}/lines?q=秀英&mark=not_inside").json()["items"][0]["marked_by"] == "token:second"
    closed = guard.post(f"{path}/closing", json={"words": "一人在医院"}).json()
    assert (closed["closed_by"], closed["closing_words"]) == ("token:guard", "一人在医院")
    assert marked(guard, muster, [1], "safe").status_code == 409
    assert guard.post(f"{path}/closing", json={}).status_code == 409
    assert [one["id"] for one in guard.get("/api/gateway/musters?site=oc1").json()["items"]] == [muster["id"]]
    assert opened(guard)["id"] != muster["id"]


def test_lines_that_are_not_on_the_list_are_not_marked(house: GateHouse, guard: TestClient) -> None:
    passes(house, card_shown(CHEN))
    muster = opened(guard)
    assert marked(guard, muster, [1, 2], "safe").status_code == 404
    assert guard.get(f"/api/gateway/musters/{muster['id']}").json()["counts"]["waiting"] == 1


def test_lines_come_by_pages(house: GateHouse, guard: TestClient) -> None:
    passes(house, card_shown(CHEN))
    passes(house, card_shown(LI))
    path = f"/api/gateway/musters/{opened(guard)['id']}/lines?limit=1"
    first = guard.get(path).json()
    second = guard.get(f"{path}&after={first['next']}").json()
    assert [len(first["items"]), len(second["items"]), second["next"]] == [1, 1, None]


def test_the_car_of_somebody_who_is_called_is_not_called_too(house: GateHouse, guard: TestClient) -> None:
    passes(house, plate_shown())
    passes(house, card_shown(LI))  # whose car it is
    assert opened(guard)["counts"]["all"] == 1


def test_a_fire_alarm_opens_a_muster_without_anybody(house: GateHouse, guard: TestClient) -> None:
    passes(house, card_shown(CHEN))
    with work(house) as unit:
        open_muster(unit.session, house.desk.snapshot, OC1, by="dayuan", because=Because.FIRE_ALARM, now=unit.now)
    (muster,) = guard.get("/api/gateway/musters?site=oc1").json()["items"]
    assert (muster["opened_by"], muster["because"], muster["counts"]["all"]) == ("dayuan", "fire_alarm", 1)


def test_of_another_compound_nothing_is_there(guard: TestClient, as_role: AsRole) -> None:
    muster = opened(guard)
    stranger = as_role(Role.GUARD, name="stranger", site=OC2)
    asked = [f"/api/gateway/musters/{muster['id']}{what}" for what in ("", "/lines")]
    for path in (*asked, "/api/gateway/muster?site=oc1", "/api/gateway/musters?site=oc1"):
        assert stranger.get(path).status_code == 404
    assert marked(stranger, muster, [1], "safe").status_code == 404
    forgiving = {"site": "oc1", "reason": "exit_missed"}
    assert stranger.post("/api/gateway/presence/forgiveness", json=forgiving).status_code == 404


def forgiven(client: TestClient, **whom: str) -> Any:
    asked = {"site": "oc1", "reason": "exit_missed", **whom}
    return client.post("/api/gateway/presence/forgiveness", json=asked)


def test_who_is_forgiven_stays_on_the_list_and_it_is_written_down(house: GateHouse, guard: TestClient) -> None:
    passes(house, card_shown(CHEN))
    passes(house, card_shown(LI))
    subject = listed(guard)["陈卫东"]["subject"]
    assert forgiven(guard, subject=subject).json() == {"count": 1}
    lines = listed(guard)
    assert lines["陈卫东"]["forgiven_at"] == "2026-11-23T04:00:00.000Z"
    assert lines["李秀英"]["forgiven_at"] is None
    later(house, SECOND)
    assert [passes(house, card_shown(each))["reason"] for each in (CHEN, LI)] == ["ok", "passback"]
    assert passes(house, card_shown(CHEN))["reason"] == "passback", "it is forgiven once"
    assert {"陈卫东", "李秀英"} <= set(listed(guard))
    with house.desk.store.read() as session:
        act = session.scalars(select(Audit).where(Audit.action == "passback-forgiven")).one()
        assert (act.actor, '"because":"exit_missed"' in act.facts.replace(" ", "")) == ("token:guard", True)
        assert subject not in act.facts


def test_all_of_an_area_or_of_a_compound_are_forgiven(house: GateHouse, guard: TestClient) -> None:
    passes(house, card_shown(CHEN))
    passes(house, card_shown(LI))
    assert forgiven(guard, area="oc1-elsewhere").json() == {"count": 0}
    assert forgiven(guard, area=INSIDE).json() == {"count": 2}
    assert forgiven(guard).json() == {"count": 2}


def test_what_cannot_be_forgiven_is_told(guard: TestClient) -> None:
    assert forgiven(guard, subject="card:0").status_code == 404
    assert forgiven(guard, subject="card:0", area=INSIDE).status_code == 422
    assert forgiven(guard, reason="other").status_code == 422
    assert forgiven(guard, reason="other", words="门卫误放").json() == {"count": 0}


def test_a_limit_said_twice_is_one_act(house: GateHouse) -> None:
    for _ in range(2):
        with work(house) as unit:
            set_limit(unit.session, OC1, Kind.STAFF, 9, by="wang", now=unit.now)
    with house.desk.store.read() as session:
        assert len(session.scalars(select(Audit).where(Audit.action == "presence-limit-set")).all()) == 1
