"""The audit as an auditor reads it: over the API and on the page."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from gateway.room import ROOM as GATEWAY
from registry import audit
from registry.audit import Personal
from registry.auth.permissions import Role
from registry.ids import SiteId
from registry.pages import routers
from registry.web.parts import Parts
from tests.fakes.clock import NOON
from tests.makers.registry import a_keyring, a_site
from tests.makers.web import OC1, a_browser, a_session, a_token, a_user, some_parts

PATH = "/api/registry/audit"


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    made = some_parts(tmp_path, rooms=(GATEWAY,))
    made.rooms["registry"] = a_keyring()
    with made.stores["registry"].begin(NOON) as work:
        a_site(work.session)
        a_site(work.session, "oc2", name_zh="二号院", name_en="Compound Two")
    return made


@pytest.fixture
def auditor(parts: Parts) -> Iterator[TestClient]:
    with a_browser(parts, *routers(), bearer=a_token(parts, Role.AUDITOR, site=None, name="auditor")) as client:
        yield client


def an_act(
    parts: Parts, action: str, *, room: str = "registry", site: str | None = OC1, minutes: int = 0, **facts: object
) -> None:
    """Somebody named Chen did something, some minutes after noon."""
    at = NOON + timedelta(minutes=minutes)
    where = None if site is None else SiteId(site)
    with parts.stores[room].begin(at) as work:
        audit.record(work.session, actor="chen", action=action, site=where, subject="x:1", facts=facts, now=work.now)


def actions(answer: Any) -> list[str]:
    return [item["action"] for item in answer.json()["items"] if item["actor"] == "chen"]


def test_acts_of_all_rooms_come_in_one_row_the_newest_first(auditor: TestClient, parts: Parts) -> None:
    for minutes, room in ((1, "registry"), (2, "gateway"), (3, "registry")):
        an_act(parts, f"{room}-{minutes}", room=room, minutes=minutes)
    assert actions(auditor.get(PATH)) == ["registry-3", "gateway-2", "registry-1"]


def test_a_long_row_is_read_page_by_page_with_none_twice(auditor: TestClient, parts: Parts) -> None:
    made = [f"act-{number}" for number in range(25)]
    for number, action in enumerate(made):
        an_act(parts, action, room="gateway" if number % 3 else "registry", minutes=number)
    seen, cursor = [], None
    while True:
        asked = {"actor": "chen", "limit": "7"} | ({"cursor": cursor} if cursor else {})
        answer = auditor.get(PATH, params=asked)
        seen += actions(answer)
        cursor = answer.json()["next"]
        if cursor is None:
            break
    assert seen == made[::-1]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"site": "oc2"}, ["there"]),
        ({"site": "*"}, []),
        ({"action": "early"}, ["early"]),
        ({"actor": "CHEN"}, []),
        ({"actor": "chen", "since": "2026-11-23T12:05:00+08:00"}, ["late"]),
        ({"actor": "chen", "until": "2026-11-23T04:05:00Z"}, ["there", "early"]),
        ({"actor": "chen", "until": "2026-11-23T04:00:00Z"}, []),
    ],
)
def test_one_asks_by_site_actor_act_and_time(
    auditor: TestClient, parts: Parts, asked: dict[str, str], found: list[str]
) -> None:
    an_act(parts, "early", minutes=1)
    an_act(parts, "there", site="oc2", minutes=2)
    an_act(parts, "late", minutes=9)
    assert actions(auditor.get(PATH, params=asked)) == found


@pytest.mark.parametrize("asked", ["cursor=x", "cursor=cellar-1", "cursor=registry-0", "since=noon", "limit=0"])
def test_what_cannot_be_asked_is_refused(auditor: TestClient, asked: str) -> None:
    assert auditor.get(f"{PATH}?{asked}").status_code == 422


def test_who_reads_one_compound_s_audit_finds_no_other_s(parts: Parts) -> None:
    an_act(parts, "here")
    an_act(parts, "there", site="oc2")
    an_act(parts, "of-the-house", site=None)
    with a_browser(parts, *routers(), bearer=a_token(parts, Role.AUDITOR)) as auditor:
        assert actions(auditor.get(PATH)) == ["here"]
        assert actions(auditor.get(PATH, params={"site": "oc2"})) == []


def test_what_tells_who_somebody_is_stays_away(auditor: TestClient, parts: Parts) -> None:
    an_act(parts, "typed", name=Personal("secret words"), tries=3)
    answer = auditor.get(PATH, params={"action": "typed"})
    assert answer.json()["items"][0]["facts"] == {"tries": 3}
    assert "secret words" not in answer.text


def test_that_it_was_read_is_written_down(auditor: TestClient) -> None:
    auditor.get(PATH, params={"actor": "chen"})
    (first, *_) = auditor.get(PATH).json()["items"]
    assert (first["action"], first["actor"]) == ("audit-read", "token:auditor")
    assert first["facts"] == {"rows": 0, "asked_by": ["actor"]}


def test_the_page_says_it_in_words(parts: Parts) -> None:
    an_act(parts, "zone-armed")
    an_act(parts, "something-new", site=None)
    session = a_session(parts, a_user(parts, "wu", Role.AUDITOR, site=None))
    with a_browser(parts, *routers(), signed_in=session) as browser:
        assert browser.get("/").headers["Location"] == "/registry/audit"
        shown = browser.get("/registry/audit").text
        assert "布防" in shown
        assert "something-new" in shown
        assert "一号院" in shown
        day = browser.get("/registry/audit?first_day=2026-11-24&last_day=&site=&actor=&action=").text
        assert "没有符合条件的记录" in day or "登录" in day
        assert "something-new" not in day
        assert browser.get("/registry/audit?first_day=0001-01-01&last_day=9999-12-31").status_code == 200
        assert browser.get("/registry/audit?first_day=yesterday").status_code == 422


def test_a_page_leads_to_the_next_with_what_was_asked(parts: Parts) -> None:
    for minute in range(60):
        an_act(parts, "zone-armed", minutes=minute)
    session = a_session(parts, a_user(parts, "wu", Role.AUDITOR, site=None))
    with a_browser(parts, *routers(), signed_in=session) as browser:
        first = browser.get("/registry/audit?action=zone-armed").text
        following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
        assert "action=zone-armed" in following
        second = browser.get(following).text
        assert (first.count(">布防</td>"), second.count(">布防</td>")) == (50, 10)


def test_the_audit_is_not_for_everybody(parts: Parts) -> None:
    with a_browser(parts, *routers(), bearer=a_token(parts, Role.CLERK, Role.ADMIN)) as other:
        assert other.get(PATH).status_code == 403
        assert other.get("/registry/audit").status_code == 403
