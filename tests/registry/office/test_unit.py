"""A unit's officer sees the unit's own people and permits, at the officer's compounds, and nobody else's."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from registry.auth import queries, service
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.ids import SiteId, UnitId, UserId
from registry.pages import routers
from registry.web.parts import Parts
from tests.makers.registry import a_keyring, a_permit, a_person, a_site, a_unit
from tests.makers.web import OC1, PASSWORD, a_browser, a_session, some_parts

OC2 = SiteId("oc2")


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    """Two offices with people at two compounds; each person has a permit for theirs."""
    made = some_parts(tmp_path)
    made.rooms["registry"] = a_keyring()
    with made.stores["registry"].begin(made.clock.now()) as work:
        session = work.session
        a_site(session, "oc2", name_zh="二号院", name_en="Compound Two")
        archive, tax = a_unit(session), a_unit(session, name_zh="税务局", name_en="Tax Office")
        for name, unit, site, plate in (
            ("王建国", archive, OC1, "鄂E10001"),
            ("李晓梅", archive, OC2, "鄂E10002"),
            ("陈静", tax, OC1, "鄂E10003"),
            ("赵敏", None, OC1, "鄂E10004"),
        ):
            person = a_person(session, name, site=site, unit=unit)
            permit = a_permit(session, plate, person=person, sites=(site,))
            permit.unit_id = None if unit is None else unit.id
    return made


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def unit_named(parts: Parts, name: str) -> UnitId:
    with parts.stores["registry"].read() as session:
        return a_unit(session, name_zh=name).id


def officer(opened: ExitStack, parts: Parts, *where: tuple[SiteId | None, str | None]) -> TestClient:
    grants = [Grant(Role.UNIT_OFFICER, site, unit=unit_named(parts, unit) if unit else None) for site, unit in where]
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        service.add_user(work.session, name="wu", password=PASSWORD, grants=grants, now=work.now)
        user = queries.user_named(work.session, "wu")
        assert user is not None
    return opened.enter_context(a_browser(parts, *routers(), signed_in=a_session(parts, UserId(user.id))))


def people(client: TestClient, **asked: str) -> set[str]:
    return {item["name"] for item in client.get("/api/registry/unit/people", params=asked).json()["items"]}


def plates(client: TestClient, **asked: str) -> set[str]:
    return {item["plate"] for item in client.get("/api/registry/unit/permits", params=asked).json()["items"]}


def test_one_s_own_unit_at_one_s_own_compound(opened: ExitStack, parts: Parts) -> None:
    wu = officer(opened, parts, (OC1, "档案局"))
    assert people(wu) == {"王建国"}
    assert plates(wu) == {"鄂E10001"}
    assert people(wu, q="陈") == set()
    assert plates(wu, q="鄂E1000") == {"鄂E10001"}


def test_two_units_at_two_compounds_do_not_mix(opened: ExitStack, parts: Parts) -> None:
    wu = officer(opened, parts, (OC2, "档案局"), (OC1, "税务局"))
    assert people(wu) == {"李晓梅", "陈静"}
    assert plates(wu) == {"鄂E10002", "鄂E10003"}


def test_a_unit_everywhere(opened: ExitStack, parts: Parts) -> None:
    wu = officer(opened, parts, (None, "档案局"))
    assert people(wu) == {"王建国", "李晓梅"}
    assert plates(wu) == {"鄂E10001", "鄂E10002"}


def test_an_officer_of_no_unit_sees_nobody(opened: ExitStack, parts: Parts) -> None:
    wu = officer(opened, parts, (OC1, None))
    assert people(wu) == set()
    assert plates(wu) == set()
    assert "还没有指定单位" in wu.get("/registry/unit").text


def test_the_page_is_where_the_officer_s_work_begins(opened: ExitStack, parts: Parts) -> None:
    wu = officer(opened, parts, (OC1, "档案局"))
    assert wu.get("/").headers["Location"] == "/registry/unit"
    shown = wu.get("/registry/unit").text
    assert "<h1>档案局</h1>" in shown
    assert "王建国" in shown
    assert "李晓梅" not in shown
    assert "陈静" not in shown
    assert wu.get("/registry/people").status_code == 403
    assert wu.get("/api/registry/people").status_code == 403


def test_that_the_list_was_read_is_written_down(opened: ExitStack, parts: Parts) -> None:
    officer(opened, parts, (OC1, "档案局")).get("/registry/unit")
    store = parts.stores["registry"]
    with store.read() as session:
        acts = [row.action for row in session.query(store.room.audit) if row.actor == "wu"]
    assert acts == ["people-listed", "permits-listed"]
