"""What two cameras of the demo see: clips that are drawn once and then played again and again."""

from pathlib import Path

from deploy.simulators.drawn_video import LAWN, PASSER_BY, DrawnScene, write_clip
from deploy.simulators.orders import SimulatorOrders
from deploy.simulators.speaking import Speaker


def show_clips(orders: SimulatorOrders) -> None:
    """Draw the clips that are not there yet and name them as the cameras' sources; a camera that has one keeps it."""
    admin = Speaker(orders.url, orders.token)
    lawn = {"id": "lawn", "polygon": LAWN, "rules": ["intrusion"]}
    scenes = {
        orders.watched_camera: (DrawnScene(seed=11, seconds=90.0), [lawn]),
        orders.other_camera: (DrawnScene(seed=12, seconds=75.0, walks=(PASSER_BY,)), []),
    }
    orders.clips.mkdir(mode=0o700, exist_ok=True)
    for camera, (scene, regions) in scenes.items():
        path = f"/api/registry/devices/{camera}"
        device = admin.ask("GET", path)
        if device is None or device["source"]:
            continue
        clip = orders.clips / f"{Path(camera).name}.mp4"
        if not clip.exists():
            write_clip(clip, scene)
        admin.ask("PATCH", path, json={"source": str(clip), "regions": regions})
