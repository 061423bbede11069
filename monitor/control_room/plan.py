"""The site plan of the control room: what stands where, in the units of the drawing. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from monitor.control_room.placing import Box, Point, clearest, name_at, name_down, sign_at
from monitor.control_room.sheet import Sheet
from registry.devices.facts import BuildingFacts, DeviceFacts, Register, SiteFacts, ZoneFacts, ZoneKind
from registry.ids import DeviceAddress, SiteId, ZoneId
from registry.messages.alarms import AlarmDocument, AlarmState
from registry.messages.topics import DeviceClass

WIDTH = 1000
HEIGHT = 400
"""The drawing's own units; a fraction of the plan times these is a point of the drawing."""
_MARK_REACH = 14
"""An alarm's mark, from its middle."""
_MARK_PLACES = sorted(
    ((dx, dy) for dx in range(-180, 181, 36) for dy in range(-60, 61, 30)),
    key=lambda step: (abs(step[0]) + 3 * abs(step[1]), step),
)
"""Where a mark may stand, from the place of its alarm: there, else beside it, else above or below."""
_HALO = 20
"""The ring around the mark of the selected alarm, of which names keep clear."""
_MARKS_APART = 12
"""So many alarms of one place are marked side by side; more of them stand on one another."""
_NAME_ROOM = 12
_SIGNED = {DeviceClass.CAMERA, DeviceClass.BEAM, DeviceClass.GATE, DeviceClass.DOOR}
_CARRIED = {DeviceClass.PATROL}
"""Goes with the guard; where one was, the checkpoint shows."""
_NO_OUTLINE = ((0.02, 0.04), (0.98, 0.04), (0.98, 0.96), (0.02, 0.96))


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
    """`at`: the middle of its name, which runs `down` a narrow wall. `concerned`: the selected alarm is of this zone."""

    id: ZoneId
    name: str
    points: str
    at: Point
    down: bool
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
    sheet: Sheet | None
    """Where the uploaded drawing lies; then neither outline nor buildings are drawn."""
    outline: str
    buildings: tuple[PlanBuilding, ...]
    zones: tuple[PlanZone, ...]
    devices: tuple[PlanDevice, ...]
    checkpoints: tuple[Checkpoint, ...]
    marks: tuple[PlanMark, ...]
    unplaced: int

    @property
    def has_other_devices(self) -> bool:
        """Whether a device stands on it that has no sign of its own."""
        return any(device.kind not in _SIGNED for device in self.devices)


def named(thing: SiteFacts | BuildingFacts | ZoneFacts | DeviceFacts, lang: str) -> str:
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
    points = tuple(checkpoints)
    sheet = None if site.drawing is None else Sheet.of(site.drawing.aspect)
    if sheet is not None:
        register = sheet.laid(register, site.id)
        points = tuple(replace(point, x=x, y=y) for point in points for x, y in [sheet.at(point.x, point.y)])
    involved = {contribution.device for contribution in selected.contributing} if selected else set()
    concerned = selected.zone if selected else None
    devices = tuple(
        PlanDevice(
            address=device.address,
            name=named(device, lang),
            kind=device.address.kind,
            at=_point(device.place.x, device.place.y),
            enabled=device.enabled,
            involved=str(device.address) in involved,
        )
        for device in register.devices.values()
        if device.address.site == site.id and device.place is not None and device.address.kind not in _CARRIED
    )
    taken = [*(sign_at(device.at) for device in devices), *(sign_at(_point(point.x, point.y)) for point in points)]
    marks, unplaced = _marks(register, site.id, alarms, selected, taken)
    taken += [Box(at=mark.at, half_width=_HALO, half_height=_HALO) for mark in marks]
    return SitePlan(
        site=site,
        name=named(site, lang),
        sheet=sheet,
        outline=_points(site.outline or _NO_OUTLINE),
        buildings=()
        if sheet is not None
        else tuple(
            PlanBuilding(
                name=named(building, lang),
                points=_points(building.outline),
                at=_placed((name_at(place, named(building, lang)) for place in _inside(building.outline)), taken),
            )
            for building in site.buildings
            if building.outline
        ),
        zones=tuple(
            PlanZone(
                id=zone.id,
                name=named(zone, lang),
                points=_points(zone.outline),
                at=_placed(_about(zone.outline, named(zone, lang)), taken),
                down=_runs_down(zone.outline, named(zone, lang)),
                armed=zone.armed,
                always=zone.kind is ZoneKind.ALWAYS,
                concerned=zone.id == concerned,
            )
            for zone in register.zones.values()
            if zone.site == site.id and zone.outline
        ),
        devices=devices,
        checkpoints=points,
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
    register: Register,
    site: SiteId,
    alarms: Sequence[AlarmDocument],
    selected: AlarmDocument | None,
    taken: list[Box],
) -> tuple[tuple[PlanMark, ...], int]:
    """The marks, each clear of what is drawn and of the marks before it; `taken` has them then too."""
    marks: list[PlanMark] = []
    there: Counter[Point] = Counter()
    unplaced = 0
    for alarm in alarms:
        if alarm.site != site:
            continue
        place = place_of(register, alarm)
        if place is None:
            unplaced += 1
            continue
        there[place] += 1
        steps = _MARK_PLACES if there[place] <= _MARKS_APART else _MARK_PLACES[:1]
        room = clearest((_mark_at(place, step) for step in steps), taken)
        taken.append(room)
        marks.append(
            PlanMark(
                alarm=alarm,
                at=room.at,
                unacknowledged=alarm.state is AlarmState.NEW,
                selected=selected is not None and alarm.id == selected.id,
            )
        )
    return tuple(sorted(marks, key=lambda mark: (mark.selected, -mark.alarm.priority))), unplaced


