"""The deny list."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from registry.credentials.service import ReasonMissing
from registry.credentials.written import NoCardNumber, NoPlate
from registry.denylist import queries
from registry.denylist.models import DenyKind
from registry.denylist.service import AlreadyDenied, AlreadyTakenOff, NewDenial, NoSites, OverAlready, deny, take_off
from registry.ids import SiteId
from registry.room import Audit
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.registry import OC1, a_deny_entry, a_site

pytestmark = pytest.mark.both_stores

OC2 = SiteId("oc2")
PLATE, CARD = DenyKind.PLATE, DenyKind.CARD


def _denial(key: str = "鄂e·99999", **changed: object) -> NewDenial:
    denial: dict[str, object] = {"kind": PLATE, "key": key, "sites": frozenset({OC1}), "words": "套牌车"}
    return NewDenial(**{**denial, **changed})  # type: ignore[arg-type]


def test_a_plate_is_listed_in_the_form_in_which_a_gate_looks_it_up(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        assert deny(work.session, _denial(), by="chen", now=NOON).key == "鄂E99999"
        assert deny(work.session, _denial("04:a1:b2:c3", kind=CARD), by="chen", now=NOON).key == "04A1B2C3"


@pytest.mark.parametrize(
    ("denial", "problem"),
    [
        (_denial("京A12"), NoPlate),
        (_denial("鄂E99999", kind=CARD), NoCardNumber),
        (_denial(words=" "), ReasonMissing),
        (_denial(valid_until=NOON), OverAlready),
        (_denial(sites=frozenset()), NoSites),
    ],
)
def test_what_cannot_be_listed_says_why(registry_store: Store, denial: NewDenial, problem: type[Exception]) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        with pytest.raises(problem):
            deny(work.session, denial, by="chen", now=NOON)


def test_nothing_is_listed_twice_but_it_may_be_listed_wider(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        deny(work.session, _denial(), by="chen", now=NOON)
        with pytest.raises(AlreadyDenied, match="套牌车"):
            deny(work.session, _denial(), by="chen", now=NOON)
        deny(work.session, _denial(sites=None), by="chen", now=NOON)
        with pytest.raises(AlreadyDenied):
            deny(work.session, _denial(), by="chen", now=NOON)


def test_what_is_taken_off_stays_as_history_and_may_be_listed_again(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        line = deny(work.session, _denial(), by="chen", now=NOON)
        take_off(work.session, line.id, within={OC1}, reason="查清", by="chen", now=NOON)
        with pytest.raises(AlreadyTakenOff):
            take_off(work.session, line.id, within={OC1}, reason="查清", by="chen", now=NOON)
        assert queries.denied_keys(work.session, {OC1}, limit=9) == []
        assert queries.denied_keys(work.session, {OC1}, with_history=True, limit=9) == [line]
        deny(work.session, _denial(), by="chen", now=NOON)


def test_why_somebody_is_listed_can_be_erased_from_the_audit(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session)
        line = deny(work.session, _denial(words="张三 13800138000"), by="chen", now=NOON)
        take_off(work.session, line.id, within={OC1}, reason="张三已说明", by="chen", now=NOON)
        facts = work.session.scalars(select(Audit.facts)).all()
    assert len(facts) == 2
    assert not any("张三" in fact for fact in facts)


def test_a_line_of_another_site_is_not_there_but_one_for_everywhere_is(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_site(work.session, "oc2")
        mine = a_deny_entry(work.session, "鄂E11111")
        everywhere = a_deny_entry(work.session, "鄂E22222", sites=None)
        assert queries.denied_keys(work.session, {OC2}, limit=9) == [everywhere]
        assert queries.denied_keys(work.session, {OC1}, words="e·1111", limit=9) == [mine]
        assert queries.denied_keys(work.session, {OC1}, words="·", limit=9) == []
        with pytest.raises(queries.NoSuchDenial):
            take_off(work.session, mine.id, within={OC2}, reason="x", by="chen", now=NOON)


def test_a_line_that_is_over_is_not_counted(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        line = a_deny_entry(work.session, valid_until=NOON + timedelta(days=1))
        assert work.session.scalars(queries.in_force({OC1}, NOON)).all() == [line]
        assert work.session.scalars(queries.in_force({OC1}, NOON + timedelta(days=1))).all() == []
