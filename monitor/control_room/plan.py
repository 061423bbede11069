"""The site plan of the control room: what stands where, in the units of the drawing. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from registry.devices.facts import DeviceFacts, Register, SiteFacts, ZoneFacts, ZoneKind
from registry.ids import DeviceAddress, SiteId, ZoneId
from registry.messages.alarms import AlarmDocument, AlarmState

WIDTH = 1000
HEIGHT = 400
"""The drawing's own units; a fraction of the plan times these is a point of the drawing."""
_MARK_STEP = 36
"""Marks of one zone stand side by side, this far apart."""
_NAME_ROOM = 18
_NO_OUTLINE = ((0.02, 0.04), (0.98, 0.04), (0.98, 0.96), (0.02, 0.96))


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A checkpoint of the patrols, where the plan shows it."""

    id: str
    name: str
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanBuilding:
    name: str
    points: str
    at: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanZone:
    """`at`: where its name stands, clear of the marks in its middle. `concerned`: the selected alarm is of this zone."""

    id: ZoneId
    name: str
    points: str
    at: Point
    armed: bool
    always: bool
    concerned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDevice:
    """`involved`: one of its signals is in the selected alarm."""

    address: DeviceAddress
    name: str
    kind: str
    at: Point
    enabled: bool
    involved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMark:
    """An open alarm at its place."""

    alarm: AlarmDocument
    at: Point
    unacknowledged: bool
    selected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePlan:
    """`unplaced`: how many open alarms of this site have no place that the register knows."""

    site: SiteFacts
    name: str
    outline: str
    buildings: tuple[PlanBuilding, ...]
    zones: tuple[PlanZone, ...]
    devices: tuple[PlanDevice, ...]
    checkpoints: tuple[Checkpoint, ...]
    marks: tuple[PlanMark, ...]
    unplaced: int


def named(thing: SiteFacts | ZoneFacts | DeviceFacts, lang: str) -> str:
    """The name in the reader's language."""
    return thing.name_en if lang == "en" else thing.name_zh


def draw_plan(
    register: Register,
    site: SiteFacts,
    alarms: Sequence[AlarmDocument],
    *,
    checkpoints: Iterable[Checkpoint] = (),
    selected: AlarmDocument | None,
    lang: str,
) -> SitePlan:
    """Lay out one site. `alarms` are those that the list shows, in its order; the selected one is drawn last, on top."""
    involved = {contribution.device for contribution in selected.contributing} if selected else set()
    concerned = selected.zone if selected else None
    marks, unplaced = _marks(register, site.id, alarms, selected)
    return SitePlan(
        site=site,
        name=named(site, lang),
        outline=_points(site.outline or _NO_OUTLINE),
        buildings=tuple(
            PlanBuilding(name=name, points=_points(outline), at=_middle(outline))
            for name, outline in site.buildings
            if outline
        ),
        zones=tuple(
            PlanZone(
                id=zone.id,
                name=named(zone, lang),
                points=_points(zone.outline),
                at=_below(zone.outline),
                armed=zone.armed,
                always=zone.kind is ZoneKind.ALWAYS,
                concerned=zone.id == concerned,
            )
            for zone in register.zones.values()
            if zone.site == site.id and zone.outline
        ),
        devices=tuple(
            PlanDevice(
                address=device.address,
                name=named(device, lang),
                kind=device.address.kind,
                at=_point(device.place.x, device.place.y),
                enabled=device.enabled,
                involved=str(device.address) in involved,
            )
            for device in register.devices.values()
            if device.address.site == site.id and device.place is not None
        ),
        checkpoints=tuple(checkpoints),
        marks=marks,
        unplaced=unplaced,
    )


def place_of(register: Register, alarm: AlarmDocument) -> Point | None:
    """Where an alarm is: in the middle of its zone, else among the zone's devices, else at the first device that spoke."""
    zone = register.zones.get(ZoneId(alarm.zone)) if alarm.zone else None
    if zone is not None and zone.outline:
        return _middle(zone.outline)
    members = [member.device for member in zone.members] if zone is not None else []
    spoke = [address for text in (c.device for c in alarm.contributing) if (address := _address(text)) is not None]
    for addresses in (members, spoke[:1]):
        places = [
            (device.place.x, device.place.y)
            for address in addresses
            if (device := register.devices.get(address)) is not None and device.place is not None
        ]
        if places:
            return _middle(places)
    return None


def _marks(
    register: Register, site: SiteId, alarms: Sequence[AlarmDocument], selected: AlarmDocument | None
) -> tuple[tuple[PlanMark, ...], int]:
    taken: dict[Point, int] = {}
    marks: list[PlanMark] = []
    unplaced = 0
    for alarm in alarms:
        if alarm.site != site:
            continue
        place = place_of(register, alarm)
        if place is None:
            unplaced += 1
            continue
        neighbours = taken.get(place, 0)
        taken[place] = neighbours + 1
        marks.append(
            PlanMark(
                alarm=alarm,
                at=Point(x=_beside(place.x, neighbours), y=place.y),
                unacknowledged=alarm.state is AlarmState.NEW,
                selected=selected is not None and alarm.id == selected.id,
            )
        )
    return tuple(sorted(marks, key=lambda mark: (mark.selected, -mark.alarm.priority))), unplaced


def _beside(x: float, neighbours: int) -> float:
    """The place of the next mark: right, left, right … of the first, and never outside of the drawing."""
    step = (neighbours + 1) // 2 * _MARK_STEP
    return min(max(x + (step if neighbours % 2 else -step), _MARK_STEP / 2), WIDTH - _MARK_STEP / 2)


def _address(text: str) -> DeviceAddress | None:
    try:
        return DeviceAddress.parse(text)
    except ValueError:
        return None


def _point(x: float, y: float) -> Point:
    return Point(x=round(x * WIDTH, 1), y=round(y * HEIGHT, 1))


def _points(outline: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{point.x:g},{point.y:g}" for point in (_point(x, y) for x, y in outline))


def _below(outline: Sequence[tuple[float, float]]) -> Point:
    """Just under an outline; just over it where there is no room below."""
    middle = _middle(outline)
    top, bottom = (_point(0, edge(y for _, y in outline)).y for edge in (min, max))
    return Point(x=middle.x, y=bottom + _NAME_ROOM if bottom + _NAME_ROOM < HEIGHT else top - _NAME_ROOM / 2)


def _middle(outline: Sequence[tuple[float, float]]) -> Point:
    return _point(sum(x for x, _ in outline) / len(outline), sum(y for _, y in outline) / len(outline))


def keyed(alarms: Iterable[AlarmDocument], alarm_id: UUID | None) -> AlarmDocument | None:
    """The alarm of that id among these, or None."""
    return next((alarm for alarm in alarms if alarm.id == alarm_id), None)
