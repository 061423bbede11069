"""Registering people."""

import time

import pytest
from sqlalchemy import func, select

from registry.feed.service import changes_after
from registry.ids import SiteId
from registry.people import queries
from registry.people.changing import (
    Clerk,
    DocumentKnown,
    PersonChange,
    add_document,
    change_person,
    remove_document,
)
from registry.people.models import DocumentKind, Person, PersonDocument
from registry.people.service import (
    NameMissing,
    NewPerson,
    NotANumber,
    NotAPhone,
    PersonKnown,
    register_people,
    register_person,
)
from registry.sites.queries import NoSuchSite
from registry.store import Store, Work
from tests.fakes.clock import NOON
from tests.makers.registry import IDENTITY, OC1, a_person, a_site, a_unit

pytestmark = pytest.mark.both_stores

NUMBER = "11010519491231002X"


def _register(work: Work, person: NewPerson) -> Person:
    return register_person(work.session, IDENTITY, person, within={OC1}, by="chen", now=NOON)


@pytest.mark.sqlite
def test_an_id_number_is_found_but_nowhere_in_the_file(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        person = NewPerson(site=OC1, name=" 王  建国 ", id_number=NUMBER, phone="138-0013 8000")
        _register(work, person)
    with registry_store.read() as session:
        found = queries.people(session, {OC1}, words="x", id_index=IDENTITY.index(NUMBER), limit=10)
        assert [(each.person.name, each.person.phone) for each in found] == [("王 建国", "13800138000")]
    database = registry_store.engine.url.database
    assert database is not None
    registry_store.close()
    for suffix in ("", "-wal"):
        try:
            with open(database + suffix, "rb") as file:  # noqa: PTH123 - the name ends with -wal
                assert NUMBER.encode() not in file.read()
        except FileNotFoundError:
            assert suffix


def test_nobody_has_two_files(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        _register(work, NewPerson(site=OC1, name="王", id_number=NUMBER))
        again = NewPerson(site=OC1, name="王", id_number=NUMBER.lower())
        with pytest.raises(PersonKnown):
            _register(work, again)


def test_a_number_that_one_file_has_as_a_document_is_no_other_files_id_number_and_the_reverse(
    registry_store: Store,
) -> None:
    number = "810000199408230021"
    with registry_store.begin(NOON) as work:
        session = work.session
        clerk = Clerk(session=session, keys=IDENTITY, name="chen", within={OC1}, now=NOON)
        first = a_person(session, "陈大文")
        session.flush()
        add_document(clerk, first.id, DocumentKind.RESIDENCE_PERMIT, number)
        with pytest.raises(PersonKnown):
            register_person(
                session, IDENTITY, NewPerson(site=OC1, name="陈", id_number=number), within={OC1}, by="chen", now=NOON
            )
        own = PersonChange(name="陈大文", kind=first.kind, unit_id=None, phone=None, note=None, id_number=number)
        change_person(clerk, first.id, own, 99)
        other = a_person(session, "陈小文")
        session.flush()
        remove_document(clerk, first.id, session.scalars(select(PersonDocument.id)).one())
        with pytest.raises(DocumentKnown):
            add_document(clerk, other.id, DocumentKind.RESIDENCE_PERMIT, number)


def test_the_marks_that_copying_brings_along_and_wide_digits_are_no_part_of_what_is_kept(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        copied = NewPerson(
            site=OC1,
            name="\ufeff王\u200b  建国",
            phone="\u202d１３８-0013 8000\u202c",
            id_number=f"\u202d{NUMBER}\u202c",
        )
        known = _register(work, copied)
        assert (known.name, known.phone) == ("王 建国", "13800138000")
        assert queries.person_of_number(work.session, IDENTITY.index(NUMBER), {OC1}).person.id == known.id


@pytest.mark.parametrize(
    ("person", "problem"),
    [
        (NewPerson(site=OC1, name="  "), NameMissing),
        (NewPerson(site=OC1, name="\u200b\x00"), NameMissing),
        (NewPerson(site=OC1, name="王", phone="call me"), NotAPhone),
        (NewPerson(site=OC1, name="王", id_number="110105194912310021"), NotANumber),
        (NewPerson(site=SiteId("oc9"), name="王"), NoSuchSite),
    ],
)
def test_what_cannot_be_is_refused_by_name(registry_store: Store, person: NewPerson, problem: type[Exception]) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        with pytest.raises(problem):
            _register(work, person)


def test_a_search_looks_at_name_phone_and_unit_and_takes_percent_for_what_it_is(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_person(work.session, "王建国", phone="13800138000")
        a_person(work.session, "李秀英", unit=a_unit(work.session, name_zh="水利局", name_en="Water Office"))
        a_person(work.session, "赵敏", site="oc2")

        def names(words: str, site: str = "oc1") -> list[str]:
            return [each.person.name for each in queries.people(work.session, {SiteId(site)}, words=words, limit=9)]

        assert names("建国") == ["王建国"]
        assert names("1380") == ["王建国"]
        assert names("water") == ["李秀英"]
        assert names("赵敏") == []
        assert names("赵敏", "oc2") == ["赵敏"]
        assert names("%") == []


def test_two_thousand_people_are_registered_in_two_seconds_and_one_change(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        before = len(changes_after(work.session, {OC1: 0}))
        people = [NewPerson(site=OC1, name=f"职工{number}") for number in range(2000)]
        began = time.perf_counter()
        register_people(work.session, IDENTITY, people, now=NOON)
        assert time.perf_counter() - began < 2
        assert work.session.scalar(select(func.count()).select_from(Person)) == 2000
        assert len(changes_after(work.session, {OC1: 0})) == before + 1
