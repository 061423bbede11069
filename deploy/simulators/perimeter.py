"""The walls: birds, cats and rain, and now and then a person whom a camera sees too."""

from collections.abc import Sequence
from datetime import timedelta

from deploy.simulators.city import City
from deploy.simulators.orders import CompoundOrders
from deploy.simulators.stage import Actor
from registry.clock import format_instant
from registry.ids import DeviceAddress, SiteId, new_id

_ANIMAL_SECONDS = 300.0
"""Mean time between short interruptions, over all beams of the city."""
_SHOWERS_A_WEEK = 3
_SHOWER_MINUTES = (20, 90)
_DROP_SECONDS = 240.0
"""Mean time between two beams that the rain disturbs."""
_CROSSING_MINUTES = (50.0, 130.0)
"""Between two confirmed crossings with pictures; the first comes as soon as the camera has seen its person."""
_ELSEWHERE_HOURS = (4.0, 12.0)
"""Between two confirmed crossings at the other compounds, whose cameras say what they see but show no picture."""
_LOOK_REAL_SECONDS = 10.0
_WEEK = 7 * 24 * 3600.0


def animals(city: City, watched: DeviceAddress) -> Actor:
    """Something small breaks a beam for an instant: no camera confirms it, and no alarm is raised.

    Never the watched beam: its camera's drawn person walks by so often that it would confirm each sparrow.
    """
    beams = [beam for beam in city.devices("beam") if beam != watched]
    while True:
        yield city.draw.expovariate(1 / _ANIMAL_SECONDS)
        beam_ids, milliseconds = [city.draw.choice("ab")], city.draw.randrange(45, 110)
        city.tell(
            city.draw.choice(beams), "interrupted", state="instant", beam_ids=beam_ids, dur_ms=milliseconds, both=False
        )


def showers(city: City) -> Actor:
    """It rains over the whole city for a while: levels sink, here and there a beam is broken."""
    beams = city.devices("beam")
    while True:
        yield city.draw.expovariate(_SHOWERS_A_WEEK / _WEEK)
        left = city.draw.uniform(*_SHOWER_MINUTES) * 60
        while left > 0:
            pause = city.draw.expovariate(1 / _DROP_SECONDS)
            yield pause
            left -= pause
            beam, level = city.draw.choice(beams), round(city.draw.uniform(-16, -9), 1)
            city.tell(beam, "degraded", state="instant", level_db=level)


def crossings_in_the_picture(city: City, camera: DeviceAddress, beam: DeviceAddress) -> Actor:
    """Whenever it is time again, the watched beam is broken as the drawn person crosses the lawn of its camera."""
    while True:
        look = _LOOK_REAL_SECONDS * city.speed
        while not _saw_somebody(city, camera, look):
            yield look
        city.tell(beam, "interrupted", **_person(city))
        yield city.draw.uniform(*_CROSSING_MINUTES) * 60


def crossings_elsewhere(city: City, compounds: Sequence[CompoundOrders]) -> Actor:
    """At another compound somebody climbs in: its beam and its camera say so."""
    walls = [(SiteId(compound.site), wall) for compound in compounds for wall in compound.watched_walls]
    while walls:
        yield city.draw.uniform(*_ELSEWHERE_HOURS) * 3600
        site, wall = city.draw.choice(walls)
        beam, camera = DeviceAddress(site, "beam", wall), DeviceAddress(site, "camera", wall)
        if beam in city.left_alone or camera not in city.crowd.members:
            continue
        seen = {"activity": str(new_id()), "kind": "person", "track": city.draw.randrange(1000)}
        city.tell(beam, "interrupted", **_person(city))
        yield 2.0
        city.tell(camera, "intrusion", state="start", **seen)
        yield city.draw.uniform(4, 12)
        city.tell(camera, "intrusion", state="end", **seen)


def _saw_somebody(city: City, camera: DeviceAddress, within_seconds: float) -> bool:
    after = format_instant(city.now() - timedelta(seconds=within_seconds + 2 * city.speed))
    query = {
        "site": camera.site,
        "device": str(camera),
        "type": "dayuan.camera.intrusion",
        "after": after,
        "limit": 20,
    }
    answer = city.speaker.ask("GET", "/api/monitor/signals", params=query)
    return answer is not None and any(item["data"].get("state") == "start" for item in answer["items"])


def _person(city: City) -> dict[str, object]:
    milliseconds = city.draw.randrange(250, 600)
    return {"state": "instant", "beam_ids": ["a", "b"], "dur_ms": milliseconds, "both": True, "level_db": -18.5}
