"""The audit as an auditor reads it: over the API and on the page."""

import re
from collections.abc import Callable, Iterator
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
    parts: Parts,
    action: str,
    *,
    room: str = "registry",
    site: str | None = OC1,
    minutes: int = 0,
    subject: str = "x:1",
    actor: str = "chen",
    **facts: object,
) -> None:
    """Somebody named Chen did something, some minutes after noon."""
    at = NOON + timedelta(minutes=minutes)
    where = None if site is None else SiteId(site)
    with parts.stores[room].begin(at) as work:
        audit.record(work.session, actor=actor, action=action, site=where, subject=subject, facts=facts, now=work.now)


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


PERSON = "01a2085d-aab1-701a-b4b6-3f8006d9577d"


@pytest.fixture
def row(parts: Parts) -> Callable[..., str]:
    """`row(role, lang, act…)`: an act as the page shows it to somebody of the role, without its markup."""

    def told(role: Role, lang: str, subject: str, *, site: str | None = OC1, actor: str = "chen", **facts: Any) -> str:
        an_act(parts, "looked-at", site=site, subject=subject, actor=actor, **facts)
        session = a_session(parts, a_user(parts, f"wu-{role}", role, site=None))
        with a_browser(parts, *routers(), signed_in=session) as browser:
            browser.cookies.set("lang", lang)
            shown = browser.get("/registry/audit?action=looked-at").text
        return re.sub(r"<(?!a |del)[^>]*>", "", shown.split("<tbody>")[1].split("</tr>")[0])

    return told


def test_what_was_signed_in_with_is_told_in_words(row: Callable[..., str]) -> None:
    zh = row(Role.AUDITOR, "zh", "user:wu-auditor", site=None, second_factor=False, way="password", address="::1")
    for words in ("用户 wu-auditor", "两步验证：否", "登录方式：密码", "来源地址：::1"):
        assert words in zh


def test_in_english_too(row: Callable[..., str]) -> None:
    en = row(Role.AUDITOR, "en", "user:wu-auditor", site=None, actor="nobody", second_factor=True, way="provider")
    for words in ("User wu-auditor", "Second factor: yes", "Signed in by: identity provider", "not signed in"):
        assert words in en


def test_a_change_is_told_field_by_field_from_what_it_was(row: Callable[..., str]) -> None:
    zh = row(
        Role.AUDITOR,
        "zh",
        "user:gone",
        before="active",
        after="reported_lost",
        grants_before=["clerk@oc1"],
        grants=["clerk@oc1", "guard@*"],
        name_zh_before="北门",
        name_zh="北门",
        last_day_before=None,
        last_day="2026-12-01",
    )
    zh = zh.replace("<del>", "").replace("</del>", "")
    assert "状态：有效 → 已挂失" in zh
    assert "岗位权限：登记员 · 一号院 → 登记员 · 一号院、门岗 · 全部院区" in zh
    assert "租期末日：无 → 2026-12-01" in zh
    assert "中文名" not in zh


def test_what_the_texts_do_not_know_is_shown_as_it_is(row: Callable[..., str]) -> None:
    zh = row(Role.AUDITOR, "zh", "comet:7", tail="long", seen={"by": 2})
    for words in ("comet:7", "tail：long", "seen：{&#39;by&#39;: 2}"):
        assert words in zh


@pytest.mark.parametrize(
    ("role", "subject", "place"),
    [
        (Role.SECURITY_OFFICER, f"person:{PERSON}", f"/registry/people/{PERSON}"),
        (Role.SECURITY_OFFICER, "device:oc1/gate/north", "/registry/devices/oc1/gate/north"),
        (Role.SECURITY_OFFICER, "alarm:1", "/control-room?alarm=1"),
        (Role.SECURITY_OFFICER, "permits", "/registry/permits"),
        (Role.SECURITY_OFFICER, "user:wu-security_officer", None),
        (Role.SECURITY_OFFICER, "applications", "/registry/applications"),
        (Role.SECURITY_OFFICER, "site:oc1", "/registry/sites/oc1"),
        (Role.AUDITOR, f"person:{PERSON}", None),
        (Role.AUDITOR, "audit", "/registry/audit"),
    ],
)
def test_a_subject_leads_to_its_page_for_those_who_may_open_it(
    row: Callable[..., str], role: Role, subject: str, place: str | None
) -> None:
    shown = row(role, "zh", subject)
    assert ("<a href" in shown) == (place is not None)
    assert place is None or f'<a href="{place}"' in shown


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("batches", "申报批次"),
        ("overdue-rooms", "逾期未查房屋"),
        ("site:oc1", "院区 一号院"),
        ("calendar:oc1/2026-12-05", "节假日 2026-12-05"),
    ],
)
def test_what_the_office_looks_at_is_called_by_its_name(row: Callable[..., str], subject: str, words: str) -> None:
    assert words in re.sub(r"<[^>]*>", "", row(Role.AUDITOR, "zh", subject))


def test_a_person_goes_by_a_short_code_and_never_by_name(row: Callable[..., str]) -> None:
    shown = row(Role.AUDITOR, "zh", f"person:{PERSON}")
    assert "人员 06d9577d" in shown
    assert PERSON not in shown


def test_an_auditor_s_bar_has_the_one_page_and_the_way_out(parts: Parts) -> None:
    session = a_session(parts, a_user(parts, "wu", Role.AUDITOR, site=None))
    with a_browser(parts, *routers(), signed_in=session) as browser:
        bar = browser.get("/registry/audit").text.split('<header class="top">')[1].split("</header>")[0]
    assert bar.count('aria-current="page"') == 1
    assert '<a href="/registry/audit" aria-current="page">' in bar
    assert "wu" in bar
    assert 'action="/sign-out"' in bar
