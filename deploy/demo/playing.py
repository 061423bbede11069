"""What the demo's simulators are told."""

from typing import Any

from deploy.addresses import house_url, mqtt_place
from deploy.demo.building import TIMEZONE
from deploy.demo.city_map import FIRST, city_map
from deploy.demo.filling import redraw
from deploy.folder import DataFolder
from deploy.simulators.orders import DeviceAccount, SimulatorOrders
from registry.clock import parse_instant
from registry.ids import DeviceAddress
from registry.settings import Settings

WATCHED_CAMERA = DeviceAddress(FIRST, "camera", "east-01")
WATCHED_BEAM = DeviceAddress(FIRST, "beam", "east-01")
OTHER_CAMERA = DeviceAddress(FIRST, "camera", "car-park-01")


def simulator_orders(paper: dict[str, Any], settings: Settings, folder: DataFolder, *, parent: int) -> SimulatorOrders:
    """Draw the city again from its seed: who may turn up is what was put into the registry."""
    city = redraw(city_map(paper["people"]), parse_instant(paper["filled_at"]))
    callers = city.callers[FIRST]
    accounts = {
        address: DeviceAccount(address=address, **account)
        for address, account in paper["devices"].items()
        if address.startswith((f"{FIRST}/beam/", f"{FIRST}/patrol/wand"))
    }
    broker_host, broker_port = mqtt_place(settings)
    return SimulatorOrders(
        process="simulators",
        parent=parent,
        log_json=settings.log_json,
        url=house_url(settings),
        guard_token=paper["users"]["guard"]["token"],
        operator_token=paper["users"]["operator"]["token"],
        patrol_token=paper["users"]["patrol"]["token"],
        admin_token=paper["users"]["admin"]["token"],
        broker_host=broker_host,
        broker_port=broker_port,
        devices=accounts,
        site=FIRST,
        timezone=TIMEZONE,
        gates=(f"{FIRST}-north", f"{FIRST}-south"),
        plates=tuple(callers.plates),
        cards=tuple(callers.cards),
        last_year_plates=tuple(callers.last_year_plates),
        revoked_cards=tuple(callers.stopped_cards),
        strangers=tuple(callers.strangers),
        watched_camera=str(WATCHED_CAMERA),
        watched_beam=str(WATCHED_BEAM),
        other_camera=str(OTHER_CAMERA),
        clips=folder.demo_clips,
    )
