"""A dead letter is tried again once its device is registered: it counts once, and as what it became."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from monitor.room import Audit
from monitor.signals import attempts, letters, queries, service
from monitor.signals.attempts import Attempts
from monitor.signals.letters import Wanted
from monitor.signals.messages import Message
from monitor.signals.problems import DeadLetterUnknown, NotWhole
from monitor.signals.queries import Totals
from monitor.signals.reasons import DeadReason
from registry.auth.permissions import Role
from registry.ids import SiteId
from registry.messages.envelope import MAX_BYTES
from registry.store import Store
from registry.web.parts import Parts
from tests.fakes.clock import NOON
from tests.makers.events import an_event, event_topic, on_the_wire
from tests.makers.monitor import a_principal
from tests.makers.register import a_device, a_register
from tests.makers.signals import a_message, take_in

LATER = NOON + timedelta(hours=5)
MENDED = a_register(a_device("oc1/beam/north-01"), a_device("oc2/beam/north-01"), a_device("oc1/beam/new"))
EVERY = Wanted(sites=None)
ADMIN = a_principal(Role.ADMIN)


@pytest.fixture
def store(parts: Parts) -> Store:
    return parts.stores["monitor"]


def from_the_new(event: str, data: dict[str, object] | None = None) -> Message:
    return a_message(on_the_wire(an_event(event, device="oc1/beam/new", data=data)), topic=event_topic("oc1/beam/new"))


def try_all(store: Store, wanted: Wanted = EVERY, *, limit: int = 100, before_id: int | None = None) -> Attempts:
    with store.begin(LATER) as work:
        return attempts.try_some(work, wanted, MENDED, ADMIN, limit=limit, before_id=before_id)


def counted(store: Store) -> Totals:
    with store.read() as session:
        return queries.totals(session)


def test_what_is_understood_now_becomes_a_signal_and_is_still_received_when_it_came(store: Store) -> None:
    take_in(store, from_the_new("e-1"), a_message(on_the_wire(an_event("e-2"))), a_message(b"{"))
    assert try_all(store) == Attempts(tried=2, stored=1, still=1)
    assert counted(store) == Totals(received=3, stored=2, dead_letter=1)
    with store.read() as session:
        first, retried = queries.signals_after(session, 0)
        assert (first.id, retried.id) == ("e-2", "e-1")
        assert (retried.received_at, retried.retried_at, first.retried_at) == (NOON, LATER, None)
        assert retried.is_judged
        assert [letter.reason for letter in queries.newest_dead_letters(session, sites=None)] == ["bad_json"]


def test_trying_once_more_changes_nothing(store: Store) -> None:
    take_in(store, from_the_new("e-1"), a_message(b"{"))
    try_all(store)
    before = counted(store)
    assert try_all(store) == Attempts(tried=1, still=1)
    assert counted(store) == before


def test_what_came_again_in_the_meantime_is_a_repeat(store: Store) -> None:
    take_in(store, from_the_new("e-1"))
    with store.begin(NOON) as work:
        service.take_in(work.session, [from_the_new("e-1")], MENDED)
    assert try_all(store) == Attempts(tried=1, duplicate=1)
    assert counted(store) == Totals(received=2, stored=1, duplicate=1)


def test_another_content_under_its_id_leaves_the_letter_and_says_so(store: Store) -> None:
    take_in(store, from_the_new("e-1", data={"note": "one"}), from_the_new("e-1", data={"note": "two"}))
    assert try_all(store) == Attempts(tried=2, stored=1, still=1)
    assert try_all(store) == Attempts(tried=1, still=1)
    assert counted(store) == Totals(received=2, stored=1, dead_letter=1)
    with store.read() as session:
        assert [(letter.id, letter.reason) for letter in queries.newest_dead_letters(session, sites=None)] == [
            (1, "id_reused")
        ]


def test_only_the_wanted_ones_are_tried_and_in_parts(store: Store) -> None:
    take_in(store, *(from_the_new(f"e-{number}") for number in range(5)), a_message(b"{"))
    wanted = Wanted(sites=frozenset({SiteId("oc1")}), reason=DeadReason.UNKNOWN_DEVICE, device="oc1/beam/new")
    first = try_all(store, wanted, limit=3)
    assert (first.stored, first.next) == (3, 3)
    assert try_all(store, wanted, limit=3, before_id=first.next) == Attempts(tried=2, stored=2)
    with store.read() as session:
        assert letters.counts(session, EVERY) == [("bad_json", 1)]


def test_one_of_which_only_the_beginning_was_kept_cannot_be_tried(store: Store) -> None:
    take_in(store, a_message(b" " * (MAX_BYTES + 1)))
    assert try_all(store) == Attempts(cut=1)
    with pytest.raises(NotWhole), store.begin(LATER) as work:
        attempts.try_one(work, 1, MENDED, ADMIN)


def test_somebody_of_another_site_finds_no_such_letter(store: Store) -> None:
    take_in(store, from_the_new("e-1"))
    stranger = a_principal(Role.ADMIN, site=SiteId("oc2"))
    with pytest.raises(DeadLetterUnknown), store.begin(LATER) as work:
        attempts.try_one(work, 1, MENDED, stranger)
    with store.begin(LATER) as work:
        assert attempts.try_one(work, 1, MENDED, ADMIN) == Attempts(tried=1, stored=1)
        [act] = work.session.scalars(select(Audit))
        assert (act.action, act.site) == ("dead-letters-tried", "oc1")


def test_one_that_was_mended_after_three_days_is_kept_and_not_judged(store: Store) -> None:
    take_in(store, from_the_new("e-1"))
    with store.begin(NOON + timedelta(hours=73)) as work:
        attempts.try_one(work, 1, MENDED, ADMIN)
        [signal] = queries.signals_after(work.session, 0)
    assert not signal.is_judged


def test_the_engine_begins_before_the_signals_that_a_retried_one_lies_behind(store: Store) -> None:
    take_in(store, from_the_new("old"))
    hours = [NOON + timedelta(hours=hour) for hour in range(1, 4)]
    take_in(store, *(a_message(on_the_wire(an_event(f"e-{at.hour}")), received_at=at) for at in hours))
    try_all(store)
    with store.read() as session:
        assert queries.last_before(session, hours[1]) == 1
