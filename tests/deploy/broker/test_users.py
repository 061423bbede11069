"""The rights of a device are explicit lines, made from its record and from nothing else."""

from itertools import combinations

import pytest

from deploy.broker.users import Service, broker_users, device_user, owned_prefixes, service_user
from tests.makers.register import a_device, a_register, service_hashes


def test_a_device_may_write_its_own_channels_and_read_its_own_commands() -> None:
    user = device_user(a_device("oc1/beam/north-01"), "")
    own = "dayuan/v1/oc1/beam/north-01"
    assert user.name == "oc1.beam.north-01"
    assert user.publish == tuple(f"{own}/{channel}" for channel in ("evt", "state", "hb", "online", "cmd/ack"))
    assert user.subscribe == (f"{own}/cmd",)


def test_a_device_may_write_below_its_foreign_prefixes() -> None:
    assert device_user(a_device(foreign_prefixes=("frigate/front",)), "").publish[-1] == "frigate/front/#"


@pytest.mark.parametrize(
    "prefix", ["dayuan/v1/oc1/beam/other", "dayuan", "$MQTT/sub", "frigate/+", "#", "a b", "a/>", "a*", "", "/x"]
)
def test_a_prefix_that_reaches_too_far_is_not_granted(prefix: str) -> None:
    assert owned_prefixes(a_device(foreign_prefixes=(prefix, "frigate/front"))) == ("frigate/front",)


def test_a_disabled_device_has_no_account() -> None:
    users = broker_users(a_register(a_device(), a_device("oc1/beam/south-01", enabled=False)), service_hashes())
    assert {user.name for user in users} == {*(service.value for service in Service), "oc1.beam.north-01"}


def test_no_two_devices_share_a_line() -> None:
    devices = [a_device(f"{site}/{kind}/a-1") for site in ("oc1", "oc2") for kind in ("beam", "camera")]
    for one, other in combinations([set(device_user(device, "").publish) for device in devices], 2):
        assert not one & other


def test_the_web_process_only_listens_to_alarms() -> None:
    user = service_user(Service.WEB, "")
    assert (user.publish, user.subscribe) == ((), ("dayuan/v1/+/_alarm/+",))


def test_the_monitor_hears_every_registered_foreign_prefix() -> None:
    users = broker_users(a_register(a_device(foreign_prefixes=("frigate/front",))), service_hashes())
    monitor = next(user for user in users if user.name == "monitor")
    assert monitor.subscribe == ("dayuan/v1/#", "frigate/front/#")
