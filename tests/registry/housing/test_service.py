"""Letting rooms: nobody's days meet another's, and what lies elsewhere is not there."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from registry.credentials.period import MomentTooFar, PeriodEmpty
from registry.housing import queries
from registry.housing.models import RoomUse, Tenancy
from registry.housing.queries import NoSuchBuilding, NoSuchRoom, NoSuchTenancy
from registry.housing.service import (
    BuildingExists,
    DwellingOfAUnit,
    NewBuilding,
    NewRoom,
    RoomExists,
    add_building,
    add_housing,
    add_room,
)
from registry.housing.tenancies import EndsAlready, NewTenancy, OwnLandlord, RoomLet, begin_tenancy, end_tenancy
from registry.ids import PersonId, RoomId, SiteId, TenancyId, UnitId, new_id
from registry.people.queries import NoSuchPerson
from registry.room import Audit
from registry.sites.queries import NoSuchSite
from registry.store import Store, Work
from registry.units.queries import NoSuchUnit
from tests.fakes.clock import NOON
from tests.makers.housing import a_building, a_room, a_tenancy
from tests.makers.registry import OC1, a_person, a_site, a_unit

pytestmark = pytest.mark.both_stores

OC2 = SiteId("oc2")
JANUARY = (date(2026, 1, 1), date(2026, 1, 31))


def begin(work: Work, tenancy: NewTenancy, *within: SiteId) -> Tenancy:
    return begin_tenancy(work.session, tenancy, within=within or {OC1}, by="chen", now=NOON)


def new_tenancy(work: Work, room: RoomId, first: date = JANUARY[0], last: date | None = JANUARY[1]) -> NewTenancy:
    tenant, child = a_person(work.session, "李娜"), a_person(work.session, "李明")
    work.session.flush()
    living = (tenant.id, child.id)
    return NewTenancy(room_id=room, tenant_id=tenant.id, occupants=living, first_day=first, last_day=last)


def acts(store: Store) -> list[tuple[str, str]]:
    with store.read() as session:
        return [(act.site, act.action) for act in session.scalars(select(Audit).order_by(Audit.position))]


def test_a_house_is_built_let_and_given_back_and_the_audit_knows(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        new = NewBuilding(site=OC1, short="3", name_zh="3号楼", name_en="Building 3")
        building = add_building(work.session, new, by="chen", now=NOON)
        room = add_room(
            work.session,
            NewRoom(building_id=building.id, floor=2, number="201"),
            within={OC1},
            by="chen",
            now=NOON,
        )
        tenancy = begin(work, new_tenancy(work, room.id, last=None))
        end_tenancy(work.session, tenancy.id, date(2026, 6, 30), reason="搬走", within={OC1}, by="chen", now=NOON)
        begin(work, new_tenancy(work, room.id, date(2026, 7, 1), None))
    with registry_store.read() as session:
        (listed,) = queries.rooms(session, {OC1}, today=date(2026, 6, 30), limit=10)
        newer, older = queries.tenancies(session, room.id)
    assert (listed.name, listed.occupants) == ("3-201", 2)
    assert listed.tenancy
    assert listed.tenancy.id == older.tenancy.id
    assert [one.name for one in older.occupants] == ["李娜", "李明"]
    assert (older.days.last, newer.days.last) == (date(2026, 6, 30), None)
    expected = ["building-added", "room-added", "tenancy-begun", "tenancy-ended", "tenancy-begun"]
    assert acts(registry_store) == [("oc1", action) for action in expected]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 1, 31), date(2026, 2, 5)),
        (date(2025, 12, 1), date(2026, 1, 1)),
        (date(2026, 1, 10), date(2026, 1, 10)),
        (date(2025, 1, 1), None),
    ],
)
def test_a_room_is_not_let_twice_for_one_day(registry_store: Store, first: date, last: date | None) -> None:
    with registry_store.begin(NOON) as work:
        room = a_room(work.session)
        begin(work, new_tenancy(work, room.id))
        with pytest.raises(RoomLet):
            begin(work, new_tenancy(work, room.id, first, last))
    assert acts(registry_store) == [("oc1", "tenancy-begun")]


def test_of_many_who_let_one_room_at_once_one_succeeds(
    registry_store: Store, in_threads: Callable[[int, Callable[[int], None]], None]
) -> None:
    with registry_store.begin(NOON) as work:
        room, tenancy = a_room(work.session).id, new_tenancy(work, RoomId(new_id()))
    refused: list[int] = []

    def let(number: int) -> None:
        mine = replace(tenancy, id=TenancyId(new_id()), room_id=room, first_day=date(2026, 1, 1 + number))
        try:
            with registry_store.begin(NOON) as work:
                begin(work, mine)
        except RoomLet:
            refused.append(number)

    in_threads(4, let)
    assert len(refused) == 3
    with registry_store.read() as session:
        assert session.scalar(select(func.count()).select_from(Tenancy)) == 1


def test_a_tenancy_ends_no_later_than_it_would(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        tenancy = begin(work, new_tenancy(work, a_room(work.session).id))

        def end(last_day: date) -> None:
            end_tenancy(work.session, tenancy.id, last_day, reason="搬走", within={OC1}, by="chen", now=NOON)

        end(date(2026, 1, 10))
        for later in (date(2026, 1, 10), date(2026, 2, 1)):
            with pytest.raises(EndsAlready, match="2026-01-10"):
                end(later)
        with pytest.raises(PeriodEmpty):
            end(date(2025, 12, 31))
        assert tenancy.end_day == date(2026, 1, 11)


def test_what_cannot_be_is_refused(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        building, unit, room = a_building(work.session), a_unit(work.session), a_room(work.session)
        good = new_tenancy(work, room.id)
        refused = [
            (PeriodEmpty, replace(good, last_day=date(2025, 12, 31))),
            (MomentTooFar, replace(good, last_day=date.max)),
            (MomentTooFar, replace(good, first_day=date.min)),
            (OwnLandlord, replace(good, landlord_id=good.tenant_id)),
            (NoSuchRoom, replace(good, room_id=RoomId(new_id()))),
            (NoSuchPerson, replace(good, tenant_id=PersonId(new_id()))),
            (NoSuchPerson, replace(good, occupants=(PersonId(new_id()),))),
        ]
        for problem, tenancy in refused:
            with pytest.raises(problem):
                begin(work, tenancy)
        office = NewRoom(building_id=building.id, floor=1, number="101", unit_id=unit.id)
        rooms = [
            (DwellingOfAUnit, office),
            (NoSuchUnit, replace(office, use=RoomUse.OFFICE, unit_id=UnitId(new_id()))),
            (RoomExists, replace(office, number="201", unit_id=None)),
        ]
        for problem, new in rooms:
            with pytest.raises(problem):
                add_room(work.session, new, within={OC1}, by="chen", now=NOON)
        again = NewBuilding(site=OC1, short="3", name_zh="3号楼", name_en="Building 3")
        with pytest.raises(BuildingExists):
            add_building(work.session, again, by="chen", now=NOON)
        with pytest.raises(NoSuchSite):
            add_building(work.session, replace(again, site=OC2), by="chen", now=NOON)
    assert acts(registry_store) == []


def test_rooms_and_people_of_another_compound_are_not_there(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        here, there = a_room(work.session), a_room(work.session, site=OC2)
        stranger = a_person(work.session, "赵敏", site=OC2)
        work.session.flush()
        good = new_tenancy(work, here.id)
        let_there = a_tenancy(work.session, there, stranger)
        for landlord in (None, stranger.id):
            tenant = stranger.id if landlord is None else good.tenant_id
            with pytest.raises(NoSuchPerson):
                begin(work, replace(good, landlord_id=landlord, tenant_id=tenant))
        with pytest.raises(NoSuchRoom):
            begin(work, replace(good, room_id=there.id))
        with pytest.raises(NoSuchRoom):
            queries.room(work.session, there.id, {OC1}, today=JANUARY[0])
        with pytest.raises(NoSuchBuilding):
            new = NewRoom(building_id=there.building_id, floor=1, number="101")
            add_room(work.session, new, within={OC1}, by="chen", now=NOON)
        with pytest.raises(NoSuchTenancy):
            end_tenancy(work.session, let_there.id, date(2026, 2, 1), reason="搬走", within={OC1}, by="chen", now=NOON)
        begin(work, replace(good, landlord_id=stranger.id), OC1, OC2)


def test_the_database_itself_refuses_two_open_tenancies_and_one_that_ends_before_it_begins(
    registry_store: Store,
) -> None:
    with registry_store.begin(NOON) as work:
        room = a_room(work.session)
        a_tenancy(work.session, room)
    with pytest.raises(IntegrityError, match=r"(?i)unique"), registry_store.begin(NOON) as work:
        a_tenancy(work.session, room, first_day=date(2026, 5, 1))
    with pytest.raises(IntegrityError, match=r"(?i)check"), registry_store.begin(NOON) as work:
        a_tenancy(work.session, room, first_day=date(2026, 5, 1), last_day=date(2026, 4, 1))


def test_many_houses_at_once_are_refused_where_two_tenancies_share_a_day(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        building = NewBuilding(site=OC1, short="3", name_zh="3号楼", name_en="Building 3")
        room = NewRoom(building_id=building.id, floor=1, number="101")
        tenancies = [new_tenancy(work, room.id), new_tenancy(work, room.id, date(2026, 2, 1), None)]
        with pytest.raises(RoomLet):
            add_housing(work.session, [building], [room], [tenancies[0], replace(tenancies[1], first_day=JANUARY[1])])
        add_housing(work.session, [building], [room], tenancies)
        found = queries.tenancies(work.session, room.id)
    assert [let.days for let in found] == [tenancies[1].days, tenancies[0].days]


def test_rooms_are_listed_house_by_house_and_found_by_number_tenant_and_unit(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_room(work.session, "102", office_of=a_unit(work.session, name_zh="档案局"))
        flat = a_room(work.session, "201")
        a_tenancy(work.session, flat, a_person(work.session, "李娜"), living=[a_person(work.session, "王强")])
        a_room(work.session, "1001", building="4")
    with registry_store.read() as session:

        def found(words: str = "", *, after: RoomId | None = None, limit: int = 10) -> list[str]:
            today = date(2026, 11, 23)
            rows = queries.rooms(session, {OC1}, today=today, words=words, after=after, limit=limit)
            return [row.name for row in rows]

        assert found() == ["3-102", "3-201", "4-1001"]
        assert (found(limit=2), found(after=flat.id)) == (["3-102", "3-201"], ["4-1001"])
        assert (found("李"), found("3-2"), found("档案"), found("%")) == (["3-201"], ["3-201"], ["3-102"], [])
        assert found(after=RoomId(new_id())) == []
