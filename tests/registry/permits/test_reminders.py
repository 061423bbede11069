"""Reminders that a permit ends soon, each made once."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from registry.access.facts import CredentialStatus
from registry.clock import Instant
from registry.permits.models import PermitReminder, VehiclePermit
from registry.permits.reminders import days_due, make_reminders
from registry.permits.series import activate, prepare, roll_back
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.registry import a_permit

pytestmark = pytest.mark.both_stores

NEW_YEAR = datetime(2026, 12, 31, 16, tzinfo=UTC)
ISSUED = datetime(2026, 2, 1, tzinfo=UTC)


def days_before(days: int) -> Instant:
    """The first moment of the day that is so many days before New Year in Shanghai."""
    return NEW_YEAR - timedelta(days=days)


def made(store: Store) -> dict[str, list[int]]:
    """Which reminders each plate has had."""
    rows = select(VehiclePermit.plate, PermitReminder.days).join(
        PermitReminder, PermitReminder.permit_id == VehiclePermit.id
    )
    found: dict[str, list[int]] = {}
    with store.read() as session:
        for plate, days in session.execute(rows.order_by(PermitReminder.days.desc())):
            found.setdefault(plate, []).append(days)
    return found


def run(store: Store, now: Instant) -> int:
    with store.begin(now) as work:
        return make_reminders(work.session, now=now)


@pytest.mark.parametrize(
    ("days_left", "days"), [(31, None), (30, 30), (8, 30), (7, 7), (2, 7), (1, 1), (0, None), (-3, None)]
)
def test_the_nearest_reminder_is_due(days_left: int, days: int | None) -> None:
    assert days_due(days_left) == days


def test_asked_every_six_hours_each_reminder_is_made_once_on_its_day(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_permit(work.session, "鄂E10000", at=ISSUED)
    on = Counter[tuple[int, int]]()
    for hours in range(33 * 24, -48, -6):
        now = NEW_YEAR - timedelta(hours=hours)
        if count := run(registry_store, now):
            on[(hours // 24, hours % 24)] += count
    assert on == {(30, 0): 1, (7, 0): 1, (1, 0): 1}
    assert made(registry_store) == {"鄂E10000": [30, 7, 1]}


def test_after_days_of_standstill_only_the_nearest_is_made(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_permit(work.session, "鄂E10000", at=ISSUED)
    assert [run(registry_store, days_before(days)) for days in (5, 5, 1, 1, 0)] == [1, 0, 1, 0, 0]
    assert made(registry_store) == {"鄂E10000": [7, 1]}


def test_who_has_next_years_permit_or_none_in_use_is_not_reminded(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_permit(work.session, "鄂E10000", at=ISSUED)
        a_permit(work.session, "鄂E10000", year=2027)
        a_permit(work.session, "鄂E20000", at=ISSUED, status=CredentialStatus.SUSPENDED)
        a_permit(work.session, "鄂E30000", at=ISSUED)
        a_permit(work.session, "鄂E30000", year=2027, status=CredentialStatus.REVOKED)
    run(registry_store, days_before(20))
    assert made(registry_store) == {"鄂E30000": [30]}


def test_a_permit_issued_ten_days_before_its_end_is_reminded_from_seven_days_on(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_permit(work.session, "鄂E10000", at=days_before(10))
    assert [run(registry_store, days_before(days)) for days in (10, 7, 1)] == [0, 1, 1]


def test_the_days_count_to_the_end_of_the_overlap_and_anew_after_a_roll_back(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_permit(work.session, "鄂E10000", at=ISSUED)
        a_permit(work.session, "鄂E20000", year=2027)
        prepare(work.session, 2027, by="wang", now=NOON)
        a_permit(work.session, "鄂E30000", at=ISSUED)
        activate(work.session, 2027, effective_at=NEW_YEAR, overlap_days=7, by="wang", now=NOON)
    assert run(registry_store, days_before(30)) == 0
    assert run(registry_store, days_before(23)) == 1
    with registry_store.begin(days_before(20)) as work:
        roll_back(work.session, 2027, by="wang", now=work.now)
    assert made(registry_store) == {}
    # 2026 goes on until 2028 takes over; who was renewed is not reminded, though the renewed permit is out of force.
    assert run(registry_store, days_before(1)) == 0
    assert run(registry_store, datetime(2027, 12, 31, 16, tzinfo=UTC) - timedelta(days=7)) == 1
    assert made(registry_store) == {"鄂E30000": [7]}
