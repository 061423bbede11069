"""The beams of the walls: birds and leaves, and now and then the person whom the camera sees too."""

import threading
from datetime import timedelta
from random import Random

from deploy.simulators.orders import SimulatorOrders
from deploy.simulators.speaking import SimulatedDevice, Speaker
from registry.clock import Clock, Instant, format_instant

_HEARTBEAT_SECONDS = 10.0
_BIRD_SECONDS = 150.0
"""Mean time between short interruptions, over all beams."""
_CROSSING_MINUTES = (12.0, 30.0)
"""Between two confirmed crossings; the first comes as soon as the camera has seen its person."""


def guard_the_walls(orders: SimulatorOrders, clock: Clock, stop: threading.Event) -> None:
    """Be all beams of the site until `stop`."""
    draw = Random()
    speaker = Speaker(orders.url, orders.operator_token)
    beams = [SimulatedDevice(orders, account) for name, account in orders.devices.items() if "/beam/" in name]
    for beam in beams:
        beam.start()
    watched = next(beam for beam in beams if str(beam.address) == orders.watched_beam)
    # The examples' own zone is left to whoever tries them.
    others = [beam for beam in beams if beam.address.name != "north-01" and beam is not watched]
    started = clock.now()
    next_crossing = started
    next_bird = started + timedelta(seconds=draw.expovariate(1 / _BIRD_SECONDS))
    while not stop.wait(_HEARTBEAT_SECONDS):
        for beam in beams:
            beam.beat()
        now = clock.now()
        if now >= next_bird:
            draw.choice(others).tell("interrupted", _bird(draw), now)
            next_bird = now + timedelta(seconds=draw.expovariate(1 / _BIRD_SECONDS))
        if now >= next_crossing and _camera_saw_somebody(speaker, orders.watched_camera, since=now):
            watched.tell("interrupted", _person(draw), now)
            next_crossing = now + timedelta(minutes=draw.uniform(*_CROSSING_MINUTES))
    for beam in beams:
        beam.stop()


def _camera_saw_somebody(speaker: Speaker, camera: str, *, since: Instant) -> bool:
    site = camera.split("/", 1)[0]
    after = format_instant(since - timedelta(seconds=_HEARTBEAT_SECONDS + 2))
    query = {"site": site, "device": camera, "type": "dayuan.camera.intrusion", "after": after, "limit": 20}
    answer = speaker.ask("GET", "/api/monitor/signals", params=query)
    return answer is not None and any(item["data"].get("state") == "start" for item in answer["items"])


def _bird(draw: Random) -> dict[str, object]:
    return {"state": "instant", "beam_ids": [draw.choice("ab")], "dur_ms": draw.randrange(45, 110), "both": False}


def _person(draw: Random) -> dict[str, object]:
    milliseconds = draw.randrange(250, 600)
    return {"state": "instant", "beam_ids": ["a", "b"], "dur_ms": milliseconds, "both": True, "level_db": -18.5}
