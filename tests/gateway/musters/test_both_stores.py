"""Who is inside, a muster of it and what is forgiven, read and written in both kinds of store."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from gateway.desk import Desk
from gateway.entries.models import Entry, PassageState
from gateway.musters import queries, service
from gateway.musters.models import Because, Mark
from gateway.musters.queries import Wanted
from gateway.presence import service as presence
from gateway.presence.lines import LimitBy, who_is_inside
from gateway.presence.rules import Doubt, Kind
from gateway.presence.service import ForgivenBecause
from registry.access.facts import Direction
from registry.ids import LaneId
from registry.store import Store
from tests.conftest import AUDIT_KEY
from tests.fakes.clock import NOON
from tests.makers.gateway import (
    INSIDE,
    NORTH,
    OC1,
    RegistryByHand,
    a_card,
    a_holder,
    access_facts,
    an_attempt,
    card_shown,
)
from tests.makers.journal import answer

pytestmark = pytest.mark.both_stores


@pytest.fixture
def register() -> RegistryByHand:
    cards = [a_card(f"0A0{number}", holder=a_holder(f"人{number}")) for number in range(3)]
    return RegistryByHand(access_facts(*cards))


def test_a_muster_is_the_same_in_both_stores(desk: Desk, store: Store) -> None:
    for number in range(3):
        answer(desk, an_attempt(card_shown(f"0A0{number}")))
    left = answer(desk, an_attempt(card_shown("0A02"), direction=Direction.OUT))
    assert answer(desk, an_attempt(card_shown("0A01")))["reason"] == "passback"
    with store.begin(NOON) as work:
        lane = LaneId("oc1-north-1")
        presence.note_unchecked_passage(
            work.session, uuid4(), site=OC1, gate=NORTH, lane=lane, direction=Direction.IN, at=NOON
        )
        presence.set_limit(work.session, OC1, Kind.STAFF, 9, by="wang", now=NOON)
        entry = work.session.get(Entry, UUID(left["entry_id"]))
        assert entry is not None
        entry.passage = PassageState.TIMED_OUT
    later = NOON + timedelta(seconds=1)
    with store.begin(later) as work:
        inside = who_is_inside(work.session, desk.snapshot, OC1, later)
        assert inside.limits[Kind.STAFF].by is LimitBy.SAID
        assert sorted((line.name or "", line.standing.doubts) for line in inside.lines) == [
            ("", (Doubt.NOT_ALONE,)),
            ("人0", (Doubt.NOT_ALONE,)),
            ("人1", (Doubt.NOT_ALONE,)),
        ]
        muster = service.open_muster(
            work.session, desk.snapshot, OC1, by="dayuan", because=Because.FIRE_ALARM, now=later
        )
        service.mark(work.session, muster, [1, 2], Mark.SAFE, by="wang", now=later)
        service.mark(work.session, muster, [2], None, by="wang", now=later)
        assert not presence.has_looked(work.session, OC1, "wang", later)
        presence.record_look(work.session, OC1, "wang", later)
    with store.begin(later) as work:
        kept = queries.open_at(work.session, OC1)
        assert kept is not None
        counts = queries.counts(work.session, kept.id)
        assert (counts.all, counts.safe, counts.waiting) == (3, 1, 2)
        assert [line.name for line in queries.lines(work.session, kept.id, Wanted(words="人1", limit=9))] == ["人1"]
        assert [line.number for line in queries.last_marked(work.session, kept.id, "wang", limit=5)] == [1]
        assert presence.has_looked(work.session, OC1, "wang", later)
        because = ForgivenBecause.EVACUATED
        forgiven = presence.forgive(
            work.session, OC1, subject=None, area=INSIDE, because=because, words="", by="wang", now=later
        )
        assert forgiven == 2
        service.close(work.session, kept, words="", by="wang", now=later)
        assert queries.open_at(work.session, OC1) is None


@pytest.mark.sqlite
def test_what_is_marked_is_there_for_a_process_that_begins_anew(desk: Desk, store: Store) -> None:
    """Each mark is committed and synced before its answer leaves: a process that dies takes none with it."""
    answer(desk, an_attempt(card_shown("0A00")))
    with store.begin(NOON) as work:
        muster = service.open_muster(work.session, desk.snapshot, OC1, by="wang", because=Because.DRILL, now=NOON)
        service.mark(work.session, muster, [1], Mark.SAFE, by="wang", now=NOON)
    another = Store.open(store.room, str(store.engine.url), audit_key=AUDIT_KEY)
    with another.read() as session:
        (line,) = queries.lines(session, muster.id, Wanted(limit=9))
        assert (line.mark, line.marked_by) == (Mark.SAFE, "wang")
    another.close()
