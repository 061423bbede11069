"""Lost cards, passes and PINs are replaced, and the gates name what took their place; PINs are kept as digests."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from registry.access.facts import CredentialStatus
from registry.access.reading import access_changes, load_access
from registry.credentials.rules import Step
from registry.credentials.service import OpensFurther, StepNotPossible
from registry.ids import CredentialId, SiteId
from registry.passes import pins, queries, service
from registry.passes.digests import digest_key, digest_of
from registry.passes.models import Card, Pin
from registry.passes.pins import MadePin, NewPin, PinNotUsable
from registry.passes.rules import duress_of, is_weak_pin, pass_number
from registry.people.models import Person
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.levels import a_level
from tests.makers.registry import DEVICE_KEY, OC1, a_card, a_gate, a_person, a_qr_pass

pytestmark = pytest.mark.both_stores
OURS = frozenset({OC1})
KEY = digest_key(DEVICE_KEY)


def a_pin(store: Store, pin: str | None = None, *, holder: Person | None = None) -> MadePin:
    with store.begin(NOON) as work:
        person = holder or a_person(work.session)
        work.session.flush()
        new = NewPin(holder=person.id, pin=pin, valid_from=NOON, valid_until=NOON + timedelta(days=9), sites=OURS)
        made = pins.issue_pin(work.session, new, key=KEY, by="chen", now=NOON)
        work.session.expunge_all()
        return made


def lost_card(store: Store, number: str = "04A1B2C3", *, sites: tuple[str, ...] = (OC1,)) -> CredentialId:
    with store.begin(NOON) as work:
        a_gate(work.session)
        level = a_level(work.session)
        work.session.flush()
        a_card(work.session, sites=sites)
        person = a_person(work.session)
        work.session.flush()
        new = service.NewCard(
            holder=person.id,
            number=number,
            valid_from=NOON,
            valid_until=NOON + timedelta(days=30),
            sites=frozenset(SiteId(site) for site in sites),
            levels=frozenset({level.id}),
        )
        card = service.issue_card(work.session, new, within=new.sites, by="chen", now=NOON).id
        step = Step.REPORT_LOST
        service.change_card(work.session, card, step, within=new.sites, reason="丢了", by="chen", now=NOON)
        return card


def test_a_lost_card_is_replaced_and_the_gates_name_the_newest(registry_store: Store) -> None:
    lost = lost_card(registry_store)
    with registry_store.read() as session:
        before = load_access(session)
    numbers = ["123,45678", "04A1B2C5"]
    last = lost
    for number in numbers:
        with registry_store.begin(NOON) as work:
            new = service.replace_card(work.session, last, number, within=OURS, by="chen", now=NOON)
            if number != numbers[-1]:
                step = Step.REPORT_LOST
                service.change_card(work.session, new.id, step, within=OURS, reason="又丢了", by="chen", now=NOON)
            last = new.id
    with registry_store.read() as session:
        changes = access_changes(session, before.versions)
        card = queries.card(session, last, OURS).card
        assert [each.number for each in (queries.cards(session, OURS, words="123,45678", limit=9)[0].card,)] == [
            "7BB26E"
        ]
    told = {one.key: (one.status, one.replaced_by) for one in changes.credentials}
    assert told == {
        "04A1B2C3": (CredentialStatus.REPLACED, "04A1B2C5"),
        "7BB26E": (CredentialStatus.REPLACED, "04A1B2C5"),
        "04A1B2C5": (CredentialStatus.ACTIVE, None),
    }
    assert [one.levels for one in changes.credentials if one.id == last] == [(card.levels[0].level_id,)]


def test_only_what_was_reported_lost_is_replaced_and_only_by_who_answers_for_it(registry_store: Store) -> None:
    lost = lost_card(registry_store, sites=(OC1, "oc2"))
    with registry_store.begin(NOON) as work, pytest.raises(OpensFurther):
        service.replace_card(work.session, lost, "04A1B2C9", within=OURS, by="chen", now=NOON)
    with registry_store.begin(NOON) as work:
        held = a_card(work.session).id
    with registry_store.begin(NOON) as work, pytest.raises(StepNotPossible):
        service.replace_card(work.session, held, "04A1B2C9", within=OURS, by="chen", now=NOON)


def test_a_lost_pass_is_replaced_with_its_entries(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        lost = a_qr_pass(work.session, status=CredentialStatus.REPORTED_LOST)
        lost.entries_allowed = 3
        work.session.flush()
        new = service.replace_qr_pass(work.session, lost.id, within=OURS, by="chen", now=NOON)
        names = {lost.id: pass_number(new.id), new.id: None}
    with registry_store.read() as session:
        facts = load_access(session).credentials
    assert {one.id: one.replaced_by for one in facts} == names
    assert {one.entries_allowed for one in facts} == {3}


@pytest.mark.parametrize(
    "pin", ["000000", "123456", "654321", "901234", "121212", "123123", "12345", "1234567", "12345a"]
)
def test_a_weak_pin_is_refused(registry_store: Store, pin: str) -> None:
    assert is_weak_pin(pin)
    with pytest.raises(PinNotUsable):
        a_pin(registry_store, pin)


def test_a_pin_is_kept_as_digests_of_it_and_of_what_is_typed_under_duress(registry_store: Store) -> None:
    made = a_pin(registry_store, "482619")
    assert (made.pin, made.duress, duress_of("482619")) == ("482619", "482610", "482610")
    with registry_store.read() as session:
        row = session.scalars(select(Pin)).one()
        assert (row.number_index, row.duress_index) == (digest_of(KEY, "482619"), digest_of(KEY, "482610"))
    assert "482619" not in repr(made)
    assert not is_weak_pin(a_pin(registry_store).pin)


@pytest.mark.parametrize("pin", ["482619", "482610", "482618"])
def test_nobody_types_what_is_another_s_under_duress_or_not(registry_store: Store, pin: str) -> None:
    a_pin(registry_store, "482619")
    with pytest.raises(PinNotUsable):
        a_pin(registry_store, pin)


def test_a_lost_pin_is_replaced_by_one_that_is_drawn(registry_store: Store) -> None:
    lost = a_pin(registry_store, "482619").row.id
    with registry_store.begin(NOON) as work:
        pins.change_pin(work.session, lost, Step.REPORT_LOST, within=OURS, reason="忘了", by="chen", now=NOON)
        made = pins.replace_pin(work.session, lost, key=KEY, within=OURS, by="chen", now=NOON)
        assert made.row.replaces_id == lost
        assert pins.pin(work.session, lost, OURS).status is CredentialStatus.REPLACED
    assert a_pin(registry_store, "482619").pin == "482619"
    with registry_store.read() as session:
        assert session.scalars(select(Card)).all() == []
