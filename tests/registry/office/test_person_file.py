"""A person's file on the clerk's pages: changed, undone, its history, roles, documents, host and household, duplicates."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient

from registry.auth.permissions import Role
from registry.ids import SiteId
from registry.pages import routers
from registry.people.models import Person
from registry.people.service import NewPerson, register_person
from registry.web.parts import Parts
from tests.makers.registry import IDENTITY, OC1, a_card, a_keyring, a_person, a_site, a_unit
from tests.makers.web import a_browser, a_session, a_user, some_parts

NUMBER = "11010519491231002X"


@dataclass(frozen=True, slots=True)
class Office:
    """A clerk's browser and one person."""

    browser: TestClient
    parts: Parts
    person: Person

    @property
    def page(self) -> str:
        return f"/registry/people/{self.person.id}"

    def post(self, path: str, **fields: str) -> tuple[int, str]:
        answer = self.browser.post(f"{self.page}/{path}", data=fields)
        return answer.status_code, answer.text

    def text(self, path: str = "") -> str:
        answer = self.browser.get(self.page + path)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    parts = some_parts(tmp_path, language="en")
    parts.rooms["registry"] = a_keyring()
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        person = a_person(work.session, "李娜", phone="13800138000", unit=a_unit(work.session))
        a_site(work.session, "oc2")
    chen = a_session(parts, a_user(parts, "chen", Role.CLERK))
    with a_browser(parts, *routers(), signed_in=chen) as browser:
        yield Office(browser, parts, person)


EDIT = {"name": "李丽", "kind": "resident", "phone": "13900139000", "revision": "0"}


def test_a_file_is_changed_told_and_put_back(office: Office) -> None:
    assert office.post("edit", **EDIT, note="搬家")[0] == 303
    changed = office.text("?done=changed")
    assert [word in changed for word in ("李丽", "13900139000", "搬家", "Saved.", "/undo", "<del>", "chen")] == [
        True
    ] * 7
    revision = re.search(r'name="revision" value="(\d+)"', changed)
    assert revision is not None
    assert office.post("undo", revision=revision[1])[0] == 303
    undone = office.text()
    assert "13800138000" in undone
    assert "Archives Office" in undone
    status, text = office.post("undo", revision="3")
    assert (status, "can no longer be undone" in text) == (422, True)
    assert "李娜" in office.browser.get("/registry/people?q=lina").text


def test_what_cannot_be_stands_beside_its_field_with_what_was_typed(office: Office) -> None:
    status, text = office.post("edit", **{**EDIT, "phone": "call me", "name": " "})
    assert status == 422
    status, text = office.post("edit", **{**EDIT, "phone": "call me"})
    assert (status, 'value="call me"' in text, 'id="wrong-phone"' in text) == (422, True, True)
    status, text = office.post("edit", **EDIT, id_number="110105194912310021")
    assert "does not fit the others" in text
    status, text = office.browser.post("/registry/people/new", data={"name": "赵", "kind": "visitor"}).status_code, ""
    assert status == 422
    assert "李娜" in office.text()


def test_a_permit_that_cannot_be_issued_says_why_beside_its_field_and_keeps_what_was_typed(office: Office) -> None:
    permit = {"plate": "鄂E12345", "year": "2026", "permit_class": "private", "sites": "oc1"}

    def is_told(field: str, **wrong: str) -> bool:
        status, page = office.post("permits", **{**permit, **wrong})
        is_kept = f'value="{wrong.get("plate", permit["plate"])}"' in page
        return status in {409, 422} and f'id="wrong-{field}"' in page and is_kept

    assert is_told("plate", plate="no plate")
    assert is_told("plate", plate="")
    assert is_told("year", year="1999")
    assert is_told("sites", sites="")
    assert is_told("further", further="鄂E54321，鄂e·12345")
    for quota, is_refused in ((0, True), (None, False)):
        with office.parts.stores["registry"].begin(office.parts.clock.now()) as work:
            a_unit(work.session).permit_quota = quota
        assert is_told("year") == is_refused


def test_the_second_of_two_clerks_sees_what_the_first_wrote(office: Office) -> None:
    assert office.post("edit", **EDIT)[0] == 303
    status, text = office.post("edit", **{**EDIT, "name": "李莉"})
    assert status == 409
    assert [word in text for word in ("李丽", "李莉", "Theirs", 'value="2"')] == [True] * 4
    assert office.post("edit", **{**EDIT, "name": "李莉", "revision": "2"})[0] == 303
    assert "李莉" in office.text()


def test_roles_come_and_go(office: Office) -> None:
    role = {"role_kind": "contractor", "first_day": "2026-03-01", "last_day": "2026-02-01"}
    assert "before the first" in office.post("roles", **role)[1]
    assert office.post("roles", **{**role, "last_day": "", "words": "绿化"})[0] == 303
    page = office.text()
    assert "绿化" in page
    end = re.search(r'action="[^"]*(roles/[^"]+/end)"', page)
    assert end is not None
    assert office.post(end[1], ends_on="2025-01-01")[0] == 422
    assert office.post(end[1], ends_on="2026-11-30")[0] == 303
    assert "2026-03-01 – 2026-11-30" in office.text()


