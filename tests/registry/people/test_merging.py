"""Two files of one person become one with all that refers to them, and two again."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from registry.housing.tenancies import NewTenancy, begin_tenancy
from registry.ids import SiteId
from registry.passes.models import Card
from registry.people import changing, merging, queries
from registry.people.changing import Clerk, NewRole, NothingToUndo
from registry.people.documents import parse_document
from registry.people.identity import NotAnIdNumber
from registry.people.models import DocumentKind, Person, PersonDocument, PersonKind, PersonRole, PersonTie, TieKind
from registry.people.rules import Likeness, Marks, likenesses
from registry.people.service import NewPerson, register_people, register_person
from registry.permits.models import VehiclePermit
from registry.projects.workers import remove_worker
from registry.revisions.service import ChangedMeanwhile, Difference, revision_of
from registry.store import Store, Work
from tests.fakes.clock import NOON
from tests.makers.housing import a_room, a_tenancy
from tests.makers.projects import a_project, a_worker
from tests.makers.registry import IDENTITY, OC1, a_card, a_permit, a_person, a_qr_pass, a_site

stores = pytest.mark.both_stores
NUMBER = "11010519491231002X"
TODAY = date(2026, 11, 23)
MARKS = st.builds(
    Marks,
    name=st.sampled_from(["张华", "章华", "李娜"]),
    sound=st.sampled_from(["zhanghua", "lina"]),
    phone=st.sampled_from([None, "138", "139"]),
    birthday=st.sampled_from([None, date(1990, 1, 1), date(1991, 1, 1)]),
)


@given(one=MARKS, other=MARKS)
def test_files_that_are_alike_have_a_key_in_common_and_likeness_goes_both_ways(one: Marks, other: Marks) -> None:
    assert likenesses(one, other) == likenesses(other, one)
    if one.sound == other.sound and likenesses(one, other):
        assert one.keys & other.keys


def test_a_name_written_as_it_was_heard_is_alike() -> None:
    one, other = (Marks(name=name, sound="zhanghua", phone="138") for name in ("张华", "章华"))
    assert likenesses(one, other) == [Likeness.SOUND_AND_PHONE]
    assert likenesses(one, Marks(name="章华", sound="zhanghua")) == []


@pytest.mark.parametrize(
    ("kind", "raw", "is_right"),
    [
        (DocumentKind.RESIDENCE_PERMIT, "810000199408230021", True),
        (DocumentKind.RESIDENCE_PERMIT, "810000199408230022", False),
        (DocumentKind.RESIDENCE_PERMIT, NUMBER, False),
        (DocumentKind.FOREIGN_RESIDENCE, "911124198108030024", True),
        (DocumentKind.HOME_RETURN, "h 1234 5678", True),
        (DocumentKind.HOME_RETURN, "E12345678", False),
        (DocumentKind.TAIWAN_COMPATRIOT, "１２３４５６７８", True),
        (DocumentKind.PASSPORT, "e12345678", True),
        (DocumentKind.PASSPORT, "ABCDEFGH", False),
    ],
)
def test_each_kind_of_document_has_its_shape(kind: DocumentKind, raw: str, *, is_right: bool) -> None:
    assert isinstance(parse_document(kind, raw, today=TODAY), str) == is_right


def test_a_wrong_check_digit_is_told_as_such() -> None:
    assert parse_document(DocumentKind.RESIDENCE_PERMIT, "810000199408230022", today=TODAY) == NotAnIdNumber(
        "check_digit"
    )


def _clerk(work: Work) -> Clerk:
    return Clerk(session=work.session, keys=IDENTITY, name="chen", within={OC1}, now=NOON)


def _two(work: Work) -> tuple[Person, Person]:
    """A file with little in it, and one with everything."""
    session, clerk = work.session, _clerk(work)
    a_site(session)
    kept = a_person(session, "李娜", phone="13800138000")
    new = NewPerson(site=OC1, name="李娜", phone="13800138000", id_number=NUMBER)
    gone = register_person(session, IDENTITY, new, within={OC1}, by="chen", now=NOON)
    child = a_person(session, "李小")
    a_card(session, person=gone)
    a_permit(session, "鄂E12345", person=gone)
    room = a_room(session, "201")
    session.flush()
    a_tenancy(session, room, gone, living=[child])
    changing.add_role(clerk, gone.id, NewRole(kind=PersonKind.RESIDENT, first_day=TODAY))
    changing.add_document(clerk, gone.id, DocumentKind.PASSPORT, "E12345678")
    changing.tie(clerk, child.id, TieKind.HOUSEHOLD, gone.id, "子女")
    session.flush()
    return kept, gone


def _holders(work: Work) -> set[object]:
    work.session.flush()
    columns = (
        Card.person_id,
        VehiclePermit.person_id,
        PersonRole.person_id,
        PersonDocument.person_id,
        PersonTie.other_id,
    )
    return {work.session.scalars(select(column)).one() for column in columns}


@stores
def test_all_that_refers_to_the_one_refers_to_the_other_and_back(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        clerk = _clerk(work)
        kept, gone = _two(work)
        assert [(pair.one.id, pair.other.id) for pair in merging.pairs(work.session, IDENTITY, {OC1})] == [
            (kept.id, gone.id)
        ]
        assert merging.count_alike(work.session, {OC1}) == 1
        moves = dict(merging.preview(clerk, kept.id, gone.id).moves)
        assert moves.items() >= {"card": 1, "vehicle_permit": 1, "tenancy": 1, "id_number": 1, "person_tie": 1}.items()
        row = merging.merge(clerk, kept.id, gone.id)
        assert _holders(work) == {kept.id}
        (found,) = queries.people(work.session, {OC1}, words="12345", keys=IDENTITY, limit=9)
        assert found.person.id == kept.id
        assert queries.person_of_number(work.session, IDENTITY.index(NUMBER), {OC1}).person.id == kept.id
        document = work.session.scalars(select(PersonDocument)).one()
        assert IDENTITY.open(document.number_sealed, kept.id.bytes) == "E12345678"
        merging.undo_merge(clerk, row.id)
        assert _holders(work) == {gone.id}
        assert queries.person_of_number(work.session, IDENTITY.index(NUMBER), {OC1}).person.id == gone.id
        with pytest.raises(NothingToUndo):
            merging.undo_merge(clerk, row.id)


@stores
def test_what_would_be_there_twice_stays_and_a_changed_merge_is_not_undone(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        clerk = _clerk(work)
        kept, gone = _two(work)
        changing.tie(clerk, gone.id, TieKind.HOST, kept.id, None)  # of oneself, after the merge: it cannot be
        row = merging.merge(clerk, kept.id, gone.id)
        assert work.session.get(PersonTie, (gone.id, TieKind.HOST)) is not None
        changing.untie(
            clerk,
            work.session.scalars(
                select(PersonTie.person_id).where(PersonTie.other_id == kept.id, PersonTie.kind == TieKind.HOUSEHOLD)
            ).one(),
            TieKind.HOUSEHOLD,
        )
        work.session.flush()
        with pytest.raises(NothingToUndo), work.session.begin_nested():
            merging.undo_merge(clerk, row.id)
        assert _kept_card(work) == kept.id


def _kept_card(work: Work) -> object:
    return work.session.scalars(select(Card.person_id)).one()


@stores
def test_a_file_elsewhere_is_not_there(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        kept, gone = _two(work)
        elsewhere = Clerk(session=work.session, keys=IDENTITY, name="wu", within={SiteId("oc2")}, now=NOON)
        with pytest.raises(queries.NoSuchPerson):
            merging.merge(elsewhere, kept.id, gone.id)


@stores
def test_nothing_more_is_given_to_a_file_that_went_into_another(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        session, clerk = work.session, _clerk(work)
        kept, gone = _two(work)
        merging.merge(clerk, kept.id, gone.id)
        free = a_room(session, "202").id
        let = NewTenancy(room_id=free, tenant_id=gone.id, first_day=TODAY)
        change = changing.PersonChange(name="李丽", kind=gone.kind, unit_id=None, phone=None, note=None)
        for late in (
            lambda: begin_tenancy(session, let, within={OC1}, by="chen", now=NOON),
            lambda: changing.change_person(clerk, gone.id, change, 99),
            lambda: changing.add_role(clerk, gone.id, NewRole(kind=PersonKind.STAFF, first_day=TODAY)),
        ):
            with pytest.raises(queries.FileMerged):
                late()


@stores
def test_who_writes_in_a_file_while_it_is_merged_is_told_and_overwrites_nothing(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        clerk = _clerk(work)
        kept, gone = a_person(work.session, "李娜"), a_person(work.session, "李娜", phone="13800138000")
        work.session.flush()
        read = revision_of(work.session, changing.subject_of(kept))
        merging.merge(clerk, kept.id, gone.id)
        change = changing.PersonChange(name="李娜", kind=kept.kind, unit_id=None, phone=None, note="值班")
        with pytest.raises(ChangedMeanwhile) as told:
            changing.change_person(clerk, kept.id, change, read)
        assert told.value.facts["differences"] == [Difference("phone", None, "13800138000")]
        assert kept.phone == "13800138000"


@stores
def test_a_number_that_was_corrected_after_a_merge_does_not_go_to_the_other_file(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        clerk = _clerk(work)
        kept, gone = _two(work)
        row = merging.merge(clerk, kept.id, gone.id)
        change = changing.PersonChange(
            name="李娜", kind=kept.kind, unit_id=None, phone=None, note=None, id_number="420502199003077716"
        )
        changing.change_person(clerk, kept.id, change, 99)
        with pytest.raises(NothingToUndo), work.session.begin_nested():
            merging.undo_merge(clerk, row.id)
        assert queries.person_of_number(work.session, IDENTITY.index("420502199003077716"), {OC1}).person.id == kept.id


@stores
def test_no_pass_stays_with_a_file_that_has_left_the_list_on_which_it_rests(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        session, clerk = work.session, _clerk(work)
        left, works = a_person(session, "周大力"), a_person(session, "周大力")
        project = a_project(session)
        for one in (left, works):
            a_worker(session, project, one)
        remove_worker(session, project.id, left.id, within={OC1}, by="chen", now=NOON)
        a_qr_pass(session, person=works, project_id=project.id)
        with pytest.raises(merging.CannotMerge), session.begin_nested():
            merging.merge(clerk, left.id, works.id)
        merging.merge(clerk, works.id, left.id)


@stores
def test_a_compound_sees_its_duplicates_however_many_another_has(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        a_site(work.session, "oc2")
        many = [
            NewPerson(site=SiteId("oc2"), name="李娜", phone=f"138{number:08d}")
            for number in range(300)
            for _ in range(2)
        ]
        own = [NewPerson(site=OC1, name="张华", phone="13900000000") for _ in range(2)]
        register_people(work.session, IDENTITY, [*many, *own], now=NOON)
        (pair,) = merging.pairs(work.session, IDENTITY, {OC1})
        assert {pair.one.id, pair.other.id} == {one.id for one in own}
        assert merging.count_alike(work.session, {OC1}) == 1
