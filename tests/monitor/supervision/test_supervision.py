"""Who falls silent is missed, and jamming, a gateway that is gone and a power cut are told apart: one finding each."""

from collections.abc import Collection, Iterable
from dataclasses import replace

import pytest

from monitor.anomalies.signals import Signal
from monitor.engine import Engine
from monitor.signals import queries as heard
from monitor.signals.messages import SignOfLife
from monitor.supervision.queries import lost_since
from monitor.supervision.rules import Loss
from registry.devices.facts import DeviceFacts, Register, ZoneMember
from registry.ids import DeviceAddress
from registry.messages.alarms import AlarmDocument, AlarmFlag
from registry.messages.topics import Channel
from registry.store import Store
from tests.fakes.clock import FixedClock
from tests.makers.judging import handled, standing
from tests.makers.monitor import a_signal, a_zone, hear, seconds
from tests.makers.register import a_device, a_register

GATEWAY = DeviceAddress.parse("oc1/gw/east")
WIRED = DeviceAddress.parse("oc1/camera/east-01")
FAR = DeviceAddress.parse("oc1/beam/west-01")
WIRELESS = [DeviceAddress.parse(f"oc1/beam/east-{number:02}") for number in range(1, 9)]
EVERYBODY = [GATEWAY, WIRED, FAR, *WIRELESS]


def a_wireless_device(address: DeviceAddress) -> DeviceFacts:
    return replace(a_device(str(address), gateway="east"), is_wireless=True, heartbeat_seconds=10)


def the_east() -> Register:
    """A gateway with eight wireless beams, a camera on the wire, and a beam that hangs on nothing; one beam guards a zone."""
    zone = replace(a_zone(), members=(ZoneMember(device=WIRELESS[0], region=None),))
    plain = (replace(a_device(str(address)), heartbeat_seconds=10) for address in (GATEWAY, WIRED, FAR))
    return a_register(*plain, *(a_wireless_device(address) for address in WIRELESS), zones=(zone,))


