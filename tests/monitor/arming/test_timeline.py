"""What was armed when, asked by the time at which something happened."""

from monitor.arming.timeline import Bypassed, Entry, Timelines, is_always_heard, timeline
from registry.devices.facts import ZoneKind
from tests.makers.monitor import BEAM, CAMERA, NORTH, a_zone, seconds


def lines(*entries: Entry, bypasses: tuple[Bypassed, ...] = ()) -> Timelines:
    return Timelines({a_zone().id: timeline(entries, bypasses)})


def armed(at: float, *, leave: float = 0, entry_seconds: int = 0) -> Entry:
    return Entry(at=seconds(at), armed=True, armed_from=seconds(at + leave), entry_seconds=entry_seconds)


def disarmed(at: float) -> Entry:
    return Entry(at=seconds(at), armed=False, armed_from=seconds(at))


def test_the_mode_of_then_holds_whenever_it_is_asked() -> None:
    found = lines(armed(0), disarmed(100))
    assert found.is_armed(a_zone(), seconds(99.9))
    assert not found.is_armed(a_zone(), seconds(100))


def test_before_anything_was_written_it_is_as_the_register_has_it_begin() -> None:
    assert lines(disarmed(100)).is_armed(a_zone(armed=True), seconds(0))
    assert not Timelines().is_armed(a_zone(armed=False), seconds(0))


def test_who_leaves_has_the_exit_delay() -> None:
    found = lines(armed(0, leave=30))
    assert not found.is_armed(a_zone(armed=False), seconds(29))
    assert found.is_armed(a_zone(), seconds(30))


def test_a_24_hour_zone_is_never_disarmed_nor_bypassed() -> None:
    everything = Bypassed(device=None, since=seconds(0), until=seconds(99))
    assert lines(disarmed(0), bypasses=(everything,)).is_armed(a_zone(kind=ZoneKind.ALWAYS), seconds(1))


def test_what_trips_in_the_entry_delay_waits_for_somebody_to_disarm() -> None:
    zone = a_zone()
    found = lines(armed(0, entry_seconds=30), disarmed(120))
    assert found.pending_until(zone, seconds(100)) == seconds(130)
    assert not found.counts(zone, seconds(100))
    assert found.counts(zone, seconds(80))
    assert not found.counts(zone, seconds(121))


def test_a_bypass_ends_by_itself_and_one_of_a_device_leaves_the_others() -> None:
    zone, beam = a_zone(), Bypassed(device=BEAM, since=seconds(10), until=seconds(20))
    found = lines(armed(0), bypasses=(beam,))
    assert not found.is_armed(zone, seconds(10), BEAM)
    assert found.is_armed(zone, seconds(20), BEAM)
    assert found.is_armed(zone, seconds(10), CAMERA)
    assert found.is_armed(zone, seconds(10))
    assert not lines(armed(0), bypasses=(Bypassed(device=None, since=seconds(10), until=seconds(20)),)).is_armed(
        zone, seconds(15)
    )


def test_tamper_line_panic_and_fire_are_heard_armed_or_not() -> None:
    assert is_always_heard("dayuan.beam.device_tamper")
    assert is_always_heard("dayuan.panic.pressed")
    assert is_always_heard("dayuan.fire.alarm")
    assert is_always_heard("dayuan.camera.line_fault")
    assert not is_always_heard("dayuan.beam.interrupted")
    assert a_zone().id == NORTH
