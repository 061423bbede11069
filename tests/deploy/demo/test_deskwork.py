"""What the demonstration's clerks find on their desks."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from deploy.demo.deskwork import TWICE, draw_next_year, draw_permits, draw_twice, moved_days
from deploy.demo.population import Inhabitant
from registry.access.facts import CredentialStatus, DayKind
from registry.ids import PersonId, SiteId, UnitId, new_id
from registry.people.identity import IdentityKeys
from registry.people.merging import count_alike
from registry.people.service import NewPerson, register_people
from registry.permits.models import PermitClass, PermitPlate, VehiclePermit
from registry.permits.service import NewPermit, issue_permits
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.registry import OC1, a_person, a_site, a_unit

UNIT = UnitId(new_id())
HOLDER = PersonId(new_id())


def permits(unit: UnitId = UNIT, holder: PersonId = HOLDER) -> list[NewPermit]:
    classes = (PermitClass.PRIVATE, PermitClass.OFFICIAL)
    of_year = [
        NewPermit(
            holder=holder,
            unit_id=unit,
            plate=f"鄂E{10000 + number}",
            year=2026,
            sites=frozenset({OC1}),
            permit_class=classes[number % 2],
        )
        for number in range(300)
    ]
    return [*of_year[:-20], *(replace(each, status=CredentialStatus.SUSPENDED) for each in of_year[-20:])]


def test_each_replaced_permit_has_one_in_its_place_and_what_is_not_to_be_touched_stays_as_it_was() -> None:
    untouched = {f"鄂E{10000 + number}" for number in range(100)}
    before = permits()
    after = draw_permits(20, before, 2026, untouched=untouched)
    replaced = {each.id for each in after if each.status is CredentialStatus.REPLACED}
    assert replaced
    assert replaced == {each.replaces for each in after if each.replaces is not None}
    assert any(each.status is CredentialStatus.REPORTED_LOST for each in after)
    assert any(each.further for each in after)
    assert [each for each in after if each.plate in untouched] == before[:100]


@pytest.mark.both_stores
def test_shared_and_replaced_permits_are_issued_in_bulk(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        unit, holder = UnitId(a_unit(work.session).id), a_person(work.session).id
        work.session.flush()
        drawn = draw_permits(20, permits(unit, holder), 2026, untouched=())
        issue_permits(work.session, drawn, now=NOON)
    with registry_store.read() as session:
        shared = session.scalar(select(func.count()).select_from(PermitPlate))
        chains = session.scalar(select(func.count()).where(VehiclePermit.replaces_id.is_not(None)))
    assert shared == sum(len(each.further) for each in drawn)
    assert chains == sum(each.replaces is not None for each in drawn) > 0


def test_next_year_is_other_than_this_one() -> None:
    ahead = draw_next_year(20, permits(), 2026, untouched=())
    known = {each.plate for each in permits()}
    assert {each.year for each in ahead} == {2027}
    assert {each.plate in known for each in ahead} == {True, False}


def test_who_has_two_files_is_found(registry_store: Store) -> None:
    names = ("王静", "李丽", "张文", "赵明", *(f"孙{letter}" for letter in "一二三四五六七八九十"))
    staff = [
        (Inhabitant(NewPerson(site=OC1, name=name, unit_id=UNIT, phone=f"1990000{number:04d}"), 40),)
        for number, name in enumerate(names)
    ]
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        unit = UnitId(a_unit(work.session).id)
        second = list(draw_twice(20, staff, [SiteId(OC1)]))
        first = [replace(one.person, unit_id=unit) for (one,) in staff]
        work.session.flush()
        keys = IdentityKeys(bytes(32))
        register_people(work.session, keys, [*first, *(one.person for (one,) in second)], now=NOON)
        found = count_alike(work.session, [SiteId(OC1)])
    assert len(second) == found == TWICE
    assert {one.person.name for (one,) in second} & {"王靖", "李莉", "张雯", "赵铭"}


def test_the_days_that_are_moved_are_a_saturday_soon_and_a_monday_after_it() -> None:
    saturday, monday, new_year = moved_days(date(2026, 11, 24))
    assert (saturday.day, saturday.kind) == (date(2026, 12, 5), DayKind.WORKDAY)
    assert (monday.day, monday.kind) == (date(2026, 12, 7), DayKind.HOLIDAY)
    assert new_year.day == date(2027, 1, 1)
