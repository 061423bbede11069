"""A form that cannot be carried out comes back as it was sent, each error beside its field."""

from datetime import date

import pytest
from pydantic import BaseModel
from sqlalchemy import func, select
from starlette.datastructures import FormData

from registry.credentials.service import OpensNothing
from registry.i18n import Texts
from registry.ids import SiteId
from registry.office.forms import BLANK, Typed, not_before
from registry.people.models import Person
from registry.people.service import NotANumber, NotAPhone, checked_phone
from registry.problems import Forbidden, NotFound
from registry.revisions.service import ChangedMeanwhile, keep, require_unchanged
from registry.store import Store
from registry.web.pages import environment
from tests.fakes.clock import NOON
from tests.makers.registry import a_person

pytestmark = pytest.mark.both_stores
T = Texts.load(strict=True).translator("en")


class Stay(BaseModel):
    """Any form."""

    name: str
    first_day: date | None = None
    sites: list[SiteId] = []


class Visit(Stay):
    """One whose fields have rules."""

    phone: str | None = None
    last_day: date | None = None


def typed(**sent: str) -> Typed:
    return Typed(FormData(sent), beside={"no-phone": "phone", "no-id-number": "id_number"})


def shown(macro: str, form: Typed, **values: object) -> str:
    imported = '{% from "registry/forms.html" import trouble, text, choice, revision with context %}'
    other = '{% from "registry/history.html" import differences with context %}'
    return environment().from_string(f"{imported}{other}{macro}").render(t=T, form=form, timezone="UTC", **values)


def test_what_is_left_empty_was_not_sent_and_several_boxes_are_a_list(registry_store: Store) -> None:
    form = Typed(FormData([("name", " 王 "), ("first_day", ""), ("sites", "oc1"), ("sites", "oc2")]))
    with registry_store.begin(NOON) as work, form.trying(work.session):
        assert form.read(Stay) == Stay(name="王", sites=[SiteId("oc1"), SiteId("oc2")])
    assert (form.status, form.headers) == (200, {})
    assert form.holds("sites", "oc2")
    assert not form.holds("sites", "oc3")


def test_a_field_that_cannot_be_read_says_so_and_keeps_what_was_typed(registry_store: Store) -> None:
    form = typed(name="", first_day="tomorrow")
    with registry_store.begin(NOON) as work, form.trying(work.session):
        form.read(Stay)
    assert (form.status, form.first_wrong) == (422, "name")
    html = shown('{{ trouble(form) }}{{ text(form, "first_day", "First day", type="date") }}', form)
    assert 'value="tomorrow"' in html
    assert 'aria-invalid="true"' in html
    assert "That is no day" in html


def test_control_characters_are_told_beside_their_field_and_reach_no_store(registry_store: Store) -> None:
    form = typed(name="王\x00建国")
    with registry_store.begin(NOON) as work, form.trying(work.session):
        form.read(Stay)
    assert (form.status, form.first_wrong) == (422, "name")
    assert "control characters" in shown('{{ text(form, "name", "Name") }}', form)
    many = typed(name="one\r\ntwo\tthree")
    with registry_store.begin(NOON) as work, many.trying(work.session):
        assert many.read(Stay).name == "one\r\ntwo\tthree"


def test_a_problem_stands_beside_its_field_and_nothing_was_done(registry_store: Store) -> None:
    form = typed(phone="call me")
    with registry_store.begin(NOON) as work:
        with form.trying(work.session):
            a_person(work.session)
            work.session.flush()
            raise NotAPhone
        assert work.session.scalar(select(func.count()).select_from(Person)) == 0
    assert "no phone number" in shown('{{ text(form, "phone", "Phone") }}', form)
    assert shown("{{ trouble(form) }}", form).strip() == ""
    with registry_store.begin(NOON) as work, form.trying(work.session):
        raise NotANumber("", fault="check_digit")
    assert "last character" in shown('{{ text(form, "id_number", "ID number") }}', form)


def test_what_its_writer_cannot_mend_is_raised(registry_store: Store) -> None:
    with pytest.raises(NotFound), registry_store.begin(NOON) as work, typed().trying(work.session):
        raise NotFound


def test_the_later_of_two_clerks_sees_what_the_other_wrote(registry_store: Store) -> None:
    form = typed(name="李娜娜", revision="0")
    with registry_store.begin(NOON) as work:
        keep(work.session, "person:1", "person-changed", {"name": "李娜"}, {"name": "李丽"}, by="wu", now=NOON)
        with form.trying(work.session):
            require_unchanged(work.session, "person:1", form.revision)
    assert isinstance(form.changed, ChangedMeanwhile)
    assert form.status == 409
    html = shown('{{ revision(form, 0) }}{{ differences(form, "registry") }}', form)
    assert 'value="2"' in html
    assert [name in html for name in ("wu", "李娜<", "李丽", "李娜娜")] == [True] * 4


def test_a_form_that_nobody_wrote_into_shows_the_record() -> None:
    options = [("staff", "Staff"), ("visitor", "Visitor")]
    html = shown(
        '{{ choice(form, "kind", "Kind", options, "visitor") }}{{ revision(form, 3) }}', BLANK, options=options
    )
    assert '<option value="visitor" selected>' in html
    assert 'value="3"' in html
    assert BLANK.value("note", None) == ""


def test_all_that_is_wrong_is_told_at_once_and_the_first_as_it_was_sent_has_the_focus(registry_store: Store) -> None:
    form = Typed(
        FormData([("phone", "call me"), ("first_day", "2026-12-01"), ("last_day", "2026-11-01"), ("name", " ")])
    )
    with registry_store.begin(NOON) as work, form.trying(work.session):
        form.read(Visit, phone=checked_phone, last_day=not_before(form, "first_day"), sites=_some)
    fields = ("name", "phone", "first_day", "last_day", "sites")
    found = {field: [one.keys[-1] for one in form.wrong(field)] for field in fields}
    assert found == {
        "name": ["problem.field-missing"],
        "phone": ["problem.no-phone"],
        "first_day": [],
        "last_day": ["problem.period-empty"],
        "sites": ["problem.opens-nothing"],
    }
    assert (form.status, form.first_wrong) == (422, "phone")


def test_a_rule_is_not_asked_of_what_cannot_be_read_or_was_left_empty(registry_store: Store) -> None:
    form = typed(name="王", first_day="tomorrow", last_day="2026-11-01")
    with registry_store.begin(NOON) as work, form.trying(work.session):
        form.read(Visit, phone=_never, first_day=_never, last_day=not_before(form, "first_day"))
    assert form.first_wrong == "first_day"
    assert not form.wrong("last_day")


def test_a_rule_that_its_writer_cannot_mend_is_raised(registry_store: Store) -> None:
    with pytest.raises(Forbidden), registry_store.begin(NOON) as work, typed(name="王").trying(work.session):
        typed(name="王").read(Stay, name=_never)


def _some(chosen: list[str]) -> None:
    if not chosen:
        raise OpensNothing


def _never(written: str) -> None:
    raise Forbidden(written)
