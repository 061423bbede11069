"""What the page of a site's beams shows: a line for each pair, and the walk test that runs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from monitor.beams import queries, rules, service
from monitor.beams.models import WalkTest
from monitor.beams.rules import Condition, Interruption, Level, Movement, Trend
from registry.clock import Instant
from registry.devices.facts import Register
from registry.i18n import Language
from registry.ids import DeviceAddress, SiteId, ZoneId

LOOKED_BACK = timedelta(days=30)
"""A state that was told longer ago and never again is not believed any more."""
DRAWN = (120, 28)
"""Width and height of a drawn level, in pixels."""
_LEAST_SPAN_DB = 3.0
"""A level that stays within this is drawn as a line that is nearly straight."""
_TONES: Mapping[Condition, str] = {
    Condition.TAMPERED: "bad",
    Condition.LINE_FAULT: "bad",
    Condition.OFFLINE: "bad",
    Condition.POWER_LOST: "warn",
    Condition.INTERRUPTED: "note",
    Condition.WEAK: "warn",
    Condition.CLEAR: "good",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamLine:
    """One pair. `since`: when its condition began, as far as it told; `came_from`: the neighbouring pair that was broken just before."""

    address: DeviceAddress
    name: str
    zones: str
    beams: int | None
    condition: Condition
    tone: str
    since: Instant | None
    broken_at: Instant | None
    came_from: str | None
    trend: Trend | None
    drawn: str
    tested_at: Instant | None
    is_due: bool


class Tick(NamedTuple):
    """A pair in a walk test, and when it was heard."""

    name: str
    address: DeviceAddress
    at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestShown:
    """A walk test that runs or has ended. `is_over`: its time ran out and nobody has finished it yet."""

    test: WalkTest
    zone: str | None
    ticks: Sequence[Tick]
    is_over: bool

    @property
    def heard(self) -> int:
        return sum(tick.at is not None for tick in self.ticks)


def lines(session: Session, register: Register, site: SiteId, language: Language, now: Instant) -> list[BeamLine]:
    """The pairs of a site, those that want looking at first."""
    beams = service.beams_of(register, site)
    zones = _zones(register, beams)
    since = now - LOOKED_BACK
    standing = queries.standing(session, beams, since=since)
    levels = queries.levels(session, beams, now=now)
    online = queries.connections(session, beams)
    tested = queries.last_tested(session, beams, since=since)
    broken, last_moves = _broken(session, register, beams, zones, now)
    found = []
    for beam in beams:
        trend = rules.trend(levels.get(beam, ()), now)
        told = standing.get(beam, {})
        is_weak = trend is not None and trend.has_sunk
        condition = rules.condition(told, online=online.get(beam), is_weak=is_weak)
        move = last_moves.get(beam)
        found.append(
            BeamLine(
                address=beam,
                name=_named(register, beam, language),
                zones=_zone_names(register, zones.get(beam, ()), language),
                beams=register.devices[beam].beams,
                condition=condition,
                tone=_TONES[condition],
                since=next((at for type_, at in told.items() if rules.STANDING[type_] is condition), None),
                broken_at=broken.get(beam),
                came_from=None if move is None else _named(register, move.came_from.beam, language),
                trend=trend,
                drawn=drawn(levels.get(beam, ())),
                tested_at=tested.get(beam),
                is_due=rules.is_due(tested.get(beam), now),
            )
        )
    order = list(Condition)
    return sorted(found, key=lambda line: (order.index(line.condition), line.address))


def test_shown(session: Session, register: Register, test: WalkTest, language: Language, now: Instant) -> TestShown:
    """A test with its pairs, those that are still to be broken first."""
    heard = service.heard(session, register, test, now=now)
    ticks = [Tick(_named(register, beam, language), beam, at) for beam, at in heard.items()]
    zone = register.zones.get(ZoneId(test.zone)) if test.zone is not None else None
    name = None if test.zone is None else test.zone
    if zone is not None:
        name = zone.name_en if language is Language.EN else zone.name_zh
    return TestShown(
        test=test,
        zone=name,
        ticks=sorted(ticks, key=lambda tick: (tick.at is not None, tick.at or now, tick.address)),
        is_over=test.ended_at is None and now > test.until,
    )


def drawn(levels: Sequence[Level]) -> str:
    """The points of a polyline of these levels within `DRAWN`; empty when there are fewer than two."""
    if len(levels) < 2:  # noqa: PLR2004 - a line has two ends
        return ""
    width, height = DRAWN
    start, end = levels[0].at, levels[-1].at
    low, high = min(level.db for level in levels), max(level.db for level in levels)
    span, seconds = max(high - low, _LEAST_SPAN_DB), max((end - start).total_seconds(), 1.0)
    return " ".join(
        f"{(level.at - start).total_seconds() / seconds * width:.1f},{height - 2 - (level.db - low) / span * (height - 4):.1f}"
        for level in levels
    )


def _broken(
    session: Session,
    register: Register,
    beams: Collection[DeviceAddress],
    zones: Mapping[DeviceAddress, Sequence[ZoneId]],
    now: Instant,
) -> tuple[Mapping[DeviceAddress, Instant], Mapping[DeviceAddress, Movement]]:
    """When each pair was last broken by somebody, and from where that one came, if its neighbour was broken just before."""
    told = [
        said
        for said in queries.interruptions(session, beams, since=now - LOOKED_BACK, until=now)
        if rules.counts(register.devices[said.beam], said.data)
    ]
    broken = {said.beam: said.at for said in told}
    neighbours = {zone.id: zone.adjacent for zone in register.zones.values()}
    placed = [Interruption(said.beam, zone, said.at) for said in told for zone in zones.get(said.beam, ())]
    moved = {move.to.beam: move for move in rules.movements(placed, neighbours)}
    return broken, {beam: move for beam, move in moved.items() if move.to.at == broken[beam]}


def _zones(register: Register, beams: Collection[DeviceAddress]) -> Mapping[DeviceAddress, Sequence[ZoneId]]:
    found: dict[DeviceAddress, list[ZoneId]] = {}
    for zone in register.zones.values():
        for member in zone.members:
            if member.device in beams:
                found.setdefault(member.device, []).append(zone.id)
    return found


def _named(register: Register, beam: DeviceAddress, language: Language) -> str:
    device = register.devices.get(beam)
    if device is None:
        return str(beam)
    return device.name_en if language is Language.EN else device.name_zh


def _zone_names(register: Register, zones: Collection[ZoneId], language: Language) -> str:
    facts = [register.zones[zone] for zone in zones]
    return " · ".join(zone.name_en if language is Language.EN else zone.name_zh for zone in facts)
