"""What the demo's simulators need: drawn clips for two cameras, and the orders for those who come and go."""

from typing import Any
from zoneinfo import ZoneInfo

from deploy.demo.city import draw_city
from deploy.demo.filling import FIRST, SECOND, SEED, TIMEZONE
from deploy.demo.names import UNITS
from deploy.folder import DataFolder
from deploy.simulators.drawn_video import LAWN, PASSER_BY, DrawnScene, write_clip
from deploy.simulators.orders import DeviceAccount, SimulatorOrders
from registry.clock import Instant
from registry.devices.facts import RegionFacts
from registry.devices.queries import device
from registry.devices.service import set_regions, set_source
from registry.ids import DeviceAddress, GateId, UnitId, new_id
from registry.settings import Settings
from registry.store import Store

WATCHED_CAMERA = DeviceAddress(FIRST, "camera", "east-01")
WATCHED_BEAM = DeviceAddress(FIRST, "beam", "east-01")
_CAR_PARK = DeviceAddress(FIRST, "camera", "car-park-01")
_BY = "demo"

_SCENES = {
    WATCHED_CAMERA: DrawnScene(seed=11, seconds=90.0),
    _CAR_PARK: DrawnScene(seed=12, seconds=75.0, walks=(PASSER_BY,)),
}


def draw_clips(folder: DataFolder) -> None:
    """Draw the clips that are not there yet; a few seconds of work."""
    folder.demo_clips.mkdir(mode=0o700, exist_ok=True)
    for camera, scene in _SCENES.items():
        clip = folder.demo_clips / f"{camera.name}.mp4"
        if not clip.exists():
            write_clip(clip, scene)


def give_sources(store: Store, folder: DataFolder, now: Instant) -> None:
    """Let the two cameras show their clips; one that somebody gave a source since keeps it."""
    with store.begin(now) as work:
        for camera in _SCENES:
            if device(work.session, camera).source is None:
                clip = folder.demo_clips / f"{camera.name}.mp4"
                set_source(work.session, camera, str(clip), by=_BY, now=now)
                if camera == WATCHED_CAMERA:
                    lawn = RegionFacts(id="lawn", polygon=LAWN, rules=("intrusion",))
                    set_regions(work.session, camera, [lawn], by=_BY, now=now)


def simulator_orders(paper: dict[str, Any], settings: Settings, *, parent: int, now: Instant) -> SimulatorOrders:
    """Draw the city again from its seed: who may turn up is what was put into the registry."""
    units = [UnitId(new_id()) for _ in UNITS]
    local = now.astimezone(ZoneInfo(TIMEZONE))
    city = draw_city(SEED, site=FIRST, other_site=SECOND, south=GateId("oc1-south"), units=units, now=now, local=local)
    accounts = {
        address: DeviceAccount(address=address, **account)
        for address, account in paper["devices"].items()
        if address.startswith((f"{FIRST}/beam/", f"{FIRST}/patrol/wand"))
    }
    return SimulatorOrders(
        process="simulators",
        parent=parent,
        log_json=settings.log_json,
        url=f"http://{settings.host}:{settings.port}",
        guard_token=paper["users"]["guard"]["token"],
        operator_token=paper["users"]["operator"]["token"],
        patrol_token=paper["users"]["patrol"]["token"],
        broker_host=paper["mqtt"]["host"],
        broker_port=paper["mqtt"]["port"],
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
    )
