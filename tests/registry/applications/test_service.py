"""Handing in, quotas, batches and steps of applications, also by many at once."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from registry.access.facts import CredentialStatus
from registry.applications import queries
from registry.applications.batches import BatchClosed, ClosingDayNotAllowed, open_for_all, put_batch
from registry.applications.service import (
    NewApplication,
    NoSuchApplication,
    NoSuchHolder,
    draft,
    take,
    take_many,
)
from registry.auth.permissions import Role
from registry.credentials.service import OpensFurther, StepNotPossible
from registry.credentials.written import NoPlate
from registry.ids import ApplicationId, SiteId, UnitId
from registry.permits.lifecycle import PermitAction
from registry.permits.models import ApplicationState, PermitApplication, PermitClass, VehiclePermit
from registry.permits.quota import OverQuota, PlateAppliedFor, quota_of, quotas_of
from registry.permits.service import NewPermit, PlateHasPermit, issue_permit
from registry.problems import NotFound, Problem
from registry.store import Store
from registry.units.models import UnitResponsible
from tests.fakes.clock import NOON
from tests.makers.permits import a_batch, a_doer, an_application
from tests.makers.registry import OC1, a_permit, a_person, a_site, a_unit

pytestmark = pytest.mark.both_stores
InThreads = Callable[[int, Callable[[int], None]], None]


def drafts(store: Store, count: int, *, quota: int | None = None, closing_day: date = date(2026, 12, 31)) -> UnitId:
    """A unit with so many drafts, for the plates 鄂E10000, 鄂E10001 and so on."""
    with store.begin(NOON) as work:
        unit = a_unit(work.session)
        unit.permit_quota = quota
        a_batch(work.session, unit, closing_day=closing_day)
        person = a_person(work.session, unit=unit)
        for number in range(count):
            an_application(work.session, f"鄂E{10000 + number}", unit=unit, person=person)
        return UnitId(unit.id)


def ids(store: Store) -> list[ApplicationId]:
    with store.read() as session:
        return list(session.scalars(select(PermitApplication.id).order_by(PermitApplication.plate)))


def test_so_many_hand_in_at_once_that_the_quota_is_full_and_no_more(
    registry_store: Store, in_threads: InThreads
) -> None:
    unit = drafts(registry_store, 6, quota=4)
    those, told = ids(registry_store), []

    def hand_in(number: int) -> None:
        try:
            with registry_store.begin(NOON) as work:
                officer = a_doer(work.session, Role.UNIT_OFFICER, unit=unit)
                take(work.session, those[number], PermitAction.APPLY, officer, now=NOON)
        except OverQuota as full:
            told.append(full.facts)

    in_threads(6, hand_in)
    assert told == [{"quota": 4, "taken": 4, "wanted": 1}] * 2
    with registry_store.read() as session:
        assert quota_of(session, unit, 2026).taken == 4


def test_two_who_review_at_once_do_it_once(registry_store: Store, in_threads: InThreads) -> None:
    with registry_store.begin(NOON) as work:
        application = an_application(work.session, state=ApplicationState.APPLIED).id
    came: list[str] = []

    def review(_number: int) -> None:
        try:
            with registry_store.begin(NOON) as work:
                clerk = a_doer(work.session, Role.CLERK)
                take(work.session, application, PermitAction.REVIEW, clerk, now=NOON)
            came.append("reviewed")
        except StepNotPossible as late:
            came.append(late.detail)

    in_threads(2, review)
    assert sorted(came) == [
        "It is reviewed since 2026-11-23 by the-clerk; one cannot review it.",
        "reviewed",
    ]
    with registry_store.read() as session:
        assert len(queries.steps(session, application)) == 1


def test_many_are_handed_in_or_none(registry_store: Store) -> None:
    unit = drafts(registry_store, 3, quota=2)
    with pytest.raises(OverQuota) as full, registry_store.begin(NOON) as work:
        officer = a_doer(work.session, Role.UNIT_OFFICER, unit=unit)
        take_many(work.session, ids(registry_store), PermitAction.APPLY, officer, now=NOON)
    assert full.value.facts["about"] == "鄂E10002"
    with registry_store.read() as session:
        states = session.scalars(select(PermitApplication.state)).all()
    assert set(states) == {ApplicationState.DRAFT}


@pytest.mark.parametrize(("day", "is_open"), [(date(2026, 11, 23), True), (date(2026, 11, 22), False)])
def test_the_closing_day_is_the_last_on_the_clock_of_the_compound(
    registry_store: Store, day: date, *, is_open: bool
) -> None:
    unit = drafts(registry_store, 1, closing_day=day)
    (one,) = ids(registry_store)
    with registry_store.begin(NOON) as work:
        officer = a_doer(work.session, Role.UNIT_OFFICER, unit=unit)
        if is_open:
            take(work.session, one, PermitAction.APPLY, officer, now=NOON)
        with pytest.raises(StepNotPossible if is_open else BatchClosed):
            take(work.session, one, PermitAction.APPLY, officer, now=NOON + timedelta(minutes=1))


def test_a_clerk_moves_the_closing_day(registry_store: Store) -> None:
    unit = drafts(registry_store, 1, closing_day=date(2026, 1, 1))
    with registry_store.begin(NOON) as work:
        put_batch(work.session, unit, 2026, officer=" 吴  科长 ", closing_day=date(2026, 12, 1), by="chen", now=NOON)
        with pytest.raises(ClosingDayNotAllowed):
            put_batch(work.session, unit, 2026, officer="吴", closing_day=date(1900, 1, 1), by="chen", now=NOON)
    with registry_store.read() as session:
        batch = queries.batch(session, unit, 2026)
    assert batch is not None
    assert (batch.officer, batch.closing_day) == ("吴 科长", date(2026, 12, 1))


def written(unit: UnitId, holder: object, **fields: object) -> NewApplication:
    known: dict[str, object] = {"plate": "鄂E12345", "year": 2026, "sites": frozenset({OC1})}
    return NewApplication(unit_id=unit, holder=holder, **{**known, **fields})  # type: ignore[arg-type]


def test_what_cannot_be_applied_for(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        session = work.session
        own, other = a_unit(session), a_unit(session, name_zh="税务局")
        mine, theirs = a_person(session, unit=own), a_person(session, unit=other)
        a_site(session, "oc2")
        a_permit(session, "鄂E99999")
        an_application(session, "鄂E88888", state=ApplicationState.APPLIED, unit=other, person=theirs)
        officer = a_doer(session, Role.UNIT_OFFICER, unit=UnitId(own.id))
        unit = UnitId(own.id)
        faults: list[tuple[NewApplication, type[Problem]]] = [
            (written(unit, mine.id, plate="京A12"), NoPlate),
            (written(unit, mine.id, plate="鄂E99999"), PlateHasPermit),
            (written(unit, mine.id, further=("鄂E88888",)), PlateAppliedFor),
            (written(unit, theirs.id), NoSuchHolder),
            (written(UnitId(other.id), theirs.id), NotFound),
            (written(unit, mine.id, sites=frozenset({SiteId("oc2")})), NotFound),
        ]
        for new, problem in faults:
            with pytest.raises(problem):
                draft(session, new, officer, NOON)
        session.flush()
        assert session.scalar(select(func.count()).select_from(PermitApplication)) == 1


def test_an_issued_permit_is_what_was_applied_for_and_says_what_it_renews(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        session = work.session
        unit = a_unit(session)
        a_batch(session, unit)
        person = a_person(session, unit=unit)
        last = a_permit(session, year=2025, person=person)
        last.unit_id = unit.id
        session.flush()
        officer, clerk = a_doer(session, Role.UNIT_OFFICER, unit=UnitId(unit.id)), a_doer(session, Role.CLERK)
        row = draft(session, written(UnitId(unit.id), person.id, further=("鄂E54321",)), officer, NOON)
        take(session, row.id, PermitAction.APPLY, officer, now=NOON)
        take(session, row.id, PermitAction.REVIEW, clerk, now=NOON)
        take(session, row.id, PermitAction.ISSUE, clerk, now=NOON)
        permit = session.get(VehiclePermit, row.permit_id)
        assert permit is not None
        assert (permit.plate, permit.unit_id, permit.status) == ("鄂E12345", unit.id, CredentialStatus.ACTIVE)
        assert row.renews_id == last.id
        assert [(step.action, step.role) for step in queries.steps(session, row.id)] == [
            ("draft", "unit_officer"),
            ("apply", "unit_officer"),
            ("review", "clerk"),
            ("issue", "clerk"),
        ]


def test_who_answers_for_one_of_its_compounds_reads_it_but_does_not_open_the_other(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        session = work.session
        one = an_application(session, state=ApplicationState.APPLIED, sites=(OC1, "oc2")).id
        with pytest.raises(OpensFurther):
            take(session, one, PermitAction.REVIEW, a_doer(session, Role.CLERK), now=NOON)
        stranger = a_doer(session, Role.CLERK, site=SiteId("oc3"))
        with pytest.raises(NoSuchApplication):
            take(session, one, PermitAction.REVIEW, stranger, now=NOON)
        everywhere = a_doer(session, Role.CLERK, site=None)
        assert take(session, one, PermitAction.REVIEW, everywhere, now=NOON).state is ApplicationState.REVIEWED


def test_a_permit_that_a_clerk_issues_at_once_counts_too(registry_store: Store) -> None:
    unit = drafts(registry_store, 0, quota=1)
    with registry_store.begin(NOON) as work:
        holder = a_person(work.session).id
        work.session.flush()
        for plate, problem in (("鄂E1000A", None), ("鄂E1000B", OverQuota)):
            new = NewPermit(
                holder=holder,
                unit_id=unit,
                plate=plate,
                year=2026,
                permit_class=PermitClass.PRIVATE,
                sites=frozenset({OC1}),
            )
            if problem is None:
                issue_permit(work.session, new, within={OC1}, by="chen", now=NOON)
            else:
                with pytest.raises(problem):
                    issue_permit(work.session, new, within={OC1}, by="chen", now=NOON)


def test_a_year_is_opened_for_every_unit_that_has_none_by_who_answers_for_it(registry_store: Store) -> None:
    closing = date(2026, 12, 20)
    with registry_store.begin(NOON) as work:
        session = work.session
        archive, tax, water, none, shut = (
            a_unit(session, name_zh=name) for name in ("档案局", "税务局", "水利局", "统计局", "文化馆")
        )
        shut.permit_quota = 0
        a_batch(session, archive, year=2027, closing_day=date(2026, 12, 1))
        a_batch(session, tax, year=2026)
        for unit in (tax, water, shut):
            session.add(UnitResponsible(unit_id=unit.id, person_id=a_person(session, "王建国", unit=unit).id))
        session.flush()
        made = open_for_all(session, 2027, closing_day=closing, by="chen", now=NOON)
        assert {each.unit_id: each.officer for each in made.batches} == {tax.id: "吴科长", water.id: "王建国"}
        assert {each.closing_day for each in made.batches} == {closing}
        assert [each.id for each in made.without_officer] == [none.id]
        assert open_for_all(session, 2027, closing_day=closing, by="chen", now=NOON).batches == []
        found = queries.batches(session, 2027)
    assert found[archive.id].closing_day == date(2026, 12, 1)


def test_a_year_is_not_opened_until_a_day_that_is_over(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work, pytest.raises(ClosingDayNotAllowed):
        a_site(work.session)
        open_for_all(work.session, 2027, closing_day=date(2026, 11, 22), by="chen", now=NOON)


def test_the_quotas_of_all_units_are_those_of_each(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        session = work.session
        for letter, name, quota in (("A", "档案局", 3), ("B", "税务局", None), ("C", "水利局", 0)):
            unit = a_unit(session, name_zh=name)
            unit.permit_quota = quota
            for number, state in enumerate((ApplicationState.APPLIED, ApplicationState.DRAFT, ApplicationState.ISSUED)):
                an_application(session, f"鄂{letter}1000{number}", state=state, unit=unit)
        found = quotas_of(session, 2026)
        assert found == {unit: quota_of(session, unit, 2026) for unit in found}
        assert sorted(each.taken for each in found.values()) == [2, 2, 2]
