"""Cards and QR passes."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.access.facts import CredentialStatus
from registry.credentials.period import PeriodEmpty
from registry.credentials.rules import Step
from registry.credentials.service import OpensNothing
from registry.credentials.written import NoCardNumber
from registry.ids import CredentialId, GateId, SiteId, new_id
from registry.passes import queries
from registry.passes.models import Card
from registry.passes.rules import parse_card_number
from registry.passes.service import (
    CardInUse,
    NewCard,
    NewQrPass,
    change_card,
    change_qr_pass,
    issue_card,
    issue_qr_pass,
)
from registry.passes.showing import TooManySites, show_pass
from registry.qr.passes import PassClaims, load_key, new_signing_key, verify_pass, verifying_keys
from registry.sites.queries import NoSuchGate
from registry.store import Store, Work
from tests.fakes.clock import NOON
from tests.makers.registry import OC1, a_card, a_gate, a_person, a_qr_pass, a_site

pytestmark = pytest.mark.both_stores

YEAR = timedelta(days=365)


@pytest.mark.parametrize("raw", ["04:a1:b2:c3", "04 A1 B2 C3", "04-a1-b2-c3", "０４A1B2C3", "04A1B2C3"])
def test_a_number_has_one_form_however_a_reader_writes_it(raw: str) -> None:
    assert parse_card_number(raw) == "04A1B2C3"


@given(raw=st.text(max_size=50))
def test_what_is_taken_is_in_its_one_form_already(raw: str) -> None:
    number = parse_card_number(raw)
    assert number is None or parse_card_number(number) == number


@pytest.mark.parametrize("raw", ["", "12", "鄂E12345", "04A1B2CG", "1" * 33])
def test_what_is_no_number_is_none(raw: str) -> None:
    assert parse_card_number(raw) is None


def _issue(work: Work, **changed: object) -> Card:
    card: dict[str, object] = {
        "holder": a_person(work.session).id,
        "number": "04A1B2C3",
        "valid_from": NOON,
        "valid_until": NOON + YEAR,
        "sites": frozenset({OC1}),
    }
    new = NewCard(**{**card, **changed})  # type: ignore[arg-type]
    return issue_card(work.session, new, within={OC1}, by="chen", now=NOON)


def test_a_card_is_one_persons_until_it_is_revoked(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        first = _issue(work)
        with pytest.raises(CardInUse, match="04A1B2C3"):
            _issue(work, number="04:A1:B2:C3")
        change_card(work.session, first.id, Step.REVOKE, within={OC1}, reason="离职", by="chen", now=NOON)
        _issue(work)
        with pytest.raises(CardInUse):
            change_card(work.session, first.id, Step.REINSTATE, within={OC1}, reason="回来", by="chen", now=NOON)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"number": "no"}, NoCardNumber),
        ({"valid_until": NOON}, PeriodEmpty),
        ({"sites": frozenset()}, OpensNothing),
        ({"gates": frozenset({GateId("oc1-east")})}, NoSuchGate),
    ],
)
def test_what_cannot_be_issued_says_why(
    registry_store: Store, changed: dict[str, object], problem: type[Exception]
) -> None:
    with registry_store.begin(NOON) as work:
        a_gate(work.session)
        with pytest.raises(problem):
            _issue(work, **changed)


def test_cards_that_end_soon_are_those_not_revoked(registry_store: Store) -> None:
    soon = NOON + timedelta(days=5)
    with registry_store.begin(NOON) as work:
        ending = a_card(work.session, valid_until=soon)
        a_card(work.session, valid_until=soon, revoked=True)
        a_card(work.session, valid_until=NOON + YEAR)
        found = queries.cards(work.session, {OC1}, ends=(NOON, NOON + timedelta(days=30)), limit=9)
    assert [row.card.id for row in found] == [ending.id]


def test_cards_that_end_first_come_first_and_page_by_page(registry_store: Store) -> None:
    ends = (NOON, NOON + timedelta(days=30))
    with registry_store.begin(NOON) as work:
        made = [a_card(work.session, valid_until=NOON + timedelta(days=days)).id for days in (9, 3, 6)]
        first = queries.cards(work.session, {OC1}, ends=ends, limit=2)
        then = queries.cards(work.session, {OC1}, ends=ends, after=first[-1].card.id, limit=2)
    assert [row.card.id for row in (*first, *then)] == [made[1], made[2], made[0]]


def test_a_qr_pass_carries_a_text_that_a_gate_can_verify(registry_store: Store) -> None:
    key = load_key(new_signing_key())
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        new = NewQrPass(
            holder=a_person(work.session).id,
            valid_from=NOON + timedelta(microseconds=5),
            valid_until=NOON + YEAR,
            sites=frozenset({OC1}),
        )
        issued = issue_qr_pass(work.session, new, by="chen", now=NOON)
    shown = show_pass(issued, key)
    assert shown.svg.startswith("<svg")
    assert verify_pass(verifying_keys(key), shown.text) == PassClaims(
        credential=issued.id, sites=frozenset({OC1}), not_before=NOON, not_after=NOON + YEAR
    )


def test_a_pass_for_more_sites_than_a_code_holds_is_refused(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        qr_pass = a_qr_pass(work.session, sites=[f"residential-compound-{number}" for number in range(9)])
    with pytest.raises(TooManySites):
        show_pass(qr_pass, load_key(new_signing_key()))


def test_a_pass_is_revoked(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        qr_pass = a_qr_pass(work.session)
        change_qr_pass(work.session, qr_pass.id, Step.REVOKE, within={OC1}, reason="x", by="chen", now=NOON)
        assert queries.qr_pass(work.session, qr_pass.id, {OC1}).status is CredentialStatus.REVOKED
        with pytest.raises(queries.NoSuchPass):
            queries.qr_pass(work.session, qr_pass.id, {SiteId("oc2")})
        with pytest.raises(queries.NoSuchCard):
            queries.card(work.session, CredentialId(new_id()), {OC1})
