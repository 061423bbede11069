"""What the demo's simulators are told."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from deploy.addresses import house_url, mqtt_place
from deploy.demo.city import draw_city
from deploy.demo.filling import FIRST, SECOND, SEED, TIMEZONE
from deploy.demo.names import UNITS
from deploy.simulators.orders import DeviceAccount, SimulatorOrders
from registry.clock import Instant
from registry.ids import DeviceAddress, GateId, UnitId, new_id
from registry.settings import Settings

WATCHED_CAMERA = DeviceAddress(FIRST, "camera", "east-01")
WATCHED_BEAM = DeviceAddress(FIRST, "beam", "east-01")
OTHER_CAMERA = DeviceAddress(FIRST, "camera", "car-park-01")


def simulator_orders(
    paper: dict[str, Any], settings: Settings, *, clips: Path, parent: int, now: Instant
) -> SimulatorOrders:
    """Draw the city again from its seed: who may turn up is what was put into the registry."""
    units = [UnitId(new_id()) for _ in UNITS]
    local = now.astimezone(ZoneInfo(TIMEZONE))
    city = draw_city(SEED, site=FIRST, other_site=SECOND, south=GateId("oc1-south"), units=units, now=now, local=local)
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
        plates=tuple(city.regular_plates),
        cards=tuple(city.regular_cards),
        last_year_plates=tuple(city.last_year_plates),
        revoked_cards=tuple(city.revoked_cards),
        strangers=tuple(city.strangers),
        watched_camera=str(WATCHED_CAMERA),
        watched_beam=str(WATCHED_BEAM),
        other_camera=str(OTHER_CAMERA),
        clips=clips,
    )
