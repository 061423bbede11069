"""Accounts that change while both kinds of broker run: who is out is out at once, and nobody else notices."""

import time
from collections.abc import Callable

import pytest

from registry.bus import Door, try_door
from tests.brokers import RealBroker
from tests.contracts.brokers.conftest import NewCaller
from tests.makers.register import a_device

pytestmark = pytest.mark.broker

Eventually = Callable[..., None]
NORTH, SOUTH = "oc1.beam.north-01", "oc1.beam.south-01"
AT_ONCE_SECONDS = 5.0


def test_a_revoked_device_is_thrown_out_and_cannot_come_back(
    house: RealBroker, call: NewCaller, eventually: Eventually
) -> None:
    house.admit(a_device(), a_device("oc1/beam/south-01"))
    ear, stays, revoked = call("monitor", hears=("dayuan/v1/#",)), call(NORTH), call(SOUTH)
    began = time.monotonic()
    house.admit(a_device(), a_device("oc1/beam/south-01", enabled=False))
    eventually(lambda: revoked.lost > 0, AT_ONCE_SECONDS)
    assert try_door(house.address(SOUTH))[0] is Door.REFUSED
    assert time.monotonic() - began < AT_ONCE_SECONDS
    revoked.say("dayuan/v1/oc1/beam/south-01/evt", b"late")
    eventually(lambda: len(revoked.answers) > 1 or revoked.lost > 1)
    stays.say("dayuan/v1/oc1/beam/north-01/evt", b"still here")
    eventually(lambda: bool(ear.heard))
    assert ear.payloads() == [b"still here"]
    assert (stays.lost, ear.lost) == (0, 0)


def test_a_rotated_secret_ends_the_old_ones_connection_and_lets_the_new_one_in(
    house: RealBroker, call: NewCaller, eventually: Eventually
) -> None:
    south = a_device("oc1/beam/south-01")
    house.admit(a_device(), south)
    ear, stays, rotated = call("monitor", hears=("dayuan/v1/#",)), call(NORTH), call(SOUTH)
    house.admit(a_device(), south, passwords={"oc1/beam/south-01": "the-next-secret"})
    eventually(lambda: rotated.lost > 0, AT_ONCE_SECONDS)
    assert try_door(house.address(SOUTH))[0] is Door.REFUSED
    assert try_door(house.address(SOUTH, "the-next-secret"))[0] is Door.OPEN
    rotated.client.username_pw_set(SOUTH, "the-next-secret")
    rotated.say("dayuan/v1/oc1/beam/south-01/evt", b"under the new one")
    eventually(lambda: bool(ear.heard))
    assert ear.payloads() == [b"under the new one"]
    assert (stays.lost, ear.lost) == (0, 0)


def test_twenty_changes_in_a_row_disturb_nobody_who_stays(
    house: RealBroker, call: NewCaller, eventually: Eventually
) -> None:
    staying = [call("monitor", hears=("dayuan/v1/#",)), call("web", hears=("dayuan/v1/+/_alarm/+",)), call(NORTH)]
    for number in range(20):
        house.admit(a_device(), a_device(f"oc1/beam/guest-{number}", foreign_prefixes=(f"guest/{number}",)))
    staying[-1].say("dayuan/v1/oc1/beam/north-01/evt", b"still here")
    eventually(lambda: bool(staying[0].heard))
    assert [caller.lost for caller in staying] == [0, 0, 0]
    assert try_door(house.address("oc1.beam.guest-18"))[0] is Door.REFUSED
    assert try_door(house.address("oc1.beam.guest-19"))[0] is Door.OPEN


def test_a_right_that_is_taken_away_is_gone_for_who_is_connected(
    house: RealBroker, call: NewCaller, eventually: Eventually
) -> None:
    house.admit(a_device(foreign_prefixes=("frigate/front",)))
    ear, device = call("monitor", hears=("frigate/#", "dayuan/v1/#")), call(NORTH)
    house.admit(a_device())
    said = device.say("frigate/front/events", b"forged")
    eventually(said.is_published)
    eventually(lambda: device.connected)
    device.say("dayuan/v1/oc1/beam/north-01/evt", b"honest")
    eventually(lambda: bool(ear.heard))
    assert ear.payloads() == [b"honest"]
