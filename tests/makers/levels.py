"""Access levels and calendars of tests."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy.orm import Session

from registry.access.facts import CredentialStatus, DayKind, HolidayRule, LevelFacts, SiteCalendar
from registry.calendar.rules import site_calendar
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change
from registry.ids import CredentialId, GateId, LevelId, SiteId, derived_id, new_id
from registry.levels.models import AccessLevel, LevelGate, LevelWindow
from registry.levels.rules import Window, week_of
from registry.passes.digests import digest_key, digest_of
from registry.passes.models import Pin, PinSite
from registry.passes.rules import duress_of
from registry.people.models import Person
from tests.fakes.clock import NOON
from tests.makers.registry import DEVICE_KEY

OFFICE_HOURS = tuple(Window(weekday, 8 * 60, 18 * 60) for weekday in range(5))


def a_level_fact(
    *windows: Window,
    name: str = "office",
    gates: Collection[str] = ("oc1-north",),
    holidays: HolidayRule = HolidayRule.CLOSED,
) -> LevelFacts:
    """A level as a gate knows it; office hours unless windows are given."""
    return LevelFacts(
        id=LevelId(derived_id("level", name)),
        name_zh=name,
        name_en=name,
        gates=frozenset(GateId(gate) for gate in gates),
        holidays=holidays,
        week=week_of(windows or OFFICE_HOURS),
    )


def a_calendar(days: Mapping[date, DayKind], *, years_known: Collection[int] = (2026,)) -> SiteCalendar:
    """A calendar of these days alone."""
    return site_calendar(days, frozenset(years_known), {})


def a_level(
    session: Session,
    name_zh: str = "工作时间",
    *,
    site: str = "oc1",
    gates: Collection[str] = ("oc1-north",),
    windows: Sequence[Window] = OFFICE_HOURS,
    holidays: HolidayRule = HolidayRule.CLOSED,
) -> AccessLevel:
    """A level of gates that are there."""
    row = AccessLevel(
        id=LevelId(new_id()),
        site=SiteId(site),
        name_zh=name_zh,
        name_en="Office hours",
        holidays=holidays,
        gates=[LevelGate(gate=GateId(gate)) for gate in gates],
        windows=[
            LevelWindow(weekday=each.weekday, begins_minute=each.begins_minute, ends_minute=each.ends_minute)
            for each in windows
        ],
    )
    session.add(row)
    record_change(session, [row.site], ChangeKind.LEVEL, str(row.id))
    return row


def a_pin(session: Session, pin: str = "482619", *, person: Person) -> Pin:
    """A PIN, good for a month around the tests' noon; its digests are made with the key of `a_keyring`."""
    key = digest_key(DEVICE_KEY)
    row = Pin(
        id=CredentialId(new_id()),
        person_id=person.id,
        status=CredentialStatus.ACTIVE,
        status_at=NOON,
        issued_at=NOON,
        number_index=digest_of(key, pin),
        duress_index=digest_of(key, duress_of(pin)),
        valid_from=NOON - timedelta(days=30),
        valid_until=NOON + timedelta(days=30),
        sites=[PinSite(site=person.site)],
    )
    session.add(row)
    return row
