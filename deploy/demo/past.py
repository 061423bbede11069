"""What happened in the city before the demo was opened, drawn: a few visits, the rounds of the night, two crossings. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from deploy.demo.city import Callers
from deploy.demo.city_map import FIRST
from deploy.demo.plans import Compound, Use
from deploy.simulators.day import Inside, Regulars, Rhythm, Visit, next_visit, remember, visits_a_minute
from monitor.patrols.rules import Round
from registry.clock import Instant
from registry.ids import DeviceAddress, SiteId

LENGTH = timedelta(hours=18)
"""How far back it reaches: to yesterday, and over a night."""
_VISITS_OF_FIRST, _VISITS_OF_OTHERS = 70, 5
_ANIMALS = 25
_LEFT_OUT = 0.006
_CROSSINGS = ((SiteId("oc1"), "west-02", 5.0), (SiteId("rc3"), "north-01", 9.5))
"""Where, at which wall, and how many hours before the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attended:
    """Somebody showed something at a gate."""

    at: Instant
    attempt: UUID
    visit: Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A device said something."""

    at: Instant
    id: UUID
    device: DeviceAddress
    what: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Past:
    """All of it, each list in the order of time."""

    attended: Sequence[Attended]
    told: Sequence[Told]


def draw_past(
    seed: int,
    compounds: Sequence[Compound],
    callers: Mapping[SiteId, Callers],
    rounds: Sequence[Round],
    *,
    end: Instant,
    timezone: ZoneInfo,
) -> Past:
    """Draw what happened until `end`; `rounds` are those that the plans ask for in that time."""
    draw = Random(seed)

    def moments(count: int, weight: Callable[[Instant], float]) -> list[Instant]:
        return sorted(_moments(draw, end, count, weight))

    attended = [
        each for compound in compounds for each in _visits(draw, compound, callers[compound.id], moments, timezone)
    ]
    told = [*_scans(draw, rounds, end), *_animals(draw, compounds, moments(_ANIMALS, lambda _: 1.0))]
    told += [each for crossing in _CROSSINGS for each in _crossing(draw, *crossing, end)]
    return Past(sorted(attended, key=lambda each: each.at), sorted(told, key=lambda each: each.at))


def _moments(draw: Random, end: Instant, count: int, weight: Callable[[Instant], float]) -> Iterator[Instant]:
    tries = [end - LENGTH * draw.random() for _ in range(20 * count)]
    return iter(draw.choices(tries, weights=[weight(each) for each in tries], k=count))


def _visits(
    draw: Random,
    compound: Compound,
    callers: Callers,
    moments: Callable[[int, Callable[[Instant], float]], list[Instant]],
    timezone: ZoneInfo,
) -> Iterator[Attended]:
    """Those who came without any question to a guard: what nobody decided would be decided by nobody today."""
    rhythm = Rhythm.OFFICES if compound.use is Use.OFFICES else Rhythm.HOMES
    regulars, inside = _regulars(compound, callers), Inside()
    count = _VISITS_OF_FIRST if compound.id == FIRST else _VISITS_OF_OTHERS
    for at in moments(count, lambda each: visits_a_minute(rhythm, each.astimezone(timezone))):
        visit = next_visit(draw, rhythm, at.astimezone(timezone).hour, regulars, inside)
        is_usual = visit.value not in (*callers.last_year_plates, *callers.stopped_cards)
        remember(inside, visit, "ok" if is_usual else "denied")
        yield Attended(at=at, attempt=_drawn_id(draw), visit=visit)


def _regulars(compound: Compound, callers: Callers) -> Regulars:
    return Regulars(
        gates=[gate.name for gate in compound.gates],
        plates=callers.plates,
        cards=callers.cards,
        passes=(),
        last_year_plates=callers.last_year_plates,
        stopped_cards=callers.stopped_cards,
        strangers=(),
        denied_plates=(),
    )


def _scans(draw: Random, rounds: Sequence[Round], end: Instant) -> Iterator[Told]:
    for each in rounds:
        guard = DeviceAddress(each.tour.site, "patrol", "wand-01")
        for visit in each.visits:
            at = visit.opens_at + timedelta(seconds=draw.randrange(10, 170))
            if draw.random() >= _LEFT_OUT and at < end:
                data = {"tag": visit.stop.checkpoint.tag, "guard": f"{each.tour.site}-patrol", "offline": False}
                yield Told(at=at, id=_drawn_id(draw), device=guard, what="scan", data=data)


def _animals(draw: Random, compounds: Sequence[Compound], moments: Sequence[Instant]) -> Iterator[Told]:
    beams = [DeviceAddress(each.id, "beam", segment.side) for each in compounds for segment in each.segments]
    for at in moments:
        data = {"state": "instant", "beam_ids": [draw.choice("ab")], "dur_ms": draw.randrange(45, 110), "both": False}
        yield Told(at=at, id=_drawn_id(draw), device=draw.choice(beams), what="interrupted", data=data)


def _crossing(draw: Random, site: SiteId, wall: str, hours: float, end: Instant) -> Iterator[Told]:
    at = end - timedelta(hours=hours)
    beam, camera = (DeviceAddress(site, kind, wall) for kind in ("beam", "camera"))
    data: dict[str, Any] = {"state": "instant", "beam_ids": ["a", "b"], "dur_ms": 380, "both": True, "level_db": -18.5}
    yield Told(at=at, id=_drawn_id(draw), device=beam, what="interrupted", data=data)
    activity = str(_drawn_id(draw))
    for state, seconds in (("start", 2), ("end", 9)):
        data = {"state": state, "activity": activity, "kind": "person", "track": 1}
        yield Told(at=at + timedelta(seconds=seconds), id=_drawn_id(draw), device=camera, what="intrusion", data=data)


def _drawn_id(draw: Random) -> UUID:
    return UUID(int=draw.getrandbits(128), version=4)
