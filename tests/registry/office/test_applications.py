"""The pages of applications: a unit's officer writes and hands in, the office reviews many at once, a permit is issued."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.auth.service import add_user
from registry.ids import SiteId, UnitId, UserId
from registry.office import unit_applications
from registry.pages import routers
from registry.permits.models import ApplicationState
from registry.permits.queries import permits
from registry.web.parts import Parts
from tests.makers.permits import a_batch, an_application
from tests.makers.registry import a_gate, a_keyring, a_permit, a_person, a_unit
from tests.makers.web import OC1, PASSWORD, a_browser, a_session, some_parts


class Office:
    """A unit with a batch that is open, somebody in it, and browsers of whoever works with them."""

    def __init__(self, parts: Parts, opened: ExitStack) -> None:
        self.parts, self.opened = parts, opened
        with parts.stores["registry"].begin(parts.clock.now()) as work:
            a_gate(work.session)
            unit = a_unit(work.session)
            unit.permit_quota = 2
            a_batch(work.session, unit, closing_day=date(2026, 12, 31))
            self.unit, self.person = UnitId(unit.id), a_person(work.session, unit=unit).id
            self.tax = UnitId(a_unit(work.session, name_zh="税务局", name_en="Tax Office").id)

    def browser(self, role: Role, *, unit: UnitId | None = None, site: SiteId | None = OC1) -> TestClient:
        with self.parts.stores["registry"].begin(self.parts.clock.now()) as work:
            name = f"{role}-{str(unit)[-4:]}-{site}"
            user = add_user(
                work.session, name=name, password=PASSWORD, grants=[Grant(role, site, unit=unit)], now=work.now
            )
        token = name.replace("_", "-").ljust(43, "0")
        session = a_session(self.parts, UserId(user), token)
        return self.opened.enter_context(a_browser(self.parts, *routers(), signed_in=session))

    def application(self, plate: str, state: ApplicationState = ApplicationState.APPLIED) -> str:
        with self.parts.stores["registry"].begin(self.parts.clock.now()) as work:
            return str(an_application(work.session, plate, state=state, unit=a_unit(work.session)).id)

    def form(self, **fields: object) -> dict[str, object]:
        return {
            "unit": str(self.unit),
            "holder": str(self.person),
            "plate": "鄂E·12345",
            "year": "2026",
            "permit_class": "private",
            "sites": ["oc1"],
            **fields,
        }


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    parts = some_parts(tmp_path)
    parts.rooms["registry"] = a_keyring()
    with ExitStack() as opened:
        yield Office(parts, opened)


def test_an_application_goes_from_its_unit_to_a_permit(office: Office) -> None:
    wu, chen = office.browser(Role.UNIT_OFFICER, unit=office.unit), office.browser(Role.CLERK)
    answer = wu.post("/registry/unit/applications/new", data=office.form(further="鄂E54321", then="apply"))
    assert answer.status_code == 303
    own = wu.get(answer.headers["Location"]).text
    assert "待初审" in own
    assert "鄂E·54321" in own
    assert "0 / 2" not in wu.get("/registry/unit/applications").text

    queue = chen.get("/registry/applications").text
    assert "鄂E·12345" in queue
    assert 'data-key="r"' in queue
    where = answer.headers["Location"].replace("/unit/", "/")
    application = where.rsplit("/", 1)[1]
    done = chen.post("/registry/applications/steps/review", data={"applications": [application]})
    assert "已初审 1 件" in chen.get(done.headers["Location"]).text
    chen.post(f"{where}/issue")
    shown = chen.get(where).text
    assert "2026-0001" in shown
    assert shown.index("提交") < shown.index("初审通过</b>") < shown.index("核发</b>")
    with office.parts.stores["registry"].read() as session:
        (listed,) = permits(session, [OC1], words="鄂E54321", limit=9)
        page = chen.get(f"/registry/permits/{listed.permit.id}").text
    assert "共用" in page
    assert "档案局" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"plate": "京A12"}, "车牌写法不对"),
        ({"plate": "鄂E99999"}, "已有通行证"),
        ({"further": "鄂E12345"}, "写了两次"),
        ({"sites": []}, "至少选一个"),
        ({"year": "2027"}, "现在不能申报"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    office: Office, fields: dict[str, object], said: str
) -> None:
    with office.parts.stores["registry"].begin(office.parts.clock.now()) as work:
        a_permit(work.session, "鄂E99999")
    wu = office.browser(Role.UNIT_OFFICER, unit=office.unit)
    answer = wu.post("/registry/unit/applications/new", data=office.form(words="新车", then="apply", **fields))
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="新车"' in answer.text
    assert "还没有申请" in wu.get("/registry/unit/applications").text


def test_of_a_large_unit_the_holder_is_looked_for_and_what_was_typed_stays(office: Office) -> None:
    with office.parts.stores["registry"].begin(office.parts.clock.now()) as work:
        unit = a_unit(work.session)
        li = a_person(work.session, "李娜", unit=unit).id
        for name in ("赵敏", *(f"职工{number}" for number in range(unit_applications.MOST_HOLDERS))):
            a_person(work.session, name, unit=unit)
    wu = office.browser(Role.UNIT_OFFICER, unit=office.unit)
    assert "李娜" not in wu.get("/registry/unit/applications/new").text
    found = wu.post("/registry/unit/applications/new", data=office.form(holder="", find="李娜", then="find"))
    assert found.status_code == 200
    assert f'<option value="{li}">李娜' in found.text
    assert "赵敏" not in found.text
    assert 'value="鄂E·12345"' in found.text
    assert "还没有申请" in wu.get("/registry/unit/applications").text
    where = wu.post("/registry/unit/applications/new", data=office.form(holder=str(li), then="keep"))
    changed = wu.post(f"{where.headers['Location']}/change", data=office.form(find="赵敏", then="find", revision="1"))
    assert "赵敏" in changed.text
    assert f'<option value="{li}">李娜' in changed.text


def test_over_quota_nothing_is_handed_in(office: Office) -> None:
    drafts = [office.application(f"鄂E1000{n}", ApplicationState.DRAFT) for n in range(3)]
    wu = office.browser(Role.UNIT_OFFICER, unit=office.unit)
    answer = wu.post("/registry/unit/applications/steps/apply", data={"applications": drafts})
    assert answer.status_code == 422
    assert "核定 2 个，已占 2 个" in answer.text
    assert "鄂E·10002" in answer.text
    assert "本次一件也没有办理" in answer.text
    assert wu.get("/registry/unit/applications?state=applied").text.count("data-open") == 0


def test_another_units_person_and_application_are_not_there(office: Office) -> None:
    other = office.browser(Role.UNIT_OFFICER, unit=office.tax)
    application = office.application("鄂E10001")
    assert other.get(f"/registry/unit/applications/{application}").status_code == 404
    assert other.post(f"/registry/unit/applications/{application}/withdraw").status_code == 404
    taken = other.post("/registry/unit/applications/new", data=office.form(unit=str(office.tax)))
    assert taken.status_code == 404
    assert other.post("/registry/unit/applications/new", data=office.form()).status_code == 404


def test_a_draft_is_the_units_own(office: Office) -> None:
    application = office.application("鄂E10001", ApplicationState.DRAFT)
    chen = office.browser(Role.CLERK)
    assert chen.get(f"/registry/applications/{application}").status_code == 404
    for state in ("", "open", "draft"):
        assert "鄂E·10001" not in chen.get(f"/registry/applications?state={state}").text


def test_the_second_of_two_who_approve_is_told_that_it_was_done(office: Office) -> None:
    application = office.application("鄂E10001")
    chen = office.browser(Role.CLERK)
    assert chen.post(f"/registry/applications/{application}/review").status_code == 303
    again = chen.post(f"/registry/applications/{application}/review")
    assert again.status_code == 422
    assert "请刷新再看" in again.text


def test_sending_back_asks_for_a_word(office: Office) -> None:
    application = office.application("鄂E10001")
    chen = office.browser(Role.CLERK)
    answer = chen.post(f"/registry/applications/{application}/return")
    assert answer.status_code == 422
    assert "请写明原因" in answer.text
    assert chen.post(f"/registry/applications/{application}/return", data={"words": "缺行驶证"}).status_code == 303
    wu = office.browser(Role.UNIT_OFFICER, unit=office.unit)
    assert "缺行驶证" in wu.get(f"/registry/unit/applications/{application}").text


def test_two_officers_who_change_one_draft_see_each_others_words(office: Office) -> None:
    wu = office.browser(Role.UNIT_OFFICER, unit=office.unit)
    where = wu.post("/registry/unit/applications/new", data=office.form(then="keep")).headers["Location"]
    wu.post(f"{where}/change", data=office.form(plate="鄂E54321", revision="1"))
    late = wu.post(f"{where}/change", data=office.form(plate="鄂E67890", revision="1"))
    assert late.status_code == 409
    assert "鄂E54321" in late.text
    assert 'value="鄂E67890"' in late.text


def test_a_batch_is_opened_and_closed(office: Office) -> None:
    chen = office.browser(Role.CLERK, site=None)
    fields = {"unit": str(office.tax), "year": "2026", "officer": "吴科长", "closing_day": "2026-11-01"}
    assert chen.post("/registry/batches", data={**fields, "officer": " "}).status_code == 422
    assert chen.post("/registry/batches", data=fields).status_code == 303
    shown = chen.get("/registry/batches?year=2026").text
    assert "2026-11-01" in shown
    assert "已截止" in shown


def test_a_year_is_opened_for_all_units_at_once(office: Office) -> None:
    chen = office.browser(Role.CLERK, site=None)
    assert "1 个单位未开放" in chen.get("/registry/batches?year=2026").text
    over = chen.post("/registry/batches/all", data={"year": "2027", "closing_day": "2026-11-22"})
    assert over.status_code == 422
    assert "这一天已过" in over.text
    done = chen.post("/registry/batches/all", data={"year": "2027", "closing_day": "2026-12-20"})
    shown = chen.get(done.headers["Location"]).text
    assert "已为 1 个单位开放 2027 年度申报" in shown
    assert "另有 1 个单位没有登记责任人" in shown


def test_the_batches_of_all_compounds_are_not_one_compounds_matter(office: Office) -> None:
    chen = office.browser(Role.CLERK)
    assert 'method="post" action="/registry/batches' not in chen.get("/registry/batches?year=2026").text
    fields = {"unit": str(office.tax), "year": "2026", "officer": "吴科长", "closing_day": "2026-11-30"}
    assert chen.post("/registry/batches", data=fields).status_code == 403
    assert chen.post("/registry/batches/all", data=fields).status_code == 403


def test_a_lost_permit_is_replaced_and_the_chain_is_shown(office: Office) -> None:
    with office.parts.stores["registry"].begin(office.parts.clock.now()) as work:
        permit = a_permit(work.session).id
    chen = office.browser(Role.CLERK)
    assert chen.post(f"/registry/permits/{permit}/replace").status_code == 422
    chen.post(f"/registry/permits/{permit}/report_lost", data={"reason": "丢失"})
    assert "启用新证号" in chen.get(f"/registry/permits/{permit}").text
    answer = chen.post(f"/registry/permits/{permit}/replace")
    shown = chen.get(answer.headers["Location"]).text
    assert "已补办新证 2026-0002" in shown
    assert f'href="/registry/permits/{permit}">2026-0001</a> → <b class="digits" aria-current="true">2026-0002' in shown
    assert "已补办新证" in chen.get(f"/registry/permits/{permit}").text


def test_a_permit_is_renewed_from_its_own_page_and_from_the_persons(office: Office) -> None:
    with office.parts.stores["registry"].begin(office.parts.clock.now()) as work:
        first, second = (a_permit(work.session, f"鄂E1000{n}", person=a_person(work.session)) for n in (1, 2))
        pages = {"permits": first.id, "people": second.person_id}
        permits_of = [f"/registry/permits/{one.id}/renew" for one in (first, second)]
    chen = office.browser(Role.CLERK)
    for (kind, which), renew in zip(pages.items(), permits_of, strict=True):
        where = f"/registry/{kind}/{which}"
        assert f'action="{renew}"' in chen.get(where).text
        assert "已换发 2027-" in chen.get(chen.post(renew).headers["Location"]).text
        assert f'action="{renew}"' not in chen.get(where).text
        again = chen.post(renew)
        assert again.status_code == 422
        assert "已有通行证" in again.text


def test_a_substitute_stands_in_for_days(office: Office) -> None:
    with office.parts.stores["registry"].begin(office.parts.clock.now()) as work:
        permit = a_permit(work.session).id
    chen = office.browser(Role.CLERK)
    where = f"/registry/permits/{permit}/substitutes"
    days = {"first_day": "2026-11-23", "last_day": "2026-11-25"}
    assert chen.post(where, data={"plate": "鄂E54321", **days, "last_day": "2026-12-30"}).status_code == 422
    assert chen.post(where, data={"plate": "鄂E54321", **days}).status_code == 303
    assert "替换车 2026-11-23 至 2026-11-25" in chen.get(f"/registry/permits/{permit}").text
    assert chen.post(where, data={"plate": "鄂E54322", **days}).status_code == 422
