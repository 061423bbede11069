"""Whom a clerk means by a name, a phone or a number: one person, or it is said that there are several."""

import pytest

from registry.office.naming import NobodyNamed, SeveralNamed, one_named
from registry.people.service import NewPerson, register_people
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.registry import IDENTITY, OC1, a_person, a_site

pytestmark = pytest.mark.both_stores

NUMBER = "11010519491231002X"


def test_a_whole_name_means_who_has_it_however_many_names_begin_so(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        session = work.session
        first = a_person(session, "王强", phone="13800138000")
        numbered = NewPerson(site=OC1, name="王强国", id_number=NUMBER)
        longer = [NewPerson(site=OC1, name=f"王强{last}") for last in "生华明军平"]
        register_people(session, IDENTITY, [numbered, *longer], now=NOON)
        for words in ("王强", " 138-0013 8000"):
            assert one_named(session, IDENTITY, words, {OC1}) == first.id
        assert one_named(session, IDENTITY, NUMBER.lower(), {OC1}) == numbered.id
        assert one_named(session, IDENTITY, "王强军", {OC1}) == longer[3].id
        with pytest.raises(SeveralNamed):
            one_named(session, IDENTITY, "王", {OC1})
        a_person(session, "王强")
        register_people(session, IDENTITY, [NewPerson(site=OC1, name=f"王强{last}") for last in "伟刚勇"], now=NOON)
        with pytest.raises(SeveralNamed):
            one_named(session, IDENTITY, "王强", {OC1})
        with pytest.raises(NobodyNamed):
            one_named(session, IDENTITY, "李强", {OC1})
        assert a_site(session, "oc2").id == "oc2"
        with pytest.raises(NobodyNamed):
            one_named(session, IDENTITY, "王强", {a_site(session, "oc2").id})
