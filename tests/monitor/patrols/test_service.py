"""Scans on a real store: announced once, and answered with what the plan says."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from monitor.patrols import service
from monitor.patrols.models import PhoneScan
from monitor.patrols.problems import (
    CheckpointUnknown,
    PhoneClockAhead,
    PhonesSwitchedOff,
    PlanWrong,
    ScanIdReused,
    SiteUnknown,
    TagTaken,
)
from monitor.patrols.rules import Judgement
from monitor.patrols.service import ScanAnswer, StopPlan
from registry.auth.permissions import Role
from registry.auth.principal import Principal
from registry.clock import Instant
from registry.devices.facts import Register
from registry.ids import SiteId, new_id
from registry.messages.envelope import Event
from registry.problems import NotFound
from registry.store import Store
from registry.store.outbox import waiting
from tests.fakes.clock import NOON
from tests.makers.monitor import OC1, PHONES, a_principal, a_scan, hear, the_compound
from tests.makers.patrols import TAGS, a_planned_tour, minutes

pytestmark = pytest.mark.both_stores

GUARD = a_principal(Role.PATROL, name="王勇")
REGISTER = the_compound()


def _scan(
    store: Store,
    tag: str = TAGS[0],
    *,
    at: Instant | None = None,
    now: Instant | None = None,
    scan_id: UUID | None = None,
    by: Principal = GUARD,
    register: Register = REGISTER,
) -> ScanAnswer:
    """A scan at five past twelve, unless said otherwise, that is sent at once."""
    scanned_at = at or minutes(5)
    with store.begin(now or scanned_at) as work:
        return service.scan(
            work,
            register,
            scan_id=scan_id or new_id(),
            site=OC1,
            tag=tag,
            scanned_at=scanned_at,
            offline=now is not None,
            by=by,
        )


def _announced(store: Store) -> list[Event]:
    with store.read() as session:
        return [Event.model_validate_json(message.payload) for message in waiting(session)]


def test_a_scan_goes_to_the_bus_as_any_reader_would_send_it(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    answer = _scan(monitor_store)
    with monitor_store.read() as session:
        [message] = waiting(session)
    assert (message.topic, message.retain) == ("dayuan/v1/oc1/patrol/phones/evt", False)
    event = Event.model_validate_json(message.payload)
    assert (event.id, event.source, event.type) == (str(answer.id), "//oc1/patrol/phones", "dayuan.patrol.scan")
    assert event.time == minutes(5)
    assert (event.data["tag"], event.data["guard"], event.data["offline"]) == (TAGS[0], "王勇", False)


def test_the_guard_is_told_the_checkpoint_the_round_and_how_many_are_left(monitor_store: Store) -> None:
    a_planned_tour(monitor_store, stops=3)
    answer = _scan(monitor_store)
    assert answer.checkpoint.name_zh == "锅炉房"
    assert (answer.judgement, answer.left) == (Judgement.ON_TIME, 2)
    assert answer.walked is not None
    assert answer.walked.round.starts_at == NOON


def test_what_was_scanned_before_and_has_not_come_back_over_the_bus_is_not_left(monitor_store: Store) -> None:
    a_planned_tour(monitor_store, stops=3)
    _scan(monitor_store)
    assert _scan(monitor_store, TAGS[1], at=minutes(12)).left == 1


def test_a_checkpoint_scanned_twice_is_on_time_by_the_first_scan(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    hear(monitor_store, [a_scan(TAGS[0], minutes(4))])
    again = _scan(monitor_store, at=minutes(6))
    assert (again.judgement, again.left, again.repeats) == (Judgement.ON_TIME, 1, minutes(4))


def test_a_scan_after_the_window_is_late(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    assert _scan(monitor_store, at=minutes(16)).judgement is Judgement.LATE


def test_whoever_comes_too_early_is_told_from_when_on_the_scan_counts(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    early = _scan(monitor_store, at=minutes(-30))
    assert (early.judgement, early.early_until, early.repeats) == (None, minutes(-5), None)
    assert _scan(monitor_store, at=minutes(-4)).early_until is None


def test_the_same_checkpoint_again_after_its_window_is_a_repeat_until_the_next_window_is_nearer(
    monitor_store: Store,
) -> None:
    a_planned_tour(monitor_store)
    assert _scan(monitor_store, at=minutes(9)).repeats is None
    again = _scan(monitor_store, at=minutes(30))
    assert (again.judgement, again.repeats, again.early_until) == (None, minutes(9), None)
    ahead = _scan(monitor_store, at=minutes(110))
    assert (ahead.repeats, ahead.early_until) == (None, minutes(115))


def test_a_late_scan_again_is_a_repeat(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    assert _scan(monitor_store, at=minutes(16)).repeats is None
    assert _scan(monitor_store, at=minutes(20)).repeats == minutes(16)


def test_a_scan_that_is_sent_again_repeats_nothing(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    scan_id = new_id()
    _scan(monitor_store, scan_id=scan_id)
    assert _scan(monitor_store, scan_id=scan_id, at=minutes(5), now=minutes(9)).repeats is None


def test_a_scan_that_no_round_asks_for_is_taken_all_the_same(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    answer = _scan(monitor_store, at=minutes(500))
    assert (answer.walked, answer.judgement, answer.left) == (None, None, None)
    assert answer.repeats is None
    assert len(_announced(monitor_store)) == 1


def test_the_number_below_the_code_does_as_well(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    assert _scan(monitor_store, " 1001 ", at=minutes(12)).checkpoint.tag == TAGS[1]


def test_a_scan_that_is_sent_again_is_the_same_scan(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    scan_id = new_id()
    first = _scan(monitor_store, scan_id=scan_id)
    again = _scan(monitor_store, scan_id=scan_id, at=minutes(5), now=minutes(9))
    assert (again.id, again.judgement, again.left) == (first.id, first.judgement, first.left)
    assert len(_announced(monitor_store)) == 1
    with monitor_store.read() as session:
        assert session.query(PhoneScan).count() == 1


@pytest.mark.parametrize("other", ["tag", "moment", "guard"])
def test_an_id_is_not_taken_for_another_scan(monitor_store: Store, other: str) -> None:
    a_planned_tour(monitor_store)
    scan_id = new_id()
    _scan(monitor_store, scan_id=scan_id)
    with pytest.raises(ScanIdReused):
        _scan(
            monitor_store,
            TAGS[1] if other == "tag" else TAGS[0],
            scan_id=scan_id,
            at=minutes(6 if other == "moment" else 5),
            by=a_principal(Role.PATROL) if other == "guard" else GUARD,
        )


def test_an_unknown_code_is_refused_with_what_to_do(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    with pytest.raises(CheckpointUnknown, match="Scan the plate again"):
        _scan(monitor_store, "DYC:oc1:somewhere")
    assert _announced(monitor_store) == []


def test_a_checkpoint_of_another_site_is_unknown_here(monitor_store: Store) -> None:
    with monitor_store.begin(NOON) as work:
        there = service.add_checkpoint(
            work, site=SiteId("oc2"), name_zh="门卫", name_en="Gate house", short_code="2000", position=0
        )
    with pytest.raises(CheckpointUnknown):
        _scan(monitor_store, there.tag)


def test_a_phone_whose_clock_is_ahead_is_told_to_set_it(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    assert _scan(monitor_store, at=minutes(10), now=minutes(5)).judgement is Judgement.ON_TIME
    with pytest.raises(PhoneClockAhead):
        _scan(monitor_store, at=minutes(11), now=minutes(5))


@pytest.mark.parametrize("gone", ["disabled", "missing"])
def test_where_the_pages_own_device_is_switched_off_a_scan_is_refused_and_stays_in_the_phone(
    monitor_store: Store, gone: str
) -> None:
    a_planned_tour(monitor_store)
    devices = dict(REGISTER.devices)
    page = devices.pop(PHONES)
    if gone == "disabled":
        devices[PHONES] = replace(page, enabled=False)
    with pytest.raises(PhonesSwitchedOff) as refused:
        _scan(monitor_store, register=replace(REGISTER, devices=devices))
    assert refused.value.status == 503
    assert _announced(monitor_store) == []


def test_a_scan_from_more_than_three_days_ago_is_kept_and_no_plan_asks_for_it(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    for ancient in (datetime(1, 1, 1, tzinfo=UTC), minutes(5) - timedelta(hours=73)):
        answer = _scan(monitor_store, at=ancient, now=minutes(5))
        assert (answer.walked, answer.judgement, answer.repeats, answer.early_until) == (None, None, None, None)
    assert len(_announced(monitor_store)) == 2


def test_a_guard_of_another_site_finds_nothing_here(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    with pytest.raises(NotFound):
        _scan(monitor_store, by=a_principal(Role.PATROL, site=SiteId("oc2")))


def test_the_rounds_of_a_day_are_those_that_start_on_it_with_every_checkpoint_judged(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    hear(monitor_store, [a_scan(TAGS[0], minutes(4)), a_scan(TAGS[1], minutes(26))])
    with monitor_store.read() as session:
        noon, two = service.rounds(session, REGISTER, OC1, date(2026, 11, 23), minutes(60))
        yesterday = service.rounds(session, REGISTER, OC1, date(2026, 11, 22), minutes(60))
    assert [visit.judgement for visit in noon.visits] == [Judgement.ON_TIME, Judgement.LATE]
    assert [visit.judgement for visit in two.visits] == [Judgement.PENDING, Judgement.PENDING]
    assert [each.round.starts_at for each in yesterday] == [NOON - timedelta(hours=24), NOON - timedelta(hours=22)]


def test_a_site_that_is_not_registered_has_no_rounds(monitor_store: Store) -> None:
    with monitor_store.read() as session, pytest.raises(SiteUnknown):
        service.rounds(session, REGISTER, SiteId("oc9"), date(2026, 11, 23), NOON)


def test_a_new_checkpoint_gets_a_tag_of_its_own(monitor_store: Store) -> None:
    with monitor_store.begin(NOON) as work:
        points = [
            service.add_checkpoint(
                work, site=OC1, name_zh="岗亭", name_en="Post", short_code=f"{number:04}", position=number
            )
            for number in range(20)
        ]
    assert len({point.tag for point in points}) == 20
    assert all(point.tag.startswith("DYC:oc1:") for point in points)


@pytest.mark.parametrize("short_code", ["123", "1234567", "12a4", "１２３４", ""])
def test_a_short_code_is_four_to_six_digits(monitor_store: Store, short_code: str) -> None:
    with monitor_store.begin(NOON) as work, pytest.raises(PlanWrong):
        service.add_checkpoint(work, site=OC1, name_zh="岗亭", name_en="Post", short_code=short_code, position=0)


def test_a_short_code_belongs_to_one_checkpoint_of_a_site(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)
    with monitor_store.begin(NOON) as work, pytest.raises(TagTaken):
        service.add_checkpoint(work, site=OC1, name_zh="岗亭", name_en="Post", short_code="1000", position=9)


def test_a_tour_asks_for_each_checkpoint_once_and_for_one_at_least(monitor_store: Store) -> None:
    tour = a_planned_tour(monitor_store)
    twice = [StopPlan(checkpoint=tour.stops[0].checkpoint.id, opens_after_minutes=0, window_minutes=5)] * 2
    for stops in (twice, []):
        with monitor_store.begin(NOON) as work, pytest.raises(PlanWrong):
            service.add_tour(
                work,
                site=OC1,
                name_zh="日巡",
                name_en="Day tour",
                start_times=tour.start_times,
                stops=stops,
                valid_from=NOON,
            )
