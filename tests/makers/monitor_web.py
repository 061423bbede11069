"""The monitor's web application on stores in a folder."""

from pathlib import Path

from monitor.dependencies import MonitorParts
from monitor.room import ROOM
from registry.devices.facts import Register
from registry.store import Store
from registry.web.parts import Parts
from tests.makers.monitor import the_compound
from tests.makers.web import some_parts


def monitor_parts(folder: Path, register: Register | None = None) -> Parts:
    """Parts of a web application with the registry's and the monitor's store, and this register."""
    parts = some_parts(folder, rooms=(ROOM,))
    compound = register or the_compound()
    parts.rooms["monitor"] = MonitorParts(register=lambda: compound)
    return parts


def monitor_store_of(parts: Parts) -> Store:
    return parts.stores["monitor"]
