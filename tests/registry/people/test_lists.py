"""Lists of what people have find their holders as the list of people does."""

import pytest

from registry.applications.queries import applications
from registry.passes.queries import cards
from registry.people.search import keep_tokens
from registry.permits.models import ApplicationState
from registry.permits.queries import permits
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.permits import an_application
from tests.makers.registry import IDENTITY, OC1, a_card, a_permit, a_person, a_unit

pytestmark = pytest.mark.both_stores


@pytest.mark.parametrize("words", ["王建国", "建国", "wjg", "wangjian", "5678", "王 5678"])
def test_a_permit_a_card_and_an_application_are_found_by_name_pinyin_and_phone(
    registry_store: Store, words: str
) -> None:
    with registry_store.begin(NOON) as work:
        session, unit = work.session, a_unit(work.session)
        for name, phone, plate in (("王建国", "13812345678", "鄂E11111"), ("李娜", "13800001111", "鄂E22222")):
            person = a_person(session, name, phone=phone, unit=unit)
            a_permit(session, plate, person=person)
            a_card(session, plate[2:] * 2, person=person)
            an_application(session, plate, year=2027, state=ApplicationState.APPLIED, unit=unit, person=person)
        assert [one.permit.plate for one in permits(session, {OC1}, words=words, limit=9)] == ["鄂E11111"]
        assert [one.card.number for one in cards(session, {OC1}, words=words, limit=9)] == ["1111111111"]
        found = applications(session, sites={OC1}, words=words, limit=9)
        assert [one.application.plate for one in found] == ["鄂E11111"]


def test_a_plate_finds_its_permit_and_not_the_holders_others(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        person = a_person(work.session)
        for plate in ("鄂E11111", "鄂E22222"):
            a_permit(work.session, plate, person=person)
        keep_tokens(work.session, IDENTITY, [person])
        for words in ("鄂E·11111", "e1111", "2026-0001"):
            assert [one.permit.plate for one in permits(work.session, {OC1}, words=words, limit=9)] == ["鄂E11111"]


@pytest.mark.parametrize("words", ["-", "·", "()"])
def test_words_that_say_nothing_find_nothing(registry_store: Store, words: str) -> None:
    with registry_store.begin(NOON) as work:
        a_permit(work.session)
        a_card(work.session)
        assert permits(work.session, {OC1}, words=words, limit=9) == []
        assert cards(work.session, {OC1}, words=words, limit=9) == []
