"""A device proves itself over HTTP with its MQTT user and secret."""

from registry.auth.devices import DeviceCheck
from registry.devices.queries import find_device
from registry.devices.secrets import matches
from registry.ids import NAME, DeviceAddress, SiteId
from registry.messages.topics import DeviceClass
from registry.store import Store


def device_check(store: Store) -> DeviceCheck:
    """The check against the register in this store: a disabled device is nobody."""

    def check(username: str, secret: str) -> DeviceAddress | None:
        parts = username.split(".")
        if len(parts) != 3 or not all(NAME.fullmatch(part) for part in parts):  # noqa: PLR2004 - site, class, name
            return None
        if parts[1] not in set(DeviceClass):
            return None
        address = DeviceAddress(SiteId(parts[0]), parts[1], parts[2])
        with store.read() as session:
            device = find_device(session, address)
        if device is None or not device.enabled or not matches(secret, device.secret_hash):
            return None
        return address

    return check
