"""Arming and disarming on a real store: by hand, by the plan, across a kill, and never silently."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.alarms import raising
from monitor.alarms import service as alarms
from monitor.arming import keeping, queries, service
from monitor.arming.models import ArmingChange
from monitor.arming.problems import ArmingChanged, EndsTooLate, GroupUnknown, NeverBypassed, WhyNeeded
from monitor.arming.rules import Group, GroupZone, Mode, Span, default_group_id
from monitor.arming.service import Settings
from registry.auth.permissions import Role
from registry.clock import Instant
from registry.devices.facts import ZoneKind
from registry.messages.alarms import AlarmFlag
from registry.problems import NotFound
from registry.store import Store
from tests.makers.judging import catch_up
from tests.makers.monitor import BEAM, NORTH, OC1, a_finding, a_principal, a_zone, the_compound

PERIMETER = default_group_id(OC1, ZoneKind.PERIMETER)
REGISTER = the_compound()
OPERATOR, OFFICER = a_principal(Role.OPERATOR), a_principal(Role.SECURITY_OFFICER)
NIGHTS = tuple(Span(day=day, begins_minute=19 * 60, ends_minute=31 * 60, mode=Mode.NIGHT) for day in range(8))


def at(hour: int, minute: int = 0, *, day: int = 2) -> Instant:
    return datetime(2026, 9, day, hour, minute, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


def settings(*, plan: tuple[Span, ...] = NIGHTS, exit_seconds: int = 0, entry_seconds: int = 0) -> Settings:
    zone = GroupZone(zone=NORTH, modes=frozenset(Mode), entry_seconds=entry_seconds)
    return Settings(name_zh="周界", name_en="Perimeter", exit_seconds=exit_seconds, zones=(zone,), plan=plan)


def set_up(store: Store, now: Instant, made: Settings | None = None) -> Group:
    with store.begin(now) as work:
        return service.set_up(work, REGISTER, PERIMETER, made or settings(), version=0, by=OFFICER)


def by_hand(
    store: Store, now: Instant, mode: Mode, group: Group | None = None, *, until: Instant | None = None
) -> Group:
    with store.begin(now) as work:
        version = group.version if group else 0
        return service.arm(
            work, REGISTER, PERIMETER, mode, version=version, until=until, reason="检修围栏", by=OPERATOR
        )


def is_armed(store: Store, moment: Instant) -> bool:
    with store.read() as session:
        return queries.timelines(session, [a_zone().id], moment).is_armed(a_zone(), moment)


def stands(store: Store) -> Group:
    with store.read() as session:
        [group] = service.armed(session, REGISTER, [OC1], at(0)).groups
    return group


def test_who_disarms_says_why_and_what_was_before_stays_known(monitor_store: Store) -> None:
    with monitor_store.begin(at(10)) as work, pytest.raises(WhyNeeded):
        service.arm(work, REGISTER, PERIMETER, Mode.DISARMED, version=0, until=None, reason=" ", by=OPERATOR)
    by_hand(monitor_store, at(10), Mode.DISARMED)
    assert (stands(monitor_store).by, stands(monitor_store).reason) == ("operator", "检修围栏")
    assert is_armed(monitor_store, at(9, 59))
    assert not is_armed(monitor_store, at(10))


def test_two_operators_at_once_the_second_is_told_who_was_faster(monitor_store: Store) -> None:
    by_hand(monitor_store, at(10), Mode.DISARMED)
    with monitor_store.begin(at(10)) as work, pytest.raises(ArmingChanged) as told:
        service.arm(work, REGISTER, PERIMETER, Mode.AWAY, version=0, until=None, reason="", by=OPERATOR)
    assert told.value.facts["winner"] == "operator"


def test_another_sites_operator_finds_no_group(monitor_store: Store) -> None:
    elsewhere = a_principal(Role.OPERATOR, site=None)
    with monitor_store.begin(at(10)) as work:
        service.arm(work, REGISTER, PERIMETER, Mode.AWAY, version=0, until=None, reason="", by=elsewhere)
    stranger = a_principal(Role.GUARD)
    with monitor_store.begin(at(10)) as work, pytest.raises(GroupUnknown):
        service.arm(work, REGISTER, PERIMETER, Mode.AWAY, version=1, until=None, reason="", by=stranger)
    with monitor_store.begin(at(10)) as work, pytest.raises(NotFound):
        service.add_group(work, REGISTER, OC1, settings(), by=OPERATOR)


def test_the_plan_takes_effect_through_the_engine_once_each_and_a_restart_catches_up(monitor_store: Store) -> None:
    set_up(monitor_store, at(12))
    catch_up(monitor_store, at(12, 1))
    catch_up(monitor_store, at(12, day=4))  # a new engine each time, as after a kill
    catch_up(monitor_store, at(12, 1, day=4))
    with monitor_store.read() as session:
        written = [(row.at, row.mode) for row in session.query(ArmingChange).order_by(ArmingChange.position)]
    assert written[1:] == [
        (at(19), Mode.NIGHT),
        (at(7, day=3), Mode.DISARMED),
        (at(19, day=3), Mode.NIGHT),
        (at(7, day=4), Mode.DISARMED),
    ]
    assert is_armed(monitor_store, at(3, day=3))
    assert not is_armed(monitor_store, at(12, day=3))


def test_who_sets_by_hand_has_what_the_plan_wanted_before_written_first(monitor_store: Store) -> None:
    group = set_up(monitor_store, at(12))
    with pytest.raises(ArmingChanged):  # the plan was faster, though no engine ran
        by_hand(monitor_store, at(20), Mode.DISARMED, group)
    catch_up(monitor_store, at(20))
    by_hand(monitor_store, at(20), Mode.DISARMED, stands(monitor_store))
    assert is_armed(monitor_store, at(19, 30))
    assert not is_armed(monitor_store, at(20))


def test_leaving_takes_the_exit_delay_by_hand_and_none_by_the_plan(monitor_store: Store) -> None:
    set_up(monitor_store, at(12), settings(exit_seconds=60))
    catch_up(monitor_store, at(8, day=3))
    assert is_armed(monitor_store, at(19))
    by_hand(monitor_store, at(8, day=3), Mode.AWAY, stands(monitor_store))
    assert not is_armed(monitor_store, at(8, day=3) + timedelta(seconds=59))
    assert is_armed(monitor_store, at(8, 1, day=3))


def test_the_plan_disarms_no_zone_with_an_alarm_that_nobody_has_closed(monitor_store: Store) -> None:
    set_up(monitor_store, at(12))
    catch_up(monitor_store, at(20))
    with monitor_store.begin(at(21)) as work:
        raising.raise_alarm(work, a_finding(occurred_at=at(21)))
    catch_up(monitor_store, at(8, day=3))
    group = stands(monitor_store)
    assert (group.standing.mode, group.kept) == (Mode.DISARMED, frozenset({a_zone().id}))
    assert is_armed(monitor_store, at(8, day=3))
    by_hand(monitor_store, at(9, day=3), Mode.DISARMED, group)  # a person may
    assert not is_armed(monitor_store, at(9, day=3))


def test_not_armed_again_in_time_is_an_alarm_of_its_own_once(monitor_store: Store) -> None:
    set_up(monitor_store, at(12))
    catch_up(monitor_store, at(20))
    by_hand(monitor_store, at(20), Mode.DISARMED, stands(monitor_store))
    catch_up(monitor_store, at(20, 14))
    with monitor_store.read() as session:
        assert not alarms.alarms(session, sites=None).items
    catch_up(monitor_store, at(20, 15))
    catch_up(monitor_store, at(20, 30))
    with monitor_store.read() as session:
        [alarm] = alarms.alarms(session, sites=None).items
    assert (alarm.rule, alarm.priority, alarm.raised_at) == ("D09", 2, at(20, 15))
    by_hand(monitor_store, at(20, 40), Mode.NIGHT, stands(monitor_store))
    with monitor_store.read() as session:
        [alarm] = alarms.alarms(session, sites=None).items
    assert AlarmFlag.RETURNED in alarm.flags


def test_a_bypass_has_a_reason_and_an_end_and_ends_by_itself(monitor_store: Store) -> None:
    def bypass(until: Instant, reason: str = "更换主机") -> None:
        with monitor_store.begin(at(10)) as work:
            service.bypass(work, REGISTER, a_zone().id, device=BEAM, until=until, reason=reason, by=OPERATOR)

    with pytest.raises(WhyNeeded):
        bypass(at(12), " ")
    for wrong in (at(10), at(10) + timedelta(days=8)):
        with pytest.raises(EndsTooLate):
            bypass(wrong)
    bypass(at(12))
    with monitor_store.read() as session:
        lines = queries.timelines(session, [a_zone().id], at(9))
        [listed] = queries.bypasses(session, [OC1], at(11))
    assert not lines.is_armed(a_zone(), at(11, 59), BEAM)
    assert lines.is_armed(a_zone(), at(12), BEAM)
    with monitor_store.begin(at(11)) as work:
        service.end_bypass(work, listed.id, by=OPERATOR)
    with monitor_store.read() as session:
        assert queries.timelines(session, [a_zone().id], at(9)).is_armed(a_zone(), at(11), BEAM)
        assert not queries.bypasses(session, [OC1], at(11))


def test_a_24_hour_zone_is_neither_bypassed_nor_in_a_group(monitor_store: Store) -> None:
    register = the_compound(a_zone(kind=ZoneKind.ALWAYS))
    with monitor_store.begin(at(10)) as work, pytest.raises(NeverBypassed):
        service.bypass(work, register, a_zone().id, device=None, until=at(12), reason="停电", by=OPERATOR)
    with monitor_store.begin(at(10)) as work:
        assert not service.armed(work.session, register, [OC1], at(10)).groups
        assert keeping.stored(work, register, PERIMETER, [OC1]) is None
