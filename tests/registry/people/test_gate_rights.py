"""What the gates ask of somebody: set by whoever may, learnt by the gates, kept in the file's history, lessened by a merge."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from registry.access.facts import NO_RIGHTS, GateRights
from registry.access.reading import access_changes, load_access
from registry.people import merging
from registry.people.changing import Clerk, fields_of, subject_of
from registry.people.gate_rights import ClearanceNotYours, EscortImpossible, lesser, rights_of, set_rights
from registry.people.models import Person
from registry.revisions.service import ChangedMeanwhile, history, revision_of
from registry.room import Audit
from registry.store import Store, Work
from tests.fakes.clock import NOON
from tests.makers.registry import IDENTITY, OC1, a_card, a_person

CHIEF = GateRights(clearance=5, first_person=True, may_escort=True)
GUEST = GateRights(needs_escort=True)
RIGHTS = st.builds(
    GateRights, clearance=st.integers(0, 5), first_person=st.booleans(), may_escort=st.booleans()
) | st.builds(GateRights, clearance=st.integers(0, 5), needs_escort=st.booleans())


def _clerk(work: Work) -> Clerk:
    return Clerk(session=work.session, keys=IDENTITY, name="chen", within={OC1}, now=NOON)


def _set(work: Work, person: Person, rights: GateRights, *, officer: bool = True) -> None:
    read = revision_of(work.session, subject_of(person))
    set_rights(_clerk(work), person.id, rights, read, approves={OC1} if officer else frozenset())


def test_the_gates_learn_it_with_the_person_s_credentials(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        person = a_person(work.session)
        a_card(work.session, person=person)
    with registry_store.read() as session:
        known = load_access(session)
    assert [each.holder and each.holder.rights for each in known.credentials] == [NO_RIGHTS]
    with registry_store.begin(NOON) as work:
        _set(work, person, CHIEF)
    with registry_store.read() as session:
        changes = access_changes(session, known.versions)
    assert not changes.structure_changed
    assert [each.holder and each.holder.rights for each in changes.credentials] == [CHIEF]


def test_it_is_kept_in_history_and_audit_and_saying_it_again_changes_nothing(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        person = a_person(work.session)
        for _ in range(2):
            _set(work, person, CHIEF)
        (newest, changed), *_ = history(work.session, subject_of(person))
        acts = work.session.scalars(select(Audit).where(Audit.action == "person-rights-set")).all()
        assert (newest.number, newest.action, len(acts)) == (2, "person-rights-set", 1)
        told = [(each.field, each.before, each.after) for each in changed]
        assert told == [("clearance", None, 5), ("first_person", None, True), ("may_escort", None, True)]
        with pytest.raises(ChangedMeanwhile):
            set_rights(_clerk(work), person.id, NO_RIGHTS, 1, approves={OC1})


def test_clearance_is_the_security_office_s_to_give_and_to_take(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        person = a_person(work.session)
        with pytest.raises(ClearanceNotYours):
            _set(work, person, GateRights(clearance=1), officer=False)
        _set(work, person, CHIEF)
        with pytest.raises(ClearanceNotYours):
            _set(work, person, NO_RIGHTS, officer=False)
        _set(work, person, replace(CHIEF, may_escort=False), officer=False)
        assert rights_of(work.session, person.id) == replace(CHIEF, may_escort=False)


def test_nobody_escorts_who_needs_an_escort(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        person = a_person(work.session)
        with pytest.raises(EscortImpossible):
            _set(work, person, GateRights(may_escort=True, needs_escort=True))


@given(one=RIGHTS, other=RIGHTS)
def test_the_lesser_of_two_opens_nothing_that_one_of_them_did_not(one: GateRights, other: GateRights) -> None:
    both = lesser(one, other)
    assert both == lesser(other, one)
    assert lesser(one, one) == one
    for each in (one, other):
        assert both.clearance <= each.clearance
        assert both.first_person <= each.first_person
        assert both.may_escort <= each.may_escort
        assert both.needs_escort >= each.needs_escort
    assert not (both.may_escort and both.needs_escort)


@pytest.mark.both_stores
@pytest.mark.parametrize(
    ("of_kept", "of_gone", "after"),
    [
        (NO_RIGHTS, CHIEF, NO_RIGHTS),
        (CHIEF, NO_RIGHTS, NO_RIGHTS),
        (NO_RIGHTS, GUEST, GUEST),
        (CHIEF, GUEST, GUEST),
        (CHIEF, GateRights(clearance=3, first_person=True), GateRights(clearance=3, first_person=True)),
    ],
)
def test_two_files_made_one_keep_the_lesser_rights_and_get_their_own_back(
    registry_store: Store, of_kept: GateRights, of_gone: GateRights, after: GateRights
) -> None:
    with registry_store.begin(NOON) as work:
        clerk = _clerk(work)
        kept, gone = a_person(work.session, "李娜"), a_person(work.session, "李娜")
        _set(work, kept, of_kept)
        _set(work, gone, of_gone)
        assert ("gate_rights", 1) in merging.preview(clerk, kept.id, gone.id).moves
        row = merging.merge(clerk, kept.id, gone.id)
        assert rights_of(work.session, kept.id) == after
        assert fields_of(work.session, kept)["clearance"] == (after.clearance or None)
        merging.undo_merge(clerk, row.id)
        assert (rights_of(work.session, kept.id), rights_of(work.session, gone.id)) == (of_kept, of_gone)


def test_rights_that_were_given_since_a_merge_stand_when_it_is_undone(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        clerk = _clerk(work)
        kept, gone = a_person(work.session, "李娜"), a_person(work.session, "李娜")
        _set(work, kept, CHIEF)
        row = merging.merge(clerk, kept.id, gone.id)
        given_since = GateRights(clearance=2)
        _set(work, kept, given_since)
        merging.undo_merge(clerk, row.id)
        assert rights_of(work.session, kept.id) == given_since
