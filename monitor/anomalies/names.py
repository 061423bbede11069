"""What things are called in the words of an alarm."""

from monitor.alarms.findings import Named
from registry.devices.facts import Register
from registry.ids import DeviceAddress


def name_of(register: Register, address: DeviceAddress) -> Named:
    """What a device is called; one that the register no longer has, by its address."""
    device = register.devices.get(address)
    return Named(device.name_zh, device.name_en) if device else Named(str(address), str(address))
