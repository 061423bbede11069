"""Who may say and hear what, on both kinds of broker: what the list of accounts says and nothing else."""

from collections.abc import Callable

import pytest

from registry.bus import Door, try_door
from registry.settings import BrokerKind
from tests.brokers import RealBroker
from tests.contracts.brokers.conftest import NewCaller
from tests.fakes.caller import Caller
from tests.makers.register import PASSWORD, a_device

pytestmark = pytest.mark.broker

Eventually = Callable[..., None]
NORTH, SOUTH = "oc1.beam.north-01", "oc1.beam.south-01"
OWN = "dayuan/v1/oc1/beam/north-01"


def test_a_device_writes_below_its_own_address_only(house: RealBroker, call: NewCaller, eventually: Eventually) -> None:
    house.admit(a_device(), a_device("oc1/beam/south-01"), a_device("oc1/camera/north-01"))
    ear = call("monitor", hears=("dayuan/v1/#",))
    device = call(NORTH)
    for foreign in (
        "dayuan/v1/oc1/beam/south-01/evt",
        "dayuan/v1/oc1/camera/north-01/evt",
        "dayuan/v1/oc2/beam/north-01/evt",
        f"{OWN}/cmd",
        f"{OWN}/evt/more",
        "dayuan/v1/oc1/_alarm/x",
        "dayuan/v1/oc1/_audit/head",
    ):
        said = device.say(foreign, b"forged")
        eventually(said.is_published)  # both confirm what they refuse; mosquitto also hangs up
        eventually(lambda: device.connected)
    for channel in ("evt", "state", "hb", "online", "cmd/ack"):
        device.say(f"{OWN}/{channel}", b"honest")
    eventually(lambda: len(ear.heard) >= 5)
    assert set(ear.payloads()) == {b"honest"}


def test_a_device_reads_its_own_commands_only(house: RealBroker, call: NewCaller, eventually: Eventually) -> None:
    house.admit(a_device(), a_device("oc1/beam/south-01"))
    spy = call(NORTH, hears=("dayuan/v1/oc1/beam/south-01/evt", "dayuan/v1/#", f"{OWN}/cmd"))
    ear = call("monitor", hears=("dayuan/v1/#",))
    call(SOUTH).say("dayuan/v1/oc1/beam/south-01/evt", b"secret")
    eventually(lambda: b"secret" in ear.payloads())
    ear.say(f"{OWN}/cmd", b"order")
    eventually(lambda: bool(spy.heard))
    assert set(spy.heard) == {(f"{OWN}/cmd", b"order")}


def test_nobody_is_let_in_without_a_name(house: RealBroker, eventually: Eventually) -> None:
    nameless = Caller(house.address(NORTH), client_id="nameless", anonymous=True)
    nameless.start()
    eventually(lambda: bool(nameless.answers) or nameless.lost > 0)
    nameless.stop()
    assert "Success" not in nameless.answers


@pytest.mark.parametrize(
    ("username", "password"), [(NORTH, "guessed"), ("oc1.beam.nobody", PASSWORD), ("monitor", ""), ("", PASSWORD)]
)
def test_a_wrong_password_and_a_stranger_are_refused(house: RealBroker, username: str, password: str) -> None:
    door, why = try_door(house.address(username, password))
    assert door is Door.REFUSED
    assert why
    assert PASSWORD not in why


def test_the_right_password_opens_the_door(house: RealBroker) -> None:
    assert try_door(house.address(NORTH)) == (Door.OPEN, "")


def test_a_device_writes_below_the_foreign_prefix_that_it_owns(
    house: RealBroker, call: NewCaller, eventually: Eventually
) -> None:
    house.admit(a_device(foreign_prefixes=("frigate/front",)), a_device("oc1/beam/south-01"))
    ear = call("monitor", hears=("frigate/front/#",))
    other, owner = call(SOUTH), call(NORTH)
    said = other.say("frigate/front/events", b"forged")
    eventually(said.is_published)
    owner.say("frigate/front/events", b"seen")
    owner.say("frigate/front", b"up")
    eventually(lambda: len(ear.heard) == 2)
    assert set(ear.heard) == {("frigate/front/events", b"seen"), ("frigate/front", b"up")}


def test_a_topic_with_a_blank_goes_through_mosquitto_and_not_through_nats(
    house: RealBroker, call: NewCaller, eventually: Eventually
) -> None:
    house.admit(a_device(foreign_prefixes=("counter",)))
    ear = call("monitor", hears=("counter/#",))
    device = call(NORTH)
    device.say("counter/Entry Counter", b"12")
    if house.kind is BrokerKind.MOSQUITTO:
        eventually(lambda: bool(ear.heard))
        assert ear.heard == [("counter/Entry Counter", b"12")]
    else:
        eventually(lambda: device.lost > 0)
        assert not ear.heard
