"""Counters, doors and air: what else says something in the course of a day."""

from deploy.simulators.city import City
from deploy.simulators.stage import Actor

_HOUR = 3600.0
_DAY = 24 * _HOUR
_DOORS_A_DAY = 3
_AIRS_A_DAY = 1.5
_QUIET = (22, 6)
"""Hours between which hardly anybody passes a counter."""


def counters(city: City) -> Actor:
    """Each says once an hour how many passed."""
    while True:
        yield _HOUR
        start, end = _QUIET
        most = 5 if city.local().hour >= start or city.local().hour < end else 180
        for counter in city.devices("counter"):
            city.tell(counter, "count", **{"in": city.draw.randrange(most), "out": city.draw.randrange(most)})


def doors(city: City) -> Actor:
    """Somebody holds a door open for too long."""
    while True:
        yield city.draw.expovariate(_DOORS_A_DAY / _DAY)
        city.tell(city.draw.choice(city.devices("door")), "held", seconds=city.draw.randrange(35, 240))


def air(city: City) -> Actor:
    """It gets too warm in a server room, or the air in a garage is bad."""
    while True:
        yield city.draw.expovariate(_AIRS_A_DAY / _DAY)
        sensor = city.draw.choice(city.devices("env"))
        if sensor.name == "server-room":
            value = round(city.draw.uniform(28.1, 31), 1)
            city.tell(sensor, "limit", name="temperature", value=value, unit="°C", limit=28)
        else:
            city.tell(sensor, "limit", name="gas", value=city.draw.randrange(51, 90), unit="ppm", limit=50)
