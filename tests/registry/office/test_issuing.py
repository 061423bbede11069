"""A person's cards, QR passes and PINs on one page: issued with levels, replaced, each error beside its field."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from registry.auth.permissions import Role
from registry.pages import routers
from registry.web.parts import Parts
from tests.makers.levels import a_level
from tests.makers.registry import a_gate, a_keyring, a_person
from tests.makers.web import a_browser, a_session, a_user, some_parts

DAYS = {"first_day": "2026-11-23", "last_day": "2026-12-31", "sites": "oc1"}


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    made = some_parts(tmp_path)
    made.rooms["registry"] = a_keyring()
    return made


@pytest.fixture
def level(parts: Parts) -> str:
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        a_gate(work.session, "oc1-north")
        return str(a_level(work.session).id)


@pytest.fixture
def person(parts: Parts) -> str:
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        return f"/registry/people/{a_person(work.session, '王建国').id}"


@pytest.fixture
def clerk(parts: Parts) -> Iterator[TestClient]:
    signed_in = a_session(parts, a_user(parts, "chen", Role.CLERK))
    with a_browser(parts, *routers(), signed_in=signed_in) as browser:
        yield browser


def id_in(page: str, after: str) -> str:
    """The id of the article in which this stands."""
    found = re.findall(r'<article class="credential" id="c-([0-9a-f-]{36})">', page.split(after, maxsplit=1)[0])
    return str(found[-1])


def test_a_card_with_a_level_is_issued_lost_and_replaced(clerk: TestClient, person: str, level: str) -> None:
    assert "工作时间" in clerk.get(f"{person}/credentials").text
    sent = {"number": "123,45678", "format": "wiegand_26", "levels": level, **DAYS}
    assert clerk.post(f"{person}/cards", data=sent).status_code == 303
    shown = clerk.get(f"{person}/credentials").text
    assert "7BB26E" in shown
    assert "韦根 26：123,45678" in shown
    card = id_in(shown, ">7BB26E<")
    assert clerk.post(f"{person}/cards/{card}/levels", data={}).status_code == 303
    assert "不限时段" in clerk.get(f"{person}/credentials").text
    assert clerk.post(f"{person}/cards/{card}/levels", data={"levels": level}).status_code == 303
    assert "不限时段" not in clerk.get(f"{person}/credentials").text
    assert clerk.post(f"{person}/cards/{card}/report_lost", data={"reason": "丢了"}).status_code == 303
    taken = clerk.post(f"{person}/cards/{card}/replacement", data={"number": "no card", "format": "uid"})
    assert taken.status_code == 422
    assert 'value="no card"' in taken.text
    assert clerk.post(f"{person}/cards/{card}/replacement", data={"number": "04A1B2C3"}).status_code == 303
    chain = clerk.get(f"{person}/credentials").text
    assert "已补办为" in chain
    assert "补办自" in chain
    again = clerk.post(f"{person}/cards/{card}/replacement", data={"number": "04A1B2C4"})
    assert again.status_code == 422


def test_what_is_wrong_stands_beside_its_field(clerk: TestClient, person: str, level: str) -> None:
    sent = {"number": "xyz", "format": "uid", "levels": level, **DAYS}
    for wrong, said in (
        ({}, "卡号"),
        ({"number": "04A1B2C3", "last_day": "2026-11-01"}, ""),
        ({"number": ""}, "请填写此项"),
    ):
        back = clerk.post(f"{person}/cards", data=sent | wrong)
        assert back.status_code == 422
        assert "field-problem" in back.text
        assert said in back.text
        assert re.search(rf'value="{level}" checked', back.text)
    assert clerk.post(f"{person}/cards", data=sent | {"number": "04A1B2C3", "sites": ""}).status_code == 422


def problems_in(page: str) -> list[str]:
    """The fields that the page says something about."""
    return re.findall(r'class="field-problem" id="wrong-(\w+)"', page)


def test_a_form_that_comes_back_says_all_that_is_wrong_with_it(clerk: TestClient, person: str) -> None:
    days = {"first_day": "2026-12-31", "last_day": "2026-11-23"}
    card = clerk.post(f"{person}/cards", data={"number": "xyz", "format": "uid", **days})
    assert problems_in(card.text) == ["number", "last_day", "sites"]
    assert card.text.count("autofocus") == 1
    pin = clerk.post(f"{person}/pins", data={"pin": "123456", **days})
    assert problems_in(pin.text) == ["pin", "last_day", "sites"]
    permit = clerk.post(
        f"{person}/permits", data={"plate": "xyz", "further": "abc", "year": "1999", "permit_class": "private"}
    )
    assert problems_in(permit.text) == ["plate", "year", "further", "sites"]
    wrong = {"name": "\u200b", "kind": "staff", "phone": "call me", "id_number": "123"}
    for page in (
        clerk.post("/registry/people/new", data={"site": "oc1", **wrong}),
        clerk.post(f"{person}/edit", data=wrong),
    ):
        assert page.status_code == 422
        assert problems_in(page.text) == ["name", "phone", "id_number"]


def test_a_pass_for_once_says_so(clerk: TestClient, person: str, level: str) -> None:
    made = clerk.post(f"{person}/passes", data={"entries": "1", "levels": level, **DAYS})
    assert made.status_code == 303
    assert "限进 1 次" in clerk.get(f"{person}/credentials").text
    assert clerk.post(f"{person}/passes", data={"entries": "0", **DAYS}).status_code == 422


def test_a_pin_is_shown_once(clerk: TestClient, person: str) -> None:
    weak = clerk.post(f"{person}/pins", data={"pin": "123456", **DAYS})
    assert weak.status_code == 422
    assert "这个密码不能用" in weak.text
    made = clerk.post(f"{person}/pins", data={"pin": "482619", **DAYS})
    assert made.headers["Cache-Control"] == "no-store"
    assert "482619" in made.text
    assert "482610" in made.text
    later = clerk.get(f"{person}/credentials").text
    assert "482619" not in later
    pin = id_in(later.split('id="pins"')[1], "处理…")
    assert clerk.post(f"{person}/pins/{pin}/report_lost", data={"reason": "忘了"}).status_code == 303
    drawn = clerk.post(f"{person}/pins/{pin}/replacement", data={})
    assert re.search(r"data-pin>\d{6}<", drawn.text)


def test_the_api_does_the_same(clerk: TestClient, person: str, level: str) -> None:
    holder = person.rsplit("/", 1)[1]
    days = {"valid_from": "2026-11-23T00:00:00Z", "valid_until": "2026-12-31T00:00:00Z", "sites": ["oc1"]}
    card = clerk.post(
        "/api/registry/cards", json={"holder": holder, "number": "123,45678", "levels": [level], **days}
    ).json()
    assert (card["number"], card["wiegand_26"], card["levels"]) == ("7BB26E", "123,45678", [level])
    assert clerk.post(f"/api/registry/cards/{card['id']}/loss", json={"reason": "丢"}).is_success
    new = clerk.post(f"/api/registry/cards/{card['id']}/replacement", json={"number": "04A1B2C3"}).json()
    assert new["replaces"] == card["id"]
    assert [item["number"] for item in clerk.get("/api/registry/cards?q=123,45678").json()["items"]] == ["7BB26E"]
    assert clerk.put(f"/api/registry/cards/{new['id']}/levels", json={"levels": []}).json()["levels"] == []
    made = clerk.post("/api/registry/pins", json={"holder": holder, **days}).json()
    given = clerk.put(f"/api/registry/pins/{made['made']['id']}/levels", json={"levels": [level]}).json()
    assert given["levels"] == [level]
    assert re.fullmatch(r"\d{6}", made["pin"])
    assert "pin" not in clerk.get(f"/api/registry/pins/{made['made']['id']}").json()
    once = clerk.post("/api/registry/passes", json={"holder": holder, "entries_allowed": 1, **days}).json()
    assert once["entries_allowed"] == 1
    elsewhere = clerk.post("/api/registry/cards", json={"holder": holder, "number": "AA11", "levels": [holder], **days})
    assert elsewhere.status_code == 404
