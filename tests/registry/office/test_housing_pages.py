"""The pages of tenancies, checks and projects: what a clerk does from arrival to leaving."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from httpx2 import Response
from sqlalchemy import select
from starlette.testclient import TestClient

from registry.access.facts import CredentialStatus
from registry.auth.permissions import Role
from registry.housing.models import ResidenceFile, RiskClass, RoomRow, Tenancy
from registry.ids import new_id
from registry.pages import routers
from registry.passes.models import Pin, QrPass
from registry.people.models import Person
from registry.people.search import keep_tokens
from registry.projects.models import Project
from registry.web.app import create_app
from registry.web.parts import Parts
from tests.makers.housing import a_room, a_tenancy
from tests.makers.projects import a_project, a_worker
from tests.makers.registry import IDENTITY, a_keyring, a_person
from tests.makers.web import a_token, some_parts


@dataclass(frozen=True, slots=True)
class Desk:
    """A clerk of oc1, an empty flat, a let one, a project, and a tenancy of oc2."""

    client: TestClient
    parts: Parts
    flat: RoomRow
    let: Tenancy
    elsewhere: Tenancy
    project: Project

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.text[-500:])
        return answer.text

    def post(self, path: str, **fields: str) -> Response:
        return self.client.post(path, data=fields)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    parts = some_parts(tmp_path)
    parts.rooms["registry"] = a_keyring()
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        session = work.session
        people = [a_person(session, name, phone=phone) for name, phone in (("李娜", "13800000001"), ("李明", None))]
        people += [a_person(session, "王强", phone=f"1390000000{number}") for number in range(2)]
        flat, taken, there = a_room(session, "201"), a_room(session, "202"), a_room(session, "201", site="oc2")
        taken.risk = RiskClass.ORANGE
        session.flush()
        let = a_tenancy(session, taken, people[0], living=[people[1]], first_day=date(2026, 1, 1))
        elsewhere = a_tenancy(session, there, a_person(session, "赵敏", site="oc2"))
        project = a_project(session)
        keep_tokens(session, IDENTITY, session.scalars(select(Person)).all())
    clerk = {"Authorization": f"Bearer {a_token(parts, Role.CLERK, name='chen')}", "Accept": "text/html"}
    with TestClient(create_app(parts, routers()), headers=clerk, follow_redirects=False) as client:
        yield Desk(client, parts, flat, let, elsewhere, project)


def test_a_room_is_let_to_people_whom_the_clerk_names_and_wrong_names_stand_beside_their_fields(desk: Desk) -> None:
    form = f"/registry/rooms/{desk.flat.id}/let"
    assert "13-201" not in desk.get(form)
    days = {"first_day": "2026-11-23", "last_day": "2026-11-01"}
    wrong = desk.post(form, tenant="王强", landlord="孙悟空", occupants="李明", **days)
    assert wrong.status_code == 422
    assert 'id="wrong-tenant"' in wrong.text
    assert 'id="wrong-landlord"' in wrong.text
    assert 'id="wrong-last_day"' in wrong.text
    assert "13900000000" in wrong.text
    done = desk.post(form, tenant="13900000001", occupants="李明\n13900000001", first_day="2026-11-23", clause="true")
    assert done.status_code == 303
    page = desk.get(done.headers["location"])
    assert "王强" in page
    again = desk.post(form, tenant="李娜", first_day="2026-11-30")
    assert (again.status_code, 'id="wrong-first_day"' in again.text) == (422, True)
    withdrawn = desk.post(f"{done.headers['location']}/withdrawal")
    assert withdrawn.headers["location"] == f"/registry/rooms/{desk.flat.id}"


def test_files_passes_and_the_end_of_a_tenancy_on_its_page(desk: Desk) -> None:
    here, who = f"/registry/tenancies/{desk.let.id}", str(desk.let.tenant_id)
    assert desk.post(f"{here}/files", person=who, home=" ").status_code == 422
    assert desk.post(f"{here}/files", person=who, home="湖北省秭归县", purpose="务工").status_code == 303
    issued = desk.post(f"{here}/passes", person=who, until="2026-12-31")
    assert issued.status_code == 303
    too_long = desk.post(f"{here}/passes", person=who, until="2300-01-01")
    assert (too_long.status_code, 'id="wrong-until"' in too_long.text) == (422, True)
    long_ago = desk.post(f"{here}/passes", person=who, until="0001-01-01")
    assert (long_ago.status_code, 'id="wrong-until"' in long_ago.text) == (422, True)
    page = desk.get(here)
    (file,) = set(re.findall(r"/registry/files/[0-9a-f-]+", page))
    assert "湖北省秭归县" in desk.get(file)
    assert "1" in desk.get(f"{here}/end")
    assert desk.post(f"{here}/end", last_day="2026-11-23", revision="0").status_code == 422
    assert desk.post(f"{here}/end", last_day="2026-11-23", reason="搬走", revision="0").status_code == 303
    with desk.parts.stores["registry"].read() as session:
        assert session.scalars(select(QrPass.status)).all() == [CredentialStatus.ENDED]
        assert session.scalars(select(ResidenceFile.cancelled_by)).one() is not None
    late = desk.post(f"{here}/end", last_day="2026-11-20", reason="搬走", revision="0")
    assert (late.status_code, "meanwhile" in late.text) == (409, True)
    assert desk.post(f"{here}/end/undoing").status_code == 303
    assert desk.post(f"{here}/end/undoing").status_code == 422
    person = next(one for one in re.findall(r"/occupants/([0-9a-f-]+)/leaving", desk.get(here)) if one != who)
    assert desk.post(f"{here}/occupants/{person}/leaving").status_code == 303
    assert desk.post(f"{here}/occupants", occupant="李明").status_code == 303
    assert desk.post(f"{here}/occupants", occupant="李明").status_code == 422


def test_a_pin_given_for_a_tenancy_or_a_project_ends_with_it(desk: Desk) -> None:
    here, who = f"/registry/tenancies/{desk.let.id}", str(desk.let.tenant_id)
    weak = desk.post(f"{here}/pins", person=who, pin="111111", until="2026-12-31")
    assert (weak.status_code, 'id="wrong-pin"' in weak.text) == (422, True)
    assert desk.post(f"{here}/pins", person=who, until="2300-01-01").status_code == 422
    made = desk.post(f"{here}/pins", person=who, until="2026-12-31")
    (shown,) = re.findall(r"data-pin>(\d{6})<", made.text)
    assert "no-store" in made.headers["cache-control"]
    assert shown not in desk.get(here)
    assert "开门密码" in desk.get(here)
    api = f"/api/registry/tenancies/{desk.let.id}"
    again = desk.client.post(f"{api}/pins", json={"holder": who, "last_day": "2026-12-31"})
    assert (again.status_code, again.json()["made"]["tenancy"]) == (201, str(desk.let.id))
    assert [one["kind"] for one in desk.client.get(f"{api}/ending").json()["passes"]] == ["pin", "pin"]
    assert desk.post(f"{here}/end", last_day="2026-11-23", reason="搬走", revision="0").status_code == 303
    with desk.parts.stores["registry"].begin(desk.parts.clock.now()) as work:
        assert set(work.session.scalars(select(Pin.status))) == {CredentialStatus.ENDED}
        worker = str(a_worker(work.session, desk.project).person_id)
        nobody = str(a_worker(work.session, desk.project, training_last_day=None).person_id)
    project = f"/api/registry/projects/{desk.project.id}"
    given = desk.client.post(f"{project}/pins", json={"holder": worker, "last_day": "2026-12-31"})
    assert (given.status_code, given.json()["made"]["project"]) == (201, str(desk.project.id))
    untrained = desk.client.post(f"{project}/pins", json={"holder": nobody, "last_day": "2026-12-31"})
    assert untrained.status_code == 422
    assert "开门密码" in desk.get(f"/registry/projects/{desk.project.id}")
    assert desk.client.post(f"{project}/ending", json={}).status_code == 200
    pin = desk.client.get(f"/api/registry/pins/{given.json()['made']['id']}").json()
    assert pin["status"] == "ended"
    back = desk.client.post(f"/api/registry/pins/{pin['id']}/reinstatement", json={"reason": "还要用"})
    assert back.status_code in {409, 422}


def test_an_overdue_room_stands_on_the_first_page_until_it_is_checked(desk: Desk) -> None:
    room = f"/registry/rooms/{desk.let.room_id}"
    assert "/registry/overdue" in desk.get("/registry")
    assert "3-202" in desk.get("/registry/overdue?risk=orange")
    assert "3-202" not in desk.get("/registry/overdue?risk=red&q=3")
    check = {"kind": "room_check", "outcome": "wrong", "day": "2026-11-23", "at": "09:00"}
    refused = desk.post(f"{room}/checks", **check)
    assert (refused.status_code, 'id="wrong-words"' in refused.text) == (422, True)
    assert desk.post(f"{room}/checks", **check, words="私拉电线").status_code == 303
    assert "私拉电线" in desk.get(room)
    broken = desk.client.post(f"{room}/checks", data={**check, "words": "x"}, files={"photo": ("a.jpg", b"x")})
    assert (broken.status_code, 'id="wrong-photo"' in broken.text) == (422, True)
    assert "3-202" not in desk.get("/registry/overdue")
    assert desk.post(f"{room}/risk", risk="red").status_code == 303
    assert desk.post(f"{room}/risk", risk="pink").status_code == 422


def test_a_file_that_was_left_open_is_named_and_cancelled_with_what_the_form_offers(desk: Desk) -> None:
    with desk.parts.stores["registry"].begin(desk.parts.clock.now()) as work:
        over = a_tenancy(work.session, a_room(work.session, "305"), last_day=date(2026, 11, 20))
        file = ResidenceFile(id=new_id(), person_id=over.tenant_id, tenancy_id=over.id, home="荆州")
        file.registered_by, file.registered_at = "chen", work.now
        work.session.add(file)
    listed = desk.get("/registry/overdue").split('id="files"')[1]
    assert "3-305" in listed
    assert "王建国" in listed
    assert "2026-11-20" in listed
    form = desk.get(f"/registry/tenancies/{over.id}/end")
    offered = re.search(r'name="last_day" value="([^"]+)"', form)
    assert offered is not None
    ended = desk.post(f"/registry/tenancies/{over.id}/end", last_day=offered[1], reason="到期搬走")
    assert ended.status_code == 303, ended.text
    assert 'id="files"' not in desk.get("/registry/overdue")


def test_rooms_and_buildings_are_added_and_listed_by_building_and_floor(desk: Desk) -> None:
    building = {"site": "oc1", "short": "9", "name_zh": "9号楼", "name_en": "Building 9"}
    made = desk.post("/registry/rooms/buildings", **building)
    assert made.status_code == 303
    assert desk.post("/registry/rooms/buildings", **building).status_code == 422
    id_ = made.headers["location"].rpartition("=")[2]
    room = {"building": id_, "floor": "3", "number": "301", "use": "dwelling"}
    assert desk.post("/registry/rooms/new", **room).status_code == 303
    assert desk.post("/registry/rooms/new", **room).status_code == 422
    assert "9-301" in desk.get(f"/registry/rooms?building={id_}&floor=3")
    assert "9-301" not in desk.get(f"/registry/rooms?building={id_}&floor=2")
    blank = desk.client.post("/api/registry/rooms", json={"building": id_, "floor": 3, "number": " "})
    assert blank.status_code == 422
    again = desk.client.post("/api/registry/rooms", json={"building": id_, "floor": 3, "number": " 301 "})
    assert again.status_code == 409


LIST = "周大力\t420502199003077716\t13800000009\t焊工\t2026-12-31\n陈石\t420502198811236418\t\t瓦工\t\n"


def test_a_project_is_registered_its_list_entered_and_ended(desk: Desk) -> None:
    fields = {
        "site": "oc1",
        "unit": str(desk.project.unit_id),
        "name": "屋面防水",
        "contractor": "宏发建筑",
        "foreman": "周",
        "first_day": "2026-11-20",
        "last_day": "2026-12-20",
    }
    assert "unit" in desk.get("/registry/projects/new")
    empty = {"last_day": "2026-11-01", "name": "", "foreman": ""}
    wrong = desk.post("/registry/projects/new", **{**fields, **empty})
    assert [f'id="wrong-{field}"' in wrong.text for field in empty] == [True] * 3
    here = desk.post("/registry/projects/new", **fields).headers["location"]
    bad = desk.post(f"{here}/workers", text=LIST + "李四\t123")
    assert (bad.status_code, bad.text.count("<li><b")) == (422, 1)
    assert desk.post(f"{here}/workers", text=LIST).status_code == 303
    assert "/registry/projects?training=true" in desk.get("/registry")
    assert "屋面防水" in desk.get("/registry/projects?training=true&running=true&q=宏发")
    assert desk.post(f"{here}/passes").status_code == 303
    page = desk.get(here)
    assert page.count("/registry/passes/") == 1
    person = re.findall(r"/workers/([0-9a-f-]+)/training", page)[1]
    assert desk.post(f"{here}/workers/{person}/training", training="2026-12-31").status_code == 303
    assert desk.post(f"{here}/workers/{person}/leaving").status_code == 303
    changed = {**fields, "last_day": "2026-12-10"}
    assert "屋面防水" in desk.get(f"{here}/edit")
    assert desk.post(f"{here}/edit", **changed, revision="0").status_code == 409
    assert desk.post(f"{here}/edit", **changed, revision="9").status_code == 303
    assert "1" in desk.get(f"{here}/end")
    assert desk.post(f"{here}/end", revision="9").status_code == 303
    assert desk.post(f"{here}/end/undoing").status_code == 303
    assert desk.post(f"{here}/end/undoing").status_code == 422
    assert "屋面防水" in desk.get(here)


def test_what_lies_elsewhere_is_not_there(desk: Desk) -> None:
    there = f"/registry/tenancies/{desk.elsewhere.id}"
    for path in (there, f"{there}/end", f"/registry/rooms/{desk.elsewhere.room_id}/let", f"/registry/files/{new_id()}"):
        assert desk.client.get(path).status_code == 404, path
    assert desk.post(f"{there}/end", last_day="2026-11-23", reason="x").status_code == 404
    assert desk.client.get(f"/registry/projects/{new_id()}").status_code == 404


def test_a_persons_file_leads_to_where_they_live(desk: Desk) -> None:
    page = desk.get(f"/registry/people/{desk.let.tenant_id}")
    assert f'href="/registry/tenancies/{desk.let.id}"' in page
    assert "3-202" in page
