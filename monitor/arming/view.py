"""What the page of the zones shows: how each zone is, and where it lies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from monitor.arming.openings import Opening, Openness
from monitor.arming.service import Armed
from registry.clock import Instant
from registry.devices.facts import SiteFacts, ZoneFacts, ZoneKind
from registry.ids import ZoneId

WIDTH, HEIGHT = 1000, 400
"""Of the drawing."""


class ZoneState(StrEnum):
    """What a zone is now; the first that holds is told."""

    ALWAYS = "always"
    BYPASSED = "bypassed"
    LEAVING = "leaving"
    ARMED = "armed"
    DISARMED = "disarmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneShown:
    """A zone. `until`: of a bypass or an exit delay; `points` of its outline, empty where it has none; `at`: its middle."""

    facts: ZoneFacts
    state: ZoneState
    until: Instant | None
    alarm: str | None
    open: Sequence[Opening]
    points: str
    at: tuple[float, float]

    @property
    def look(self) -> str:
        """What its drawing says first: an open alarm, then what is in the way of arming it, then what it is."""
        if self.alarm:
            return "alarm"
        hindering = [each.openness for each in self.open if each.hinders]
        is_open = Openness.OPEN in hindering
        return "open" if is_open else "fault" if hindering else str(self.state)

    @property
    def is_upright(self) -> bool:
        """Whether it is higher than broad, so that its name stands better upright."""
        xs, ys = ([point[axis] for point in self.facts.outline] or [0.0] for axis in (0, 1))
        return (max(ys) - min(ys)) * HEIGHT > (max(xs) - min(xs)) * WIDTH


def zone_shown(zone: ZoneFacts, found: Armed, opened: Mapping[ZoneId, Sequence[Opening]], now: Instant) -> ZoneShown:
    """A zone as it is now."""
    state, until = _state(zone, found, now)
    outline = zone.outline
    middle = (sum(x for x, _ in outline), sum(y for _, y in outline)) if outline else (0.0, 0.0)
    return ZoneShown(
        facts=zone,
        state=state,
        until=until,
        alarm=found.unreset.get(zone.id),
        open=opened.get(zone.id, ()),
        points=points(outline),
        at=(middle[0] / max(len(outline), 1) * WIDTH, middle[1] / max(len(outline), 1) * HEIGHT),
    )


def _state(zone: ZoneFacts, found: Armed, now: Instant) -> tuple[ZoneState, Instant | None]:
    if zone.kind is ZoneKind.ALWAYS:
        return ZoneState.ALWAYS, None
    whole = [row.until for row in found.bypasses if row.zone == zone.id and row.device is None]
    if whole:
        return ZoneState.BYPASSED, max(whole)
    line = found.lines.zones.get(zone.id)
    entry = line.entry_at(now) if line is not None else None
    if entry is not None and entry.armed and entry.armed_from > now:
        return ZoneState.LEAVING, entry.armed_from
    return (ZoneState.ARMED if found.lines.is_armed(zone, now) else ZoneState.DISARMED), None


def points(outline: Sequence[tuple[float, float]]) -> str:
    """An outline in fractions as the points of a drawing."""
    return " ".join(f"{x * WIDTH:.1f},{y * HEIGHT:.1f}" for x, y in outline)


def is_drawn(site: SiteFacts, zones: Sequence[ZoneShown]) -> bool:
    """Whether there is anything to draw."""
    return bool(site.outline) or any(zone.points for zone in zones)