class Watched:
    """An engine that hears, every other second, and devices that beat every ten seconds unless they are cut off."""

    def __init__(self, store: Store, register: Register | None = None) -> None:
        self.store, self.register = store, register or the_east()
        self.hears = True
        self.engine = self.anew()
        self.second = 0

    def anew(self) -> Engine:
        """An engine that knows nothing that is not stored."""
        return Engine(self.store, lambda: self.register, FixedClock(), hears=lambda: self.hears)

    def run(self, until: int, *, silent: Collection[DeviceAddress] = (), deaf: bool = False) -> None:
        """Go on to that second, while some are cut off from us."""
        while self.second < until:
            self.second += 2
            beating = () if deaf else (one for one in self.register.devices if one not in silent)
            self.beat(one for one in beating if (self.second // 2 + sum(one.name.encode())) % 5 == 0)
            self.hears = not deaf
            while self.engine.step(seconds(self.second)):
                pass

    def beat(self, devices: Iterable[DeviceAddress]) -> None:
        at = seconds(self.second)
        signs = [SignOfLife(channel=Channel.HEARTBEAT, device=one, online=None, received_at=at) for one in devices]
        with self.store.begin(at) as work:
            heard.note_signs_of_life(work.session, signs)

    def connected(self, device: DeviceAddress, *, online: bool) -> None:
        """The broker's word."""
        at = seconds(self.second)
        sign = SignOfLife(channel=Channel.ONLINE, device=device, online=online, received_at=at)
        with self.store.begin(at) as work:
            heard.note_signs_of_life(work.session, [sign])

    def says(self, device: DeviceAddress, what: str, state: str, *, at: int | None = None) -> None:
        hear(self.store, [self._signal(device, what, state, self.second if at is None else at)])

    def _signal(self, device: DeviceAddress, what: str, state: str, at: int) -> Signal:
        return a_signal(
            device, f"dayuan.{device.kind}.{what}", seconds(at), received_at=seconds(self.second), state=state
        )

    @property
    def told(self) -> list[tuple[str, int, bool]]:
        """Rule, priority and whether it is over, of each alarm."""
        alarms = sorted(standing(self.store), key=lambda alarm: (alarm.rule, str(alarm.id)))
        return [(alarm.rule, alarm.priority, AlarmFlag.RETURNED in alarm.flags) for alarm in alarms]

    @property
    def lost(self) -> list[Loss]:
        with self.store.read() as session:
            return lost_since(session, seconds(0))

    @property
    def alarm(self) -> AlarmDocument:
        [only] = standing(self.store)
        return only


@pytest.fixture
def east(monitor_store: Store) -> Watched:
    watched = Watched(monitor_store)
    watched.run(12)
    assert watched.told == []
    return watched


@pytest.mark.both_stores
def test_wireless_devices_that_fall_silent_together_while_their_gateway_lives_are_jammed(east: Watched) -> None:
    east.run(80, silent=WIRELESS[:6])
    assert east.told == [("D02", 1, False)]
    assert east.alarm.count == 6
    assert "无线干扰" in east.alarm.explanation.zh
    assert "jamming" in east.alarm.explanation.en
    east.run(96)
    assert east.told == [("D02", 1, True)]
    assert east.alarm.state == "new"  # a person closes it, though all are back


@pytest.mark.both_stores
def test_a_gateway_that_is_gone_is_told_with_all_that_hangs_on_it(east: Watched) -> None:
    east.run(80, silent=[GATEWAY, *WIRELESS])
    assert east.told == [("D03", 1, False)]
    assert east.alarm.count == 9
    east.run(96)
    assert east.told == [("D03", 1, True)]


@pytest.mark.both_stores
def test_a_power_cut_is_told_as_one_with_all_that_went_with_it(east: Watched) -> None:
    east.says(GATEWAY, "power_lost", "start")
    east.run(26)
    assert east.told == [("D04", 2, False)]
    east.run(80, silent=[GATEWAY, *WIRELESS])
    assert east.told == [("D04", 1, False)]
    assert "8 台" in east.alarm.explanation.zh or "9 台" in east.alarm.explanation.zh
    assert [each.type for each in east.alarm.contributing] == ["dayuan.gw.power_lost"]
    east.says(GATEWAY, "power_lost", "end", at=east.second)
    east.run(96)
    assert [(rule, is_over) for rule, _, is_over in east.told] == [("D04", True)]


def test_a_last_word_that_comes_after_the_silence_was_noticed_turns_the_finding_over(east: Watched) -> None:
    east.run(80, silent=[GATEWAY, *WIRELESS])
    assert east.told == [("D03", 1, False)]
    east.says(GATEWAY, "power_lost", "start", at=11)
    east.run(116, silent=[GATEWAY, *WIRELESS])
    assert east.told == [("D03", 1, True), ("D04", 1, False)]


def test_a_whole_compound_that_is_silent_is_one_alarm(east: Watched) -> None:
    east.run(80, silent=EVERYBODY)
    assert east.told == [("D03", 1, False)]
    assert "全院" in east.alarm.explanation.zh


@pytest.mark.parametrize(("device", "priority"), [(WIRELESS[0], 2), (WIRELESS[1], 3), (WIRED, 3)])
def test_one_silent_device_is_a_fault_of_its_own_and_worse_in_an_armed_zone(
    east: Watched, device: DeviceAddress, priority: int
) -> None:
    east.run(80, silent=[device])
    assert east.told == [("D01", priority, False)]
    east.run(96)
    assert east.told == [("D01", priority, True)]


def test_it_is_missed_after_three_beats_and_not_before(east: Watched) -> None:
    last = max(second for second in range(2, 13, 2) if (second // 2 + sum(WIRED.name.encode())) % 5 == 0)
    east.run(last + 30, silent=[WIRED])
    assert not east.lost
    east.run(last + 32, silent=[WIRED])
    [loss] = east.lost
    assert (loss.device, loss.heard_at, loss.missed_at) == (WIRED, seconds(last), seconds(last + 10))


def test_a_last_will_is_a_loss_at_once(east: Watched) -> None:
    east.connected(WIRED, online=True)
    east.connected(WIRED, online=False)
    east.run(46, silent=[WIRED])
    assert east.told == [("D01", 3, False)]
    east.connected(WIRED, online=True)
    east.run(56)
    assert east.told == [("D01", 3, True)]


def test_while_we_are_deaf_ourselves_nobody_is_missed(east: Watched) -> None:
    east.run(100, deaf=True)
    east.run(128, silent=EVERYBODY)
    assert east.told == []
    east.run(180)
    assert east.told == []


def test_an_engine_that_stood_still_misses_nobody_for_that_time(east: Watched) -> None:
    east.second += 3600
    east.run(east.second + 60)
    assert east.told == []


@pytest.mark.parametrize("killed_at", [30, 44, 60])
def test_an_engine_that_is_killed_in_between_tells_the_same(monitor_store: Store, killed_at: int) -> None:
    east = Watched(monitor_store)
    east.run(12)
    east.run(killed_at, silent=WIRELESS[:6])
    east.engine = east.anew()
    east.run(110, silent=WIRELESS[:6])
    assert east.told == [("D02", 1, False)]


def test_what_a_person_has_closed_is_not_told_again_of_the_same_silence(east: Watched) -> None:
    east.run(80, silent=[WIRED])
    handled(east.store, east.alarm, seconds(80), close=True)
    east.run(120, silent=[WIRED])
    assert len(east.told) == 1


@pytest.mark.parametrize(
    ("what", "rule", "priority"), [("low_battery", "D04", 4), ("clock_fault", "D05", 4), ("power_lost", "D04", 2)]
)
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_what_a_device_says_of_itself_is_one_alarm_in_whatever_order_it_says_so(
    east: Watched, what: str, rule: str, priority: int, order: tuple[int, ...]
) -> None:
    told = [(12, "start"), (13, "instant"), (16, "start")]
    east.run(16)
    for number in order:
        east.says(WIRED, what, told[number][1], at=told[number][0])
        while east.engine.step(seconds(16)):
            pass
    east.run(30)
    assert east.told == [(rule, priority, False)]
    assert east.alarm.occurred_at == seconds(12)
    east.says(WIRED, what, "end")
    east.run(44)
    assert east.told == [(rule, priority, True)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_is_over_before_anybody_can_look_is_no_alarm(east: Watched, order: tuple[int, ...]) -> None:
    told = [(12, "start"), (15, "end")]
    east.run(16)
    for number in order:
        east.says(WIRED, "power_lost", told[number][1], at=told[number][0])
    east.run(60)
    assert east.told == []


def test_two_silent_devices_far_apart_in_time_are_two_faults(east: Watched) -> None:
    east.run(80, silent=[WIRELESS[1]])
    east.run(160, silent=WIRELESS[1:3])
    assert east.told == [("D01", 3, False), ("D01", 3, False)]


def test_a_device_that_comes_and_goes_is_told_once_and_only_while_it_is_gone(east: Watched) -> None:
    for online in (True, False, True, False, True, False):
        east.connected(WIRED, online=online)
        east.run(east.second + 4, silent=[WIRED])
    east.run(80, silent=[WIRED])
    assert east.told == [("D01", 3, False)]
    east.connected(WIRED, online=True)
    east.run(96)
    assert east.told == [("D01", 3, True)]


def test_a_device_that_was_put_out_of_use_is_not_missed(east: Watched) -> None:
    east.connected(WIRED, online=True)
    out_of_use = replace(east.register.devices[WIRED], enabled=False)
    east.register = replace(east.register, devices={**east.register.devices, WIRED: out_of_use})
    east.connected(WIRED, online=False)
    east.run(80, silent=[WIRED])
    assert east.told == []


def test_a_jammed_device_that_comes_and_goes_does_not_stop_the_engine(east: Watched) -> None:
    for online in (True, False, True, False):
        for device in WIRELESS[:3]:
            east.connected(device, online=online)
        east.run(east.second + 4, silent=WIRELESS[:3])
    east.run(90, silent=WIRELESS[:3])
    assert east.told == [("D02", 1, False)]
