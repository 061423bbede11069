"""Let rooms are checked as often as their risk class says, and what is overdue is listed."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from registry.housing.checks import (
    CheckInFuture,
    NewCheck,
    WordsMissing,
    checks_of,
    count_overdue,
    overdue,
    record_check,
    set_risk,
)
from registry.housing.models import CheckKind, CheckOutcome, RiskClass
from registry.housing.queries import NoSuchRoom
from registry.ids import RoomId, SiteId
from registry.store import Store, Work
from tests.fakes.clock import NOON
from tests.makers.housing import a_room, a_tenancy
from tests.makers.registry import OC1, a_person

pytestmark = pytest.mark.both_stores

TODAY = date(2026, 11, 23)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def checked(
    work: Work,
    room: RoomId,
    at: datetime,
    *,
    kind: CheckKind = CheckKind.ROOM_CHECK,
    outcome: CheckOutcome = CheckOutcome.IN_ORDER,
    words: str | None = None,
) -> None:
    check = NewCheck(room_id=room, kind=kind, at=at, outcome=outcome, words=words)
    record_check(work.session, check, within={OC1}, by="chen", now=NOON)


def late(work: Work, today: date = TODAY) -> list[tuple[str, date]]:
    found = overdue(work.session, {OC1}, today=today, zone=SHANGHAI)
    assert count_overdue(work.session, {OC1}, today=today, zone=SHANGHAI) == len(found)
    return [(one.name, one.due) for one in found]


def let(work: Work, number: str, risk: RiskClass | None, first_day: date = date(2025, 1, 1)) -> RoomId:
    room = a_room(work.session, number)
    a_tenancy(work.session, room, a_person(work.session, f"租客{number}"), first_day=first_day)
    set_risk(work.session, room.id, risk, within={OC1}, by="chen", now=NOON)
    return room.id


@pytest.mark.parametrize(("risk", "days"), [(RiskClass.RED, 30), (RiskClass.ORANGE, 1), (RiskClass.GREEN, 365)])
def test_a_let_room_is_overdue_on_the_day_after_its_interval(registry_store: Store, risk: RiskClass, days: int) -> None:
    with registry_store.begin(NOON) as work:
        room = let(work, "201", risk)
        checked(work, room, NOON)
        due = TODAY + timedelta(days=days)
        assert (late(work, due), late(work, due + timedelta(days=1))) == ([], [("3-201", due)])


def test_a_visit_or_a_closed_door_is_no_check_and_what_is_not_let_is_not_checked(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        room = let(work, "201", RiskClass.ORANGE)
        checked(work, room, NOON - timedelta(days=5))
        checked(work, room, NOON, kind=CheckKind.HOME_VISIT)
        checked(work, room, NOON, outcome=CheckOutcome.NOBODY_THERE)
        let(work, "202", None)
        let(work, "203", RiskClass.ORANGE, first_day=TODAY)
        empty = a_room(work.session, "204")
        set_risk(work.session, empty.id, RiskClass.ORANGE, within={OC1}, by="chen", now=NOON)
        longest = let(work, "205", RiskClass.RED, first_day=date(2026, 1, 1))
        assert late(work) == [("3-205", date(2026, 1, 31)), ("3-201", date(2026, 11, 19))]
        checked(work, longest, NOON)
        assert [check.outcome for check in checks_of(work.session, room)] == [
            CheckOutcome.NOBODY_THERE,
            CheckOutcome.IN_ORDER,
            CheckOutcome.IN_ORDER,
        ]
        assert [name for name, _ in late(work)] == ["3-201"]


def test_a_check_has_happened_says_what_was_wrong_and_is_of_a_room_of_ones_own(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        room = let(work, "201", RiskClass.RED)
        there = a_room(work.session, "201", site="oc2").id
        with pytest.raises(CheckInFuture):
            checked(work, room, NOON + timedelta(minutes=1))
        with pytest.raises(WordsMissing):
            checked(work, room, NOON, outcome=CheckOutcome.WRONG, words="  ")
        checked(work, room, NOON, outcome=CheckOutcome.WRONG, words="私拉电线")
        with pytest.raises(NoSuchRoom):
            checked(work, there, NOON)
        with pytest.raises(NoSuchRoom):
            set_risk(work.session, there, RiskClass.RED, within={OC1}, by="chen", now=NOON)
        assert overdue(work.session, {SiteId("oc2")}, today=TODAY, zone=SHANGHAI) == []
