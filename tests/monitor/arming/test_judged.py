"""The rules ask what was armed when something happened, however late they hear of it."""

from datetime import timedelta

import pytest

from monitor.anomalies import queries
from monitor.arming import service
from monitor.arming.rules import BY_DEFAULT, Group, GroupZone, Mode, Span, default_group_id
from monitor.arming.service import Settings
from registry.auth.permissions import Role
from registry.devices.facts import ZoneKind
from registry.store import Store
from tests.makers.judging import catch_up, standing
from tests.makers.monitor import BEAM, OC1, a_beam, a_motion, a_principal, a_zone, hear, seconds, the_compound
from tests.makers.patrols import a_planned_tour, minutes

REGISTER = the_compound()
OPERATOR, OFFICER = a_principal(Role.OPERATOR), a_principal(Role.SECURITY_OFFICER)
PERIMETER = default_group_id(OC1, ZoneKind.PERIMETER)


@pytest.mark.parametrize(("crossed_at", "alarms"), [(-30, 1), (30, 0)])
def test_late_evidence_is_judged_by_the_mode_of_then(monitor_store: Store, crossed_at: float, alarms: int) -> None:
    with monitor_store.begin(seconds(0)) as work:
        service.arm(work, REGISTER, PERIMETER, Mode.DISARMED, version=0, until=None, reason="送货", by=OPERATOR)
    at, late = seconds(crossed_at), seconds(600)
    hear(monitor_store, [a_beam(at, received_at=late), a_motion(at, received_at=late)])
    catch_up(monitor_store)
    assert len(standing(monitor_store)) == alarms


def test_what_a_bypassed_beam_says_raises_nothing(monitor_store: Store) -> None:
    with monitor_store.begin(seconds(0)) as work:
        end = seconds(0) + timedelta(minutes=10)
        service.bypass(work, REGISTER, a_zone().id, device=BEAM, until=end, reason="树枝遮挡", by=OPERATOR)
    hear(monitor_store, [a_beam(seconds(30)), a_motion(seconds(30))])
    catch_up(monitor_store)
    assert not standing(monitor_store)
    hear(monitor_store, [a_beam(seconds(700)), a_motion(seconds(700))])
    catch_up(monitor_store)
    assert len(standing(monitor_store)) == 1


ENTRY = 30


def with_an_entry_delay(store: Store) -> Group:
    zone = GroupZone(zone=a_zone().id, modes=frozenset(Mode), entry_seconds=ENTRY)
    made = Settings(name_zh="周界", name_en="Perimeter", exit_seconds=0, zones=(zone,), plan=())
    with store.begin(seconds(-60)) as work:
        return service.set_up(work, REGISTER, PERIMETER, made, version=0, by=OFFICER)


def disarmed(store: Store, group: Group, at: float) -> None:
    with store.begin(seconds(at)) as work:
        service.arm(
            work, REGISTER, PERIMETER, Mode.DISARMED, version=group.version, until=None, reason="值班", by=OPERATOR
        )


@pytest.mark.parametrize(("disarmed_at", "alarms"), [(None, 1), (20, 0), (30, 0), (31, 1)])
def test_within_an_entry_delay_it_is_told_only_when_the_delay_is_over_and_nobody_has_disarmed(
    monitor_store: Store, disarmed_at: float | None, alarms: int
) -> None:
    group = with_an_entry_delay(monitor_store)
    catch_up(monitor_store, seconds(-1))
    hear(monitor_store, [a_beam(seconds(0)), a_motion(seconds(2))])
    catch_up(monitor_store, seconds(15))  # a new engine each time, as after a kill
    assert not standing(monitor_store)
    if disarmed_at is not None and disarmed_at <= ENTRY:
        disarmed(monitor_store, group, disarmed_at)
    catch_up(monitor_store, seconds(ENTRY))
    if disarmed_at is not None and disarmed_at > ENTRY:
        disarmed(monitor_store, group, disarmed_at)
    catch_up(monitor_store)
    assert len(standing(monitor_store)) == alarms


@pytest.mark.parametrize(("beam_told_at", "motion_told_at"), [(0, 0), (0, 40), (40, 0), (500, 600), (29, 31)])
def test_however_late_the_evidence_of_an_entry_comes_the_same_stands(
    monitor_store: Store, beam_told_at: float, motion_told_at: float
) -> None:
    with_an_entry_delay(monitor_store)
    catch_up(monitor_store, seconds(-1))
    told = [
        a_beam(seconds(0), received_at=seconds(beam_told_at)),
        a_motion(seconds(2), received_at=seconds(motion_told_at)),
    ]
    for signal in sorted(told, key=lambda signal: signal.received_at):
        hear(monitor_store, [signal])
        catch_up(monitor_store, signal.received_at)
    catch_up(monitor_store, seconds(700))
    [alarm] = standing(monitor_store)
    assert (alarm.count, len(alarm.contributing), alarm.occurred_at) == (1, 2, seconds(0))


ALWAYS_TOLD = ["dayuan.beam.device_tamper", "dayuan.panic.pressed", "dayuan.fire.alarm", "dayuan.beam.line_fault"]


@pytest.mark.parametrize("event", [*ALWAYS_TOLD, "dayuan.beam.interrupted"])
def test_arming_touches_neither_tamper_nor_panic_nor_fire_nor_lines_nor_24_hour_zones(
    monitor_store: Store, event: str
) -> None:
    disarmed(monitor_store, with_an_entry_delay(monitor_store), 0)
    with monitor_store.read() as session:
        world = queries.world(session, REGISTER, seconds(10))
    always = a_zone("vault", kind=ZoneKind.ALWAYS)
    assert world.counts(a_zone(), seconds(5), BEAM, event=event) is (event in ALWAYS_TOLD)
    assert world.counts(always, seconds(5), BEAM, event=event)
    assert world.is_armed(always, seconds(5))


@pytest.mark.timeout(30)
def test_a_round_that_is_missed_before_the_plan_arms_is_told_though_a_signal_lies_between(monitor_store: Store) -> None:
    a_planned_tour(monitor_store)  # missed at 12:17
    plan = tuple(Span(day=day, begins_minute=13 * 60, ends_minute=24 * 60, mode=Mode.AWAY) for day in range(8))
    zone = GroupZone(zone=a_zone().id, modes=BY_DEFAULT[ZoneKind.PERIMETER])
    made = Settings(name_zh="周界", name_en="Perimeter", exit_seconds=0, zones=(zone,), plan=plan)
    with monitor_store.begin(seconds(-60)) as work:
        service.set_up(work, REGISTER, PERIMETER, made, version=0, by=OFFICER)
    catch_up(monitor_store, seconds(-1))
    hear(monitor_store, [a_beam(minutes(30)), a_beam(minutes(70)), a_motion(minutes(70))])
    catch_up(monitor_store, minutes(75))
    assert sorted(alarm.rule for alarm in standing(monitor_store)) == ["B02", "T01"]


@pytest.mark.timeout(30)
def test_a_round_that_is_missed_within_an_entry_delay_is_told_though_a_signal_lies_between(
    monitor_store: Store,
) -> None:
    a_planned_tour(monitor_store)
    with_an_entry_delay(monitor_store)
    catch_up(monitor_store, seconds(-1))
    missed = minutes(17)
    told = [missed - timedelta(seconds=2), missed + timedelta(seconds=10)]
    hear(monitor_store, [a_beam(told[0]), a_motion(told[0]), a_beam(told[1])])
    catch_up(monitor_store, minutes(30))
    assert sorted(alarm.rule for alarm in standing(monitor_store)) == ["B02", "T01"]
