"""Every long list says how many rows it has in all, and a later page leads back to the first."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from registry import counting
from registry.auth.permissions import Role
from registry.counting import Total, counted
from registry.office.scene import PAGE_ROWS
from registry.pages import routers
from registry.people.models import Person
from registry.people.queries import ALL, count_people
from registry.people.search import keep_tokens
from registry.permits.models import ApplicationState
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.housing import a_room
from tests.makers.permits import an_application
from tests.makers.registry import IDENTITY, OC1, a_card, a_keyring, a_permit, a_person, a_unit
from tests.makers.web import a_browser, a_session, a_user, some_parts

MANY = PAGE_ROWS + 2
LISTS = ("permits", "cards", "rooms", "applications")


@pytest.fixture(scope="module")
def clerk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Whose lists have two pages each."""
    folder: Path = tmp_path_factory.mktemp("lists")
    parts = some_parts(folder)
    parts.rooms["registry"] = a_keyring()
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        session, unit = work.session, a_unit(work.session)
        people = [a_person(session, f"王{number}", unit=unit) for number in range(MANY)]
        for number, person in enumerate(people):
            plate = f"鄂E{10000 + number}"
            a_permit(session, plate, person=person)
            a_card(session, f"{0x1000 + number:X}", person=person)
            a_room(session, str(200 + number))
            an_application(session, plate, year=2027, state=ApplicationState.APPLIED, unit=unit, person=person)
        keep_tokens(session, IDENTITY, people)
    signed_in = a_session(parts, a_user(parts, "chen", Role.CLERK))
    with a_browser(parts, *routers(), signed_in=signed_in) as browser:
        yield browser


@pytest.mark.parametrize("name", LISTS)
def test_a_list_says_how_many_it_has_on_every_page_and_a_later_one_leads_back(clerk: TestClient, name: str) -> None:
    first = clerk.get(f"/registry/{name}").text
    assert f"<caption>共 {MANY} 条</caption>" in first
    assert "回到第一页" not in first
    (following,) = re.findall(r'href="([^"]+)" rel="next"', first)
    second = clerk.get(following.replace("&amp;", "&")).text
    assert f"<caption>共 {MANY} 条</caption>" in second
    (back,) = re.findall(r'href="([^"]+)" rel="first"', second)
    assert f"<caption>共 {MANY} 条</caption>" in clerk.get(back.replace("&amp;", "&")).text


def test_the_list_of_people_does_the_same_by_forms(clerk: TestClient) -> None:
    first = clerk.get("/registry/people").text
    assert f"<caption>共 {MANY} 条</caption>" in first
    assert "回到第一页" not in first
    (cursor,) = re.findall(r'name="cursor" value="([^"]+)"', first)
    second = clerk.post("/registry/people", data={"cursor": cursor}).text
    assert f"<caption>共 {MANY} 条</caption>" in second
    assert "回到第一页" in second
    assert "<caption>共 1 条</caption>" in clerk.post("/registry/people", data={"q": f"王{MANY - 1}"}).text


@pytest.mark.parametrize("name", ["people", "permits", "cards"])
def test_what_words_find_is_counted_no_further_than_a_page(clerk: TestClient, name: str) -> None:
    assert f"<caption>{PAGE_ROWS} 条以上</caption>" in clerk.get(f"/registry/{name}?q=王").text


@pytest.mark.both_stores
def test_a_count_ends_where_it_is_not_worth_its_time(registry_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with registry_store.begin(NOON) as work:
        for number in range(3):
            a_person(work.session, f"王{number}")
        work.session.flush()
        assert count_people(work.session, {OC1}, ALL) == Total(3)
        monkeypatch.setattr(counting, "MOST_COUNTED", 2)
        assert counted(work.session, select(Person).order_by(Person.id)) == Total(2, is_more=True)
