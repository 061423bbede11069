"""Alarms on a real store: raised by rules, handled by people."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import orjson
import pytest

from monitor.alarms import raising, service
from monitor.alarms.findings import Picture
from monitor.alarms.problems import AlarmChanged, AlarmUnknown, HandlerUnknown, NotNow, OfficerNeeded, WordsNeeded
from monitor.alarms.rules import Act, Closing
from monitor.room import Audit
from registry import audit
from registry.auth.permissions import Role
from registry.ids import AlarmId, DeviceAddress, SiteId, new_id
from registry.messages.alarms import AlarmDocument, AlarmFlag, AlarmState, AlarmVerdict
from registry.messages.envelope import MAX_BYTES
from registry.messages.events import MediaReference
from registry.problems import NotFound
from registry.store import Store, Work
from registry.store.outbox import waiting
from tests.fakes.clock import NOON
from tests.makers.monitor import a_finding, a_principal, seconds

pytestmark = pytest.mark.both_stores

REAL = Closing(verdict=AlarmVerdict.REAL, cause="有人翻墙")


@pytest.fixture
def at(monitor_store: Store) -> Callable[..., AlarmDocument]:
    """Do one use case in a transaction of its own, so many seconds after noon."""

    def done(later: float, act: Callable[[Work], AlarmDocument]) -> AlarmDocument:
        with monitor_store.begin(seconds(later)) as work:
            return act(work)

    return done


def _raised(store: Store, anchor: str = "e-1", *, later: float = 0, **finding: object) -> AlarmDocument:
    with store.begin(seconds(later)) as work:
        return raising.raise_alarm(work, a_finding(anchor, **finding))  # type: ignore[arg-type]


def _told(store: Store) -> list[tuple[str, bytes]]:
    with store.read() as session:
        return [(message.topic, message.payload) for message in waiting(session) if message.retain]


def test_a_raised_alarm_is_told_on_the_bus_as_it_stands(monitor_store: Store) -> None:
    alarm = _raised(monitor_store)
    [(topic, payload)] = _told(monitor_store)
    assert topic == f"dayuan/v1/oc1/_alarm/{alarm.id}"
    assert AlarmDocument.model_validate_json(payload) == alarm
    assert orjson.loads(payload)["assigned_to"] is None


def test_an_alarm_is_acknowledged_once_and_the_second_is_told_who_was_faster(
    monitor_store: Store, at: Callable[..., AlarmDocument]
) -> None:
    alarm = _raised(monitor_store)
    li, wang = a_principal(name="李明"), a_principal(name="王勇")
    acknowledged = at(1, lambda work: service.acknowledge(work, alarm.id, version=1, by=li))
    assert (acknowledged.state, acknowledged.version) == (AlarmState.ACKNOWLEDGED, 2)
    with pytest.raises(AlarmChanged, match="李明") as late:
        at(2, lambda work: service.acknowledge(work, alarm.id, version=1, by=wang))
    assert late.value.facts == {"winner": "李明", "version": 2}
    assert late.value.status == 409


def test_of_two_operators_who_acknowledge_at_the_same_moment_one_wins(monitor_store: Store) -> None:
    alarm, start = _raised(monitor_store), Barrier(2)

    def acknowledge(name: str) -> str:
        by = a_principal(name=name)
        start.wait()
        try:
            with monitor_store.begin(seconds(1)) as work:
                service.acknowledge(work, alarm.id, version=1, by=by)
        except AlarmChanged as late:
            return f"late after {late.facts['winner']}"
        return name

    with ThreadPoolExecutor(2) as operators:
        told = set(operators.map(acknowledge, ["李明", "王勇"]))
    assert told in ({"李明", "late after 李明"}, {"王勇", "late after 王勇"})


def test_whoever_is_overtaken_by_new_evidence_is_told_that(
    monitor_store: Store, at: Callable[..., AlarmDocument]
) -> None:
    alarm = _raised(monitor_store)
    with monitor_store.begin(seconds(1)) as work:
        raising.revise(work, alarm.id, a_finding(count=2))
    with pytest.raises(AlarmChanged, match="New evidence"):
        at(2, lambda work: service.acknowledge(work, alarm.id, version=1, by=a_principal()))


def at_oc1(*names: str) -> Callable[[str, SiteId], bool]:
    """Those who handle alarms at the first compound."""
    return lambda name, site: name in names and site == "oc1"


def test_an_alarm_is_given_only_to_somebody_who_handles_alarms_there(
    monitor_store: Store, at: Callable[..., AlarmDocument]
) -> None:
    alarm, by = _raised(monitor_store), a_principal(name="李明")

    def given(to: str) -> AlarmDocument:
        return at(1, lambda work: service.assign(work, alarm.id, version=1, to=to, by=by, is_handler=at_oc1("王勇")))

    with pytest.raises(HandlerUnknown, match="Nobody named '王永' handles alarms at oc1"):
        given("王永")
    assert given("李明").assigned_to == "李明"


def test_the_way_of_an_alarm_is_written_down_line_by_line(
    monitor_store: Store, at: Callable[..., AlarmDocument]
) -> None:
    alarm, by = _raised(monitor_store), a_principal(name="李明")
    at(1, lambda work: service.acknowledge(work, alarm.id, version=1, by=by))
    at(2, lambda work: service.assign(work, alarm.id, version=2, to="王勇", by=by, is_handler=at_oc1("王勇")))
    at(3, lambda work: service.advance(work, alarm.id, version=3, to=AlarmState.DISPATCHED, by=by))
    closed = at(4, lambda work: service.close(work, alarm.id, version=4, closing=REAL, by=by))
    assert (closed.state, closed.verdict, closed.assigned_to) == (AlarmState.CLOSED, AlarmVerdict.REAL, "王勇")
    with monitor_store.read() as session:
        lines = service.history(session, alarm.id)
    assert [(line.what, line.who, line.at) for line in lines] == [
        (Act.RAISED, None, NOON),
        (Act.ACKNOWLEDGED, "李明", seconds(1)),
        (Act.ASSIGNED, "李明", seconds(2)),
        (Act.DISPATCHED, "李明", seconds(3)),
        (Act.CLOSED, "李明", seconds(4)),
    ]
    assert lines[-1].words == "有人翻墙"
    assert [(line.from_state, line.to_state) for line in lines[:2]] == [
        (None, AlarmState.NEW),
        (AlarmState.NEW, AlarmState.ACKNOWLEDGED),
    ]


def test_every_act_of_a_person_is_in_the_audit_chain(monitor_store: Store, at: Callable[..., AlarmDocument]) -> None:
    alarm, by = _raised(monitor_store), a_principal(name="李明")
    at(1, lambda work: service.acknowledge(work, alarm.id, version=1, by=by))
    at(2, lambda work: service.close(work, alarm.id, version=2, closing=REAL, by=by))
    with monitor_store.read() as session:
        acts = [(row.actor, row.action) for row in session.query(Audit).order_by(Audit.position)]
        assert audit.verify(session) == audit.Intact(rows=2)
    assert acts == [("李明", "alarm-acknowledged"), ("李明", "alarm-closed")]


def test_an_alarm_of_ten_thousand_signals_is_told_by_its_first_and_its_last_and_says_how_many_there_are(
    monitor_store: Store,
) -> None:
    alarm = _raised(monitor_store, signals=10_000)
    shown = [each.signal_id for each in alarm.contributing]
    assert shown == ["e-1", *(f"e-1+{number}" for number in [*range(1, 50), *range(9_950, 10_000)])]
    [(_, payload)] = _told(monitor_store)
    assert len(payload) < MAX_BYTES
    with monitor_store.read() as session:
        assert service.alarm(session, alarm.id) == alarm
        assert service.signals_of(session, alarm.id) == 10_000


def test_a_picture_stays_with_the_signal_that_it_came_with(monitor_store: Store) -> None:
    pictures = [
        Picture(
            media=MediaReference(id=new_id(), sha256="ab" * 32, kind="snapshot"),
            device=DeviceAddress.parse(f"oc1/camera/north-0{number}"),
            occurred_at=seconds(number * 7),
        )
        for number in (1, 2)
    ]
    alarm = _raised(monitor_store, pictures=pictures)
    assert alarm.media == [picture.media for picture in pictures]
    assert set(orjson.loads(_told(monitor_store)[0][1])["media"][0]) == {"id", "sha256", "kind"}
    with monitor_store.read() as session:
        assert service.pictures(session, alarm.id) == pictures


def test_a_closed_alarm_is_no_longer_retained_on_the_bus(
    monitor_store: Store, at: Callable[..., AlarmDocument]
) -> None:
    alarm, by = _raised(monitor_store), a_principal()
    at(1, lambda work: service.acknowledge(work, alarm.id, version=1, by=by))
    at(2, lambda work: service.close(work, alarm.id, version=2, closing=REAL, by=by))
    assert _told(monitor_store)[-1] == (f"dayuan/v1/oc1/_alarm/{alarm.id}", b"")


def test_what_is_closed_stays_closed(monitor_store: Store, at: Callable[..., AlarmDocument]) -> None:
    alarm, by = _raised(monitor_store), a_principal()
    at(1, lambda work: service.acknowledge(work, alarm.id, version=1, by=by))
    at(2, lambda work: service.close(work, alarm.id, version=2, closing=REAL, by=by))
    with pytest.raises(NotNow, match="stays closed"):
        at(3, lambda work: service.acknowledge(work, alarm.id, version=3, by=by))


def test_an_operator_is_told_who_closes_a_priority_1_alarm(
    monitor_store: Store, at: Callable[..., AlarmDocument]
) -> None:
    alarm = _raised(monitor_store, priority=1)
    operator, officer = a_principal(), a_principal(Role.SECURITY_OFFICER)
    at(1, lambda work: service.acknowledge(work, alarm.id, version=1, by=operator))
    with pytest.raises(OfficerNeeded, match="security officer") as refused:
        at(2, lambda work: service.close(work, alarm.id, version=2, closing=REAL, by=operator))
    assert refused.value.status == 403
    closed = at(3, lambda work: service.close(work, alarm.id, version=2, closing=REAL, by=officer))
    assert closed.state is AlarmState.CLOSED


def test_a_refused_closing_changes_nothing(monitor_store: Store, at: Callable[..., AlarmDocument]) -> None:
    alarm, by = _raised(monitor_store), a_principal()
    acknowledged = at(1, lambda work: service.acknowledge(work, alarm.id, version=1, by=by))
    wordless = Closing(verdict=AlarmVerdict.NUISANCE)
    with pytest.raises(WordsNeeded):
        at(2, lambda work: service.close(work, alarm.id, version=2, closing=wordless, by=by))
    with monitor_store.read() as session:
        assert service.alarm(session, alarm.id) == acknowledged


def test_an_alarm_of_another_site_is_not_there(monitor_store: Store, at: Callable[..., AlarmDocument]) -> None:
    alarm = _raised(monitor_store)
    elsewhere = a_principal(site=SiteId("oc2"))
    with pytest.raises(NotFound):
        at(1, lambda work: service.acknowledge(work, alarm.id, version=1, by=elsewhere))


def test_an_alarm_that_nobody_raised_is_not_there(monitor_store: Store) -> None:
    with monitor_store.read() as session, pytest.raises(AlarmUnknown):
        service.alarm(session, AlarmId(new_id()))


def test_the_list_has_the_unacknowledged_first_then_the_urgent_then_the_newest(
    monitor_store: Store, at: Callable[..., AlarmDocument]
) -> None:
    seen = _raised(monitor_store, "seen", priority=1)
    at(1, lambda work: service.acknowledge(work, seen.id, version=1, by=a_principal()))
    old = _raised(monitor_store, "old", priority=2)
    new = _raised(monitor_store, "new", priority=2, occurred_at=seconds(9))
    urgent = _raised(monitor_store, "urgent", priority=1, occurred_at=seconds(-9))
    with monitor_store.read() as session:
        page = service.alarms(session, sites=None)
    assert [alarm.id for alarm in page.items] == [urgent.id, new.id, old.id, seen.id]


def test_the_list_is_read_page_by_page_without_gap_or_repeat(monitor_store: Store) -> None:
    raised = {
        _raised(monitor_store, f"e-{number}", priority=1 + number % 4, occurred_at=seconds(number % 3)).id
        for number in range(23)
    }
    found: list[AlarmDocument] = []
    after = None
    with monitor_store.read() as session:
        while True:
            page = service.alarms(session, sites=None, after=after, limit=4)
            found += page.items
            after = page.after
            if after is None:
                break
    assert [alarm.id for alarm in found] == [alarm.id for alarm in service_list(monitor_store)]
    assert {alarm.id for alarm in found} == raised
    assert len(found) == len(raised)


def service_list(store: Store) -> list[AlarmDocument]:
    with store.read() as session:
        return list(service.alarms(session, sites=None).items)


def test_the_list_shows_only_the_sites_asked_for(monitor_store: Store) -> None:
    mine = _raised(monitor_store, "mine")
    _raised(monitor_store, "theirs", site=SiteId("oc2"))
    with monitor_store.read() as session:
        shown = service.alarms(session, sites={SiteId("oc1")})
        assert [alarm.id for alarm in shown.items] == [mine.id]
        assert service.alarms(session, sites=set()).items == []


def test_earlier_evidence_gives_an_alarm_another_id_and_the_old_one_still_leads_there(monitor_store: Store) -> None:
    alarm = _raised(monitor_store, "e-2")
    earlier = a_finding("e-1", occurred_at=NOON - timedelta(seconds=5), count=2)
    with monitor_store.begin(seconds(1)) as work:
        raising.revise(work, alarm.id, earlier)
    with monitor_store.read() as session:
        found = service.alarm(session, alarm.id)
        assert found == service.alarm(session, earlier.id)
    assert (found.id, found.code, found.occurred_at) == (earlier.id, alarm.code, earlier.occurred_at)
    assert (f"dayuan/v1/oc1/_alarm/{alarm.id}", b"") in _told(monitor_store)


def test_two_incidents_that_are_one_keep_both_histories_and_what_was_unseen_stays_unseen(
    monitor_store: Store, at: Callable[..., AlarmDocument]
) -> None:
    first, second = _raised(monitor_store, "e-1"), _raised(monitor_store, "e-9")
    at(1, lambda work: service.acknowledge(work, first.id, version=1, by=a_principal()))
    with monitor_store.begin(seconds(2)) as work:
        raising.revise(work, first.id, a_finding("e-1", count=3), absorbed=[second.id])
    with monitor_store.read() as session:
        merged = service.alarm(session, second.id)
        lines = [line.what for line in service.history(session, first.id)]
    assert (merged.id, merged.state, merged.count) == (first.id, AlarmState.NEW, 3)
    assert {signal.signal_id for signal in merged.contributing} == {"e-1", "e-9"}
    assert sorted(lines) == sorted([Act.RAISED, Act.RAISED, Act.ACKNOWLEDGED, Act.MERGED])
    assert _told(monitor_store)[-2:] == [
        (f"dayuan/v1/oc1/_alarm/{second.id}", b""),
        (f"dayuan/v1/oc1/_alarm/{first.id}", merged.model_dump_json().encode()),
    ]


def test_a_latched_alarm_whose_condition_ended_stays_open(
    monitor_store: Store, at: Callable[..., AlarmDocument]
) -> None:
    alarm = _raised(monitor_store)
    at(1, lambda work: service.acknowledge(work, alarm.id, version=1, by=a_principal()))
    with monitor_store.begin(seconds(2)) as work:
        raising.revise(work, alarm.id, a_finding(flags=[AlarmFlag.RETURNED]))
    with monitor_store.read() as session:
        returned = service.alarm(session, alarm.id)
    assert (returned.state, returned.flags) == (AlarmState.ACKNOWLEDGED, [AlarmFlag.RETURNED])


def test_an_alarm_that_is_over_and_not_latched_leaves_when_it_is_acknowledged_and_is_no_false_alarm(
    monitor_store: Store, at: Callable[..., AlarmDocument]
) -> None:
    alarm = _raised(monitor_store, latched=False, flags=[AlarmFlag.RETURNED])
    assert alarm.state is AlarmState.NEW
    left = at(1, lambda work: service.acknowledge(work, alarm.id, version=1, by=a_principal()))
    assert (left.state, left.verdict) == (AlarmState.CLOSED, AlarmVerdict.AUTHORISED)
    assert service_list(monitor_store) == []


def test_a_revision_that_changes_nothing_is_no_news(monitor_store: Store) -> None:
    alarm = _raised(monitor_store)
    with monitor_store.begin(seconds(1)) as work:
        assert raising.revise(work, alarm.id, a_finding()) is None
    assert len(_told(monitor_store)) == 1