def test_a_document_is_of_its_kind_and_in_one_file(office: Office) -> None:
    assert "no document of this kind" in office.post("documents", document_kind="passport", number="?")[1].lower()
    wrong = office.post("documents", document_kind="residence_permit", number="810000199001010011")
    assert "does not fit" in wrong[1]
    assert office.post("documents", document_kind="home_return", number="h12345678")[0] == 303
    page = office.text()
    assert "H12" in page
    assert "H12345678" not in page
    assert str(office.person.id) in office.browser.post("/registry/people", data={"q": "H12345678"}).text
    assert "somebody else" in office.post("documents", document_kind="home_return", number="H12345678")[1]
    removal = re.search(r'action="[^"]*(documents/[^"]+/removal)"', page)
    assert removal is not None
    assert office.post(removal[1])[0] == 303


def test_a_visitor_has_a_host_who_is_found_by_words(office: Office) -> None:
    with office.parts.stores["registry"].begin(office.parts.clock.now()) as work:
        a_person(work.session, "王一"), a_person(work.session, "王二")
        a_person(work.session, "赵远", site="oc2")
    assert "are several" in office.post("ties", tie_kind="host", other="王")[1]
    assert "Nobody is called" in office.post("ties", tie_kind="host", other="赵远")[1]
    assert "their own host" in office.post("ties", tie_kind="household", other="李娜")[1]
    assert office.post("ties", tie_kind="household", other="wangyi", relation="配偶")[0] == 303
    page = office.text()
    assert "王一" in page
    assert "配偶" in page
    assert office.post("ties/household/removal")[0] == 303
    assert "王一" not in office.text().split('id="history"')[0]


def test_a_photo_of_forty_megapixels_is_refused_in_words(office: Office) -> None:
    large = cv2.imencode(".png", np.zeros((5000, 8000), np.uint8))[1].tobytes()
    answer = office.browser.post(f"{office.page}/photo", files={"photo": ("me.png", large, "image/png")})
    assert answer.status_code == 422
    assert "8000 × 5000 pixels, and 24 million are the most" in answer.text


def test_two_files_of_one_person_are_made_one_and_taken_apart_again(office: Office) -> None:
    with office.parts.stores["registry"].begin(office.parts.clock.now()) as work:
        second = a_person(work.session, "李娜", phone="13800138000")
        a_card(work.session, "04A1B2C3", person=second)
        new = NewPerson(site=OC1, name="李那", phone="13800138000", id_number=NUMBER)
        register_person(work.session, IDENTITY, new, within={OC1}, by="wu", now=work.now)
    listed = office.browser.get("/registry/people/duplicates").text
    assert "sound and phone" in listed
    assert "name and phone" in listed
    assert "look like one person" in office.browser.get("/registry").text
    merge = f"/registry/people/duplicates/merge?kept={office.person.id}&gone={second.id}"
    assert "Cards <b>1</b>" in office.browser.get(merge).text
    assert office.browser.post(merge).status_code == 303
    page = office.text("?done=merged")
    assert "04A1B2C3" in page
    assert office.browser.post(merge).status_code == 409
    assert "went into another" in office.browser.get(f"/registry/people/{second.id}").text
    undo = re.search(r'action="(/registry/people/duplicates/[^"]+/undo)"', page)
    assert undo is not None
    assert office.browser.post(undo[1]).status_code == 303
    assert "04A1B2C3" not in office.text().split('id="history"')[0]
    assert office.browser.post(undo[1]).status_code == 409
    elsewhere = a_session(office.parts, a_user(office.parts, "wu", Role.CLERK, site=SiteId("oc2")), token="1" * 43)
    with a_browser(office.parts, *routers(), signed_in=elsewhere) as other:
        assert other.get(merge).status_code == other.post(f"{office.page}/edit", data=EDIT).status_code == 404


def test_rights_at_the_gates_are_set_by_the_desk_and_clearance_by_the_security_office(office: Office) -> None:
    path, api = "gate-rights", f"/api/registry/people/{office.person.id}/gate-rights"
    assert 'name="clearance"' not in office.text()
    assert office.post(path, may_escort="true", revision="0")[0] == 303
    assert "May escort" in office.text()
    status, text = office.post(path, may_escort="true", needs_escort="true", revision="2")
    assert (status, "escorts nobody" in text) == (422, True)
    assert office.post(path, clearance="5", revision="2")[0] == 403
    assert office.browser.put(api, json={"clearance": 5, "revision": 2}).status_code == 403
    asked = office.browser.put(api, json={"needs_escort": True, "revision": 2}).json()
    assert asked == {"clearance": 0, "first_person": False, "may_escort": False, "needs_escort": True, "revision": 3}
    late, text = office.post(path, first_person="true", revision="2")
    assert (late, "Needs an escort" in text) == (409, True)
    officer = a_session(office.parts, a_user(office.parts, "zhou", Role.SECURITY_OFFICER), "1" * 43)
    with a_browser(office.parts, *routers(), signed_in=officer) as browser:
        assert 'name="clearance"' in browser.get(office.page).text
        answer = browser.post(f"{office.page}/{path}", data={"clearance": "5", "first_person": "true", "revision": "3"})
        assert answer.headers["Location"] == f"{office.page}#rights"
        assert browser.post(f"{office.page}/{path}", data={"clearance": "6", "revision": "4"}).status_code == 422
        told = browser.get(api).json()
        assert (told["clearance"], told["first_person"], told["needs_escort"]) == (5, True, False)
