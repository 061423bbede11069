"""A batch is stored in one transaction, and every message in it is counted once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from monitor.signals import queries, service
from monitor.signals.messages import Message
from monitor.signals.models import DevicePresenceRow
from monitor.signals.queries import Totals
from registry.ids import DeviceAddress
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.events import BEAM, an_event, event_topic, on_the_wire
from tests.makers.register import a_device, a_register

pytestmark = pytest.mark.both_stores

REGISTER = a_register(a_device(), a_device("oc1/camera/north-01"))


def take_in(store: Store, *payloads: bytes, topic: str = event_topic()) -> Totals:
    messages = [Message(topic=topic, payload=payload, received_at=NOON) for payload in payloads]
    with store.begin(NOON) as work:
        return service.take_in(work.session, messages, REGISTER)


def ids(store: Store) -> Sequence[str]:
    with store.read() as session:
        return [signal.id for signal in queries.signals_after(session, 0)]


def totals(store: Store) -> Totals:
    with store.read() as session:
        return queries.totals(session)


def test_signals_stand_in_the_order_in_which_they_came(monitor_store: Store) -> None:
    take_in(monitor_store, *(on_the_wire(an_event(f"e-{number}")) for number in (3, 1, 2)))
    assert ids(monitor_store) == ["e-3", "e-1", "e-2"]


def test_a_repeat_is_counted_and_changes_nothing(monitor_store: Store) -> None:
    event = on_the_wire(an_event("e-1"))
    take_in(monitor_store, event, event)
    take_in(monitor_store, event)
    assert ids(monitor_store) == ["e-1"]
    assert totals(monitor_store) == Totals(received=3, stored=1, duplicate=2)


def test_the_same_id_with_another_content_is_set_aside_and_the_first_stays(monitor_store: Store) -> None:
    first, other = on_the_wire(an_event("e-1")), on_the_wire(an_event("e-1", data={"dur_ms": 999}))
    take_in(monitor_store, first, other, first)
    take_in(monitor_store, other)
    assert totals(monitor_store) == Totals(received=4, stored=1, duplicate=1, dead_letter=2)
    with monitor_store.read() as session:
        assert {letter.reason for letter in queries.newest_dead_letters(session, sites=None)} == {"id_reused"}


def test_two_devices_may_use_the_same_id(monitor_store: Store) -> None:
    take_in(monitor_store, on_the_wire(an_event("e-1")))
    camera = an_event("e-1", device="oc1/camera/north-01", kind="dayuan.camera.motion", data={})
    take_in(monitor_store, on_the_wire(camera), topic=event_topic("oc1/camera/north-01"))
    assert totals(monitor_store).stored == 2


def test_a_dead_letter_gives_its_bytes_back(monitor_store: Store) -> None:
    take_in(monitor_store, b"<xml>\x00\xff")
    with monitor_store.read() as session:
        (letter,) = queries.newest_dead_letters(session, sites=None)
        found = queries.dead_letter(session, letter.id)
    assert found is not None
    assert found[1] == b"<xml>\x00\xff"


def test_signs_of_life_count_apart_and_the_newest_is_kept(monitor_store: Store) -> None:
    take_in(monitor_store, b"{}", b"{}", topic=f"dayuan/v1/{BEAM}/hb")
    take_in(monitor_store, b"1", b"0", topic=f"dayuan/v1/{BEAM}/online")
    take_in(monitor_store, b"", topic=f"dayuan/v1/{BEAM}/state")
    assert totals(monitor_store) == Totals(heartbeat=2, online=2, state=1)
    with monitor_store.read() as session:
        (presence,) = session.scalars(select(DevicePresenceRow))
    assert (presence.heartbeat_at, presence.online, presence.online_at) == (NOON, False, NOON)


def test_a_window_is_half_open_and_in_the_order_of_happening(monitor_store: Store) -> None:
    for second in (30, 10, 20):
        take_in(monitor_store, on_the_wire(an_event(f"at-{second}", occurred_at=NOON - timedelta(seconds=second))))
    with monitor_store.read() as session:
        found = queries.signals_between(
            session, [DeviceAddress.parse(BEAM)], NOON - timedelta(seconds=30), NOON - timedelta(seconds=10)
        )
    assert [signal.id for signal in found] == ["at-30", "at-20"]


def test_the_schema_refuses_totals_that_do_not_add_up(monitor_store: Store) -> None:
    take_in(monitor_store, on_the_wire(an_event()))
    with pytest.raises(IntegrityError), monitor_store.begin(NOON) as work:
        work.session.execute(text("UPDATE inbox_totals SET stored = stored + 1"))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(
        st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1), st.sampled_from(["good", "bad"])), max_size=12),
        max_size=5,
    )
)
def test_received_is_always_stored_and_repeated_and_dead(
    monitor_store: Store, batches: list[list[tuple[int, int, str]]]
) -> None:
    before = totals(monitor_store)
    for batch in batches:
        take_in(
            monitor_store,
            *(
                on_the_wire(an_event(f"e-{number}", data={"dur_ms": version})) if kind == "good" else b"?"
                for number, version, kind in batch
            ),
        )
        now = totals(monitor_store)
        assert now.received == now.stored + now.duplicate + now.dead_letter
    assert totals(monitor_store).received - before.received == sum(map(len, batches))
    assert len(ids(monitor_store)) == len(set(ids(monitor_store))) == totals(monitor_store).stored


def test_whoever_reads_on_while_several_take_in_misses_no_signal(monitor_store: Store) -> None:
    writers, batches = 3, 20

    def write(writer: int) -> None:
        for batch in range(batches):
            with monitor_store.begin_beside(NOON) as work:
                events = (on_the_wire(an_event(f"e-{writer}-{batch}-{number}")) for number in range(3))
                messages = [Message(topic=event_topic(), payload=event, received_at=NOON) for event in events]
                service.take_in(work.session, messages, REGISTER)

    seen: list[str] = []
    position = 0
    with ThreadPoolExecutor(writers) as pool:
        writing = [pool.submit(write, writer) for writer in range(writers)]
        while True:
            is_over = all(each.done() for each in writing)
            with monitor_store.read() as session:
                found = queries.signals_after(session, position)
            seen += [signal.id for signal in found]
            position = found[-1].position if found else position
            if is_over:
                break
        for each in writing:
            each.result()
    assert len(seen) == writers * batches * 3
    assert sorted(seen) == sorted(ids(monitor_store))
    assert totals(monitor_store) == Totals(received=len(seen), stored=len(seen))


def test_two_that_take_in_the_same_event_at_once_store_it_once(monitor_store: Store) -> None:
    def write(_writer: int) -> None:
        for number in range(30):
            with monitor_store.begin_beside(NOON) as work:
                message = Message(topic=event_topic(), payload=on_the_wire(an_event(f"e-{number}")), received_at=NOON)
                service.take_in(work.session, [message], REGISTER)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(write, range(3)))
    assert totals(monitor_store) == Totals(received=90, stored=30, duplicate=60)
    assert len(ids(monitor_store)) == 30