def _mark_at(place: Point, step: tuple[float, float]) -> Box:
    at = Point(x=place.x + step[0], y=place.y + step[1])
    return Box(at=at, half_width=_MARK_REACH, half_height=_MARK_REACH).within(WIDTH, HEIGHT)


def _placed(rooms: Iterable[Box], taken: list[Box]) -> Point:
    """Where a name covers least; `taken` has it then too."""
    room = clearest([room.within(WIDTH, HEIGHT) for room in rooms], taken)
    taken.append(room)
    return room.at


def _address(text: str) -> DeviceAddress | None:
    try:
        return DeviceAddress.parse(text)
    except ValueError:
        return None


def _point(x: float, y: float) -> Point:
    return Point(x=round(x * WIDTH, 1), y=round(y * HEIGHT, 1))


def _points(outline: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{point.x:g},{point.y:g}" for point in (_point(x, y) for x, y in outline))


def _edges(outline: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom."""
    points = [_point(x, y) for x, y in outline]
    return min(p.x for p in points), min(p.y for p in points), max(p.x for p in points), max(p.y for p in points)


def _inside(outline: Sequence[tuple[float, float]]) -> tuple[Point, ...]:
    """Where the name of a building may stand: in its middle, else at its upper or lower edge."""
    middle = _middle(outline)
    _, top, _, bottom = _edges(outline)
    return (middle, Point(x=middle.x, y=top + _NAME_ROOM), Point(x=middle.x, y=bottom - _NAME_ROOM))


def _runs_down(outline: Sequence[tuple[float, float]], name: str) -> bool:
    """Whether the name of a zone is longer than the zone is wide, and not longer than it is high."""
    left, top, right, bottom = _edges(outline)
    length = 2 * name_at(Point(x=0, y=0), name).half_width
    return right - left < length <= bottom - top


def _about(outline: Sequence[tuple[float, float]], name: str) -> tuple[Box, ...]:
    """Where the name of a zone may stand: down a narrow wall, else under or over it, at its ends, beside it, or in it."""
    middle = _middle(outline)
    left, top, right, bottom = _edges(outline)
    half = name_at(middle, name).half_width
    if _runs_down(outline, name):
        down = (middle.y, top + half, bottom - half)
        columns = (middle.x, left + _NAME_ROOM, right - _NAME_ROOM, left - _NAME_ROOM, right + _NAME_ROOM)
        return tuple(name_down(Point(x=x, y=y), name) for x in columns for y in down)
    across = (middle.x, left + half, right - half)
    places = (
        *(Point(x=x, y=bottom + _NAME_ROOM) for x in across),
        *(Point(x=x, y=top - _NAME_ROOM) for x in across),
        Point(x=left - half - _NAME_ROOM / 2, y=middle.y),
        Point(x=right + half + _NAME_ROOM / 2, y=middle.y),
        middle,
    )
    return tuple(name_at(place, name) for place in places)


def _middle(outline: Sequence[tuple[float, float]]) -> Point:
    return _point(sum(x for x, _ in outline) / len(outline), sum(y for _, y in outline) / len(outline))


def keyed(alarms: Iterable[AlarmDocument], alarm_id: UUID | None) -> AlarmDocument | None:
    """The alarm of that id among these, or None."""
    return next((alarm for alarm in alarms if alarm.id == alarm_id), None)
