"""A process that is killed in the middle of the change of the year, or of reminding, has done nothing; the next does it whole."""

import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from registry.feed.service import versions
from registry.permits.models import PermitReminder, PermitSeries, SeriesState
from registry.permits.reminders import make_reminders
from registry.permits.series import activate, prepare
from registry.store import Store
from tests.conftest import AUDIT_KEY
from tests.fakes.clock import NOON
from tests.makers.registry import a_permit

pytestmark = pytest.mark.both_stores

_DIES = """
import os, sys
from datetime import datetime, timedelta
from registry.permits.reminders import make_reminders
from registry.permits.series import activate, roll_back
from registry.room import ROOM
from registry.store import Store

url, key, now, act, when = sys.argv[1:]
moment = datetime.fromisoformat(now)
with Store.open(ROOM, url, audit_key=bytes.fromhex(key)).begin(moment) as work:
    if act == "remind":
        make_reminders(work.session, now=moment)
    else:
        activate(work.session, 2027, effective_at=None, overlap_days=0, by="wang", now=moment)
    work.session.flush()
    if when == "before":
        os.kill(os.getpid(), 9)
os.kill(os.getpid(), 9)
"""
SOON = datetime(2026, 12, 20, tzinfo=UTC)


def a_process_that_dies(store: Store, now: datetime, act: str, when: str) -> None:
    """One that is killed `before` or `after` its commit."""
    url = store.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", _DIES, url, AUDIT_KEY.hex(), now.isoformat(), act, when]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL


@pytest.fixture
def store(registry_store: Store) -> Store:
    """Twenty cars, of which some are renewed."""
    with registry_store.begin(NOON) as work:
        for number in range(20):
            a_permit(work.session, f"鄂E100{number:02}", at=datetime(2026, 2, 1, tzinfo=UTC))
        prepare(work.session, 2027, by="wang", now=NOON)
        for number in range(20):
            a_permit(work.session, f"鄂E200{number:02}", at=datetime(2026, 2, 1, tzinfo=UTC))
    return registry_store


def state(store: Store) -> SeriesState:
    with store.read() as session:
        return session.scalars(select(PermitSeries.state).where(PermitSeries.year == 2027)).one()


def test_killed_before_its_commit_the_year_has_not_changed_and_after_it_has(store: Store) -> None:
    with store.read() as session:
        before = versions(session)
    a_process_that_dies(store, NOON, "activate", "before")
    with store.read() as session:
        assert versions(session) == before
    assert state(store) is SeriesState.PREPARED
    a_process_that_dies(store, NOON, "activate", "after")
    with store.read() as session:
        assert versions(session) == {site: version + 1 for site, version in before.items()}
    assert state(store) is SeriesState.ACTIVE


def test_killed_before_its_commit_nobody_was_reminded_and_the_next_reminds_each_once(store: Store) -> None:
    def reminders() -> int:
        with store.read() as session:
            return session.scalar(select(func.count()).select_from(PermitReminder)) or 0

    a_process_that_dies(store, SOON, "remind", "before")
    assert reminders() == 0
    a_process_that_dies(store, SOON, "remind", "after")
    assert reminders() == 20
    with store.begin(SOON) as work:
        assert make_reminders(work.session, now=SOON) == 0
        activate(work.session, 2027, effective_at=None, overlap_days=0, by="wang", now=SOON)
