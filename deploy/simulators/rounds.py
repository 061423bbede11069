"""The patrol guard with his wand: walks every round, and now and then leaves a checkpoint out."""

import threading
from random import Random
from typing import Any

from deploy.simulators.orders import SimulatorOrders
from deploy.simulators.speaking import SimulatedDevice, Speaker
from registry.clock import Clock, parse_instant

_LOOK_SECONDS = 15.0
_LEFT_OUT = 0.08
"""Chance that a checkpoint is forgotten."""


def walk_the_rounds(orders: SimulatorOrders, clock: Clock, stop: threading.Event) -> None:
    """Scan checkpoints as the plan asks for them until `stop`."""
    speaker = Speaker(orders.url, orders.patrol_token)
    wand = SimulatedDevice(orders, orders.devices[f"{orders.site}/patrol/wand-01"])
    wand.start()
    left_out: dict[str, bool] = {}
    while not stop.wait(_LOOK_SECONDS):
        wand.beat()
        answer = speaker.ask("GET", "/api/monitor/patrols/rounds", params={"site": orders.site})
        now = clock.now()
        for walk in answer["items"] if answer else ():
            for visit in walk["visits"]:
                is_open = parse_instant(visit["opens_at"]) <= now < parse_instant(visit["closes_at"])
                if is_open and visit["judgement"] == "pending" and not _forgets(walk, visit, left_out):
                    data = {"tag": visit["checkpoint"]["tag"], "guard": "patrol", "offline": False}
                    wand.tell("scan", data, now)
    wand.stop()


def _forgets(walk: dict[str, Any], visit: dict[str, Any], left_out: dict[str, bool]) -> bool:
    key = f"{walk['starts_at']} {visit['checkpoint']['id']}"
    if key not in left_out:
        left_out[key] = Random(key).random() < _LEFT_OUT
    return left_out[key]
