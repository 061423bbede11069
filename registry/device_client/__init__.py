"""What the maker of a device needs: a client that keeps its word while the line is cut (docs/devices.md)."""

from registry.device_client.client import DeviceClient
from registry.device_client.spool import DeviceSpool

__all__ = ["DeviceClient", "DeviceSpool"]
