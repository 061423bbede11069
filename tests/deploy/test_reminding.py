"""The house makes its reminders at its start, and lives on where the store is away."""

from datetime import UTC, datetime

from sqlalchemy import func, select, text

from deploy.reminding import Reminding
from registry.permits.models import PermitReminder
from registry.store import Store
from tests.fakes.clock import NOON, FixedClock
from tests.makers.registry import a_permit

CHRISTMAS = datetime(2026, 12, 25, tzinfo=UTC)


def test_what_was_missed_is_made_at_the_start_and_once(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_permit(work.session, at=datetime(2026, 2, 1, tzinfo=UTC))
    for _ in range(2):
        reminding = Reminding(registry_store, FixedClock(CHRISTMAS))
        reminding.start()
        reminding.stop()
    with registry_store.read() as session:
        assert session.scalar(select(func.count()).select_from(PermitReminder)) == 1


def test_a_store_that_is_away_stops_nothing(registry_store: Store) -> None:
    with registry_store.engine.begin() as connection:
        connection.execute(text("DROP TABLE permit_series"))
    Reminding(registry_store, FixedClock(CHRISTMAS)).try_to_remind()
