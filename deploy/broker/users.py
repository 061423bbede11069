"""Who may say and hear what on the broker: explicit lists, made from the register. Pure."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from deploy.broker.accounts import BrokerUser
from registry.devices.facts import DeviceFacts, Register
from registry.messages.foreign import foreign_filter, is_grantable
from registry.messages.topics import PREFIX, Channel, DeviceTopic

_OWN_CHANNELS = (Channel.EVENT, Channel.STATE, Channel.HEARTBEAT, Channel.ONLINE, Channel.ACKNOWLEDGEMENT)


class Service(StrEnum):
    """Our own processes, each with an account; the value is the account's name."""

    REGISTRY = "registry"
    GATEWAY = "gateway"
    MONITOR = "monitor"
    WEB = "web"


_PUBLISHES: Mapping[Service, tuple[str, ...]] = {
    Service.REGISTRY: (f"{PREFIX}/+/_audit/head",),
    Service.GATEWAY: (
        f"{PREFIX}/+/gate/+/evt",
        f"{PREFIX}/+/panic/+/evt",
        f"{PREFIX}/+/gate/+/cmd",
        f"{PREFIX}/+/_room/+/cmd",
        f"{PREFIX}/+/_room/gateway/cmd/ack",
    ),
    Service.MONITOR: (
        f"{PREFIX}/+/_alarm/+",
        f"{PREFIX}/+/+/+/cmd",
        f"{PREFIX}/+/_room/+/cmd",
        f"{PREFIX}/+/patrol/phones/evt",
    ),
    Service.WEB: (),
}
_SUBSCRIBES: Mapping[Service, tuple[str, ...]] = {
    Service.REGISTRY: (),
    Service.GATEWAY: (
        f"{PREFIX}/+/_room/gateway/cmd",
        f"{PREFIX}/+/gate/+/evt",
        f"{PREFIX}/+/camera/+/evt",
        f"{PREFIX}/+/gate/+/online",
        f"{PREFIX}/+/gate/+/cmd/ack",
    ),
    Service.MONITOR: (f"{PREFIX}/#",),
    Service.WEB: (f"{PREFIX}/+/_alarm/+",),
}


def owned_prefixes(device: DeviceFacts) -> tuple[str, ...]:
    """The foreign prefixes of a device that a broker may grant; none that reaches into ours or the broker's own, or is a pattern."""
    return tuple(prefix for prefix in device.foreign_prefixes if is_grantable(prefix))


def registered_hash(device: DeviceFacts) -> str:
    """The bcrypt that the register keeps: what NATS reads."""
    return device.secret_hash


def device_user(device: DeviceFacts, password_hash: str) -> BrokerUser:
    """The account of a device: its own subtree and its foreign prefixes to write, its own commands to read."""
    own = tuple(str(DeviceTopic(device.address, channel)) for channel in _OWN_CHANNELS)
    foreign = tuple(foreign_filter(prefix) for prefix in owned_prefixes(device))
    return BrokerUser(
        name=device.address.username,
        password_hash=password_hash,
        publish=(*own, *foreign),
        subscribe=(str(DeviceTopic(device.address, Channel.COMMAND)),),
    )


def service_user(service: Service, password_hash: str, *, foreign_filters: Iterable[str] = ()) -> BrokerUser:
    """The account of one of our processes; the monitor also hears the registered foreign prefixes."""
    foreign = tuple(foreign_filters) if service is Service.MONITOR else ()
    return BrokerUser(
        name=service.value,
        password_hash=password_hash,
        publish=_PUBLISHES[service],
        subscribe=(*_SUBSCRIBES[service], *foreign),
    )


def broker_users(
    register: Register,
    service_hashes: Mapping[Service, str],
    *,
    device_hash: Callable[[DeviceFacts], str] = registered_hash,
) -> tuple[BrokerUser, ...]:
    """Every account there is: the enabled devices and our own processes."""
    devices = (device_user(device, device_hash(device)) for device in _enabled(register))
    return (*service_users(register, service_hashes), *devices)


def service_users(register: Register, service_hashes: Mapping[Service, str]) -> tuple[BrokerUser, ...]:
    """The accounts of our own processes alone."""
    foreign = sorted({foreign_filter(prefix) for device in _enabled(register) for prefix in owned_prefixes(device)})
    return tuple(service_user(service, digest, foreign_filters=foreign) for service, digest in service_hashes.items())


def _enabled(register: Register) -> list[DeviceFacts]:
    return [device for device in register.devices.values() if device.enabled]
