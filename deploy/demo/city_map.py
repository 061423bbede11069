"""The twenty compounds of Bo'an: four of offices, sixteen of homes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import time

from deploy.demo import compounds
from deploy.demo.plans import DEEP, CheckpointSpot, Compound, Room, Segment, Spot, Thing, Use
from registry.devices.facts import BuildingFacts
from registry.ids import SiteId
from registry.messages.topics import DeviceClass

FIRST = SiteId("oc1")
SECOND = SiteId("oc2")

_OFFICES = (("二", "Second", 2000), ("三", "Third", 1800), ("四", "Fourth", 1400))
_HOMES = (
    ("梧桐苑", "Wutong Court", 1200),
    ("望江里", "Wangjiang Lane", 1100),
    ("翠微小区", "Cuiwei Estate", 1050),
    ("柳岸花园", "Liu'an Gardens", 1000),
    ("机关第一家属院", "First Staff Residence", 950),
    ("机关第二家属院", "Second Staff Residence", 900),
    ("东湖新村", "Donghu New Village", 880),
    ("桂园", "Gui Garden", 850),
    ("青松苑", "Qingsong Court", 800),
    ("云溪里", "Yunxi Lane", 780),
    ("安和家园", "Anhe Homes", 740),
    ("文昌苑", "Wenchang Court", 700),
    ("银杏里", "Yinxing Lane", 620),
    ("南苑小区", "Nanyuan Estate", 520),
    ("泊安新居", "Bo'an New Homes", 410),
    ("教师院", "Teachers' Court", 300),
)
_ARCHIVE = Room(
    f"{SECOND}-archive", "档案室", "Archive", Spot(f"{SECOND}-archive", "档案室门", "Archive door", 0.20, 0.32)
)
"""In the first building of the second compound of offices."""
_ROOM_FOR_VEHICLES = {SiteId("rc1"): 600}
"""Of the compounds whose car park is counted; nearly twice what its residents have."""
_LARGE = 8
"""So many of the compounds of homes have two gates; the others have one."""
_WITH_GARAGE = 5
"""So many have a garage below ground whose air is watched."""

_SIDES = {
    "north-01": Segment("north-01", "north", "北围墙西段", "North wall, west", (), 0.25, 0.09),
    "north-02": Segment("north-02", "north-2", "北围墙东段", "North wall, east", (), 0.75, 0.09),
    "east-01": Segment("east-01", "east", "东围墙", "East wall", (), 0.94, 0.50),
    "south-01": Segment("south-01", "south", "南围墙西段", "South wall, west", (), 0.25, 0.91),
    "south-02": Segment("south-02", "south-2", "南围墙东段", "South wall, east", (), 0.75, 0.91),
    "west-01": Segment("west-01", "west", "西围墙", "West wall", (), 0.06, 0.50),
}
_HALF, _WHOLE = 0.19, 0.36
"""Half the length of a stretch of the northern or southern wall, and of the eastern or western one."""

_OFFICE_ROUNDS = tuple(time(hour) for hour in range(0, 24, 2))
_NIGHT_ROUNDS = (time(0, 30), time(3), time(5, 30), time(21, 30))
_APART_MINUTES = 4
"""From one compound's rounds to the next one's: what is missed in a night is not told to the operator all at once."""


def city_map(people: int = 20_000) -> Sequence[Compound]:
    """All compounds, the first office compound first; with fewer people each has its share, but at least sixty."""
    whole = (_first(), *_other_offices(), *_compounds_of_homes())
    everybody = sum(compound.people for compound in whole)
    if people == everybody:
        return whole
    return tuple(replace(each, people=max(60, each.people * people // everybody)) for each in whole)


def _first() -> Compound:
    return Compound(
        id=FIRST,
        zh="市政府第一办公大院",
        en="First Office Compound",
        use=Use.OFFICES,
        people=2000,
        buildings=compounds.BUILDINGS,
        gates=compounds.GATES,
        segments=compounds.SEGMENTS,
        things=compounds.THINGS,
        checkpoints=compounds.CHECKPOINTS,
        rounds=tuple(time(hour) for hour in range(24)),
        has_barriers=True,
    )


def _other_offices() -> Sequence[Compound]:
    found = []
    for number, (zh, en, people) in enumerate(_OFFICES, start=2):
        site = SiteId(f"oc{number}")
        buildings, rooms = _buildings(4), (_ARCHIVE,) if site == SECOND else ()
        found.append(
            Compound(
                id=site,
                zh=f"市政府第{zh}办公大院",
                en=f"{en} Office Compound",
                use=Use.OFFICES,
                people=people,
                buildings=buildings,
                gates=_gates(site, 2),
                segments=_segments(site, tuple(_SIDES), cameras=tuple(_SIDES)),
                things=_office_things(has_server_room=not rooms),
                checkpoints=_checkpoints(buildings, gates=2),
                rounds=_later(_OFFICE_ROUNDS, number),
                rooms=rooms,
            )
        )
    return found


def _compounds_of_homes() -> Sequence[Compound]:
    found = []
    for number, (zh, en, people) in enumerate(_HOMES, start=1):
        site, is_large = SiteId(f"rc{number}"), number <= _LARGE
        buildings = _buildings(max(3, round(people / 95)))
        sides = ("north-01", "east-01", "west-01", "south-01") if is_large else ("north-01", "east-01", "west-01")
        found.append(
            Compound(
                id=site,
                zh=zh,
                en=en,
                use=Use.HOMES,
                people=people,
                buildings=buildings,
                gates=_gates(site, 2 if is_large else 1),
                segments=_segments(site, sides, cameras=("north-01", "east-01") if is_large else ("north-01",)),
                things=_things_of_homes(is_large=is_large, has_garage=number <= _WITH_GARAGE),
                checkpoints=_checkpoints(buildings, gates=2 if is_large else 1),
                rounds=_later(_NIGHT_ROUNDS, number),
                vehicles=_ROOM_FOR_VEHICLES.get(site),
            )
        )
    return found


def _later(starts: Sequence[time], number: int) -> tuple[time, ...]:
    minutes = [start.hour * 60 + start.minute + number * _APART_MINUTES for start in starts]
    return tuple(time(minute // 60 % 24, minute % 60) for minute in minutes)


def _gates(site: SiteId, count: int) -> Sequence[Spot]:
    south = Spot(f"{site}-south", "南门", "South gate", 0.50, 0.92)
    return (Spot(f"{site}-north", "北门", "North gate", 0.50, 0.08), south) if count > 1 else (south,)


def _segments(site: SiteId, sides: Sequence[str], *, cameras: Sequence[str]) -> Sequence[Segment]:
    return tuple(
        _SIDES[side]._replace(
            zone=f"{site}-perimeter-{_SIDES[side].zone}", outline=_stretch(_SIDES[side]), has_camera=side in cameras
        )
        for side in sides
    )


def _stretch(segment: Segment) -> tuple[tuple[float, float], ...]:
    if segment.side.startswith(("north", "south")):
        left, right = round(segment.x - _HALF, 2), round(segment.x + _HALF, 2)
        top = 0.08 if segment.side.startswith("north") else 0.92 - DEEP
        return (left, top), (right, top), (right, top + DEEP), (left, top + DEEP)
    left = 0.05 if segment.side.startswith("west") else 0.95 - DEEP
    top, bottom = segment.y - _WHOLE, segment.y + _WHOLE
    return (left, top), (left + DEEP, top), (left + DEEP, bottom), (left, bottom)


def _buildings(count: int) -> Sequence[BuildingFacts]:
    """So many buildings of one size, in rows."""
    columns = 2 if count <= 4 else 3 if count <= 9 else 4  # noqa: PLR2004 - as they fit on a plan
    rows = -(-count // columns)
    wide, high = 0.76 / columns, 0.68 / rows
    found = []
    for number in range(count):
        row, column = divmod(number, columns)
        left, top = 0.12 + column * wide + 0.15 * wide, 0.16 + row * high + 0.22 * high
        right, bottom = left + 0.7 * wide, top + 0.5 * high
        outline = tuple(
            (round(x, 3), round(y, 3)) for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))
        )
        found.append(BuildingFacts(name_zh=f"{number + 1}号楼", name_en=f"Building {number + 1}", outline=outline))
    return tuple(found)


def _checkpoints(buildings: Sequence[BuildingFacts], *, gates: int) -> Sequence[CheckpointSpot]:
    booths = [CheckpointSpot("南门岗亭", "South gate booth", 0.47, 0.89)]
    if gates > 1:
        booths.append(CheckpointSpot("北门岗亭", "North gate booth", 0.47, 0.11))
    walls = [CheckpointSpot("西围墙", "West wall", 0.08, 0.50), CheckpointSpot("东围墙", "East wall", 0.92, 0.50)]
    doors = [
        CheckpointSpot(f"{each.name_zh}后门", f"{each.name_en}, back door", *_below(each)) for each in buildings[::3]
    ]
    return (*booths, *walls, *doors)


def _below(building: BuildingFacts) -> tuple[float, float]:
    left, _ = building.outline[0]
    right, bottom = building.outline[2]
    return round((left + right) / 2, 3), round(bottom + 0.02, 3)


def _patrol_things() -> Sequence[Thing]:
    return (
        Thing(DeviceClass.PATROL, Spot("phones", "巡更手机", "Patrol phones", 0.44, 0.86)),
        Thing(DeviceClass.PATROL, Spot("wand-01", "一号巡更棒", "Patrol wand 1", 0.56, 0.86)),
    )


def _office_things(*, has_server_room: bool) -> Sequence[Thing]:
    things = [
        Thing(DeviceClass.CAMERA, Spot("gate-north-01", "北门车道", "North gate lane", 0.54, 0.12)),
        Thing(DeviceClass.CAMERA, Spot("gate-south-01", "南门车道", "South gate lane", 0.54, 0.88)),
        *_patrol_things(),
        Thing(DeviceClass.PANIC, Spot("south-booth", "南门岗亭紧急按钮", "South gate booth, panic button", 0.50, 0.87)),
        Thing(DeviceClass.FIRE, Spot("building-1", "1号楼火灾报警主机", "Building 1, fire panel", 0.28, 0.32)),
        Thing(DeviceClass.ENV, Spot("server-room", "1号楼机房温湿度", "Building 1, server room climate", 0.24, 0.28)),
        Thing(DeviceClass.COUNTER, Spot("south", "南门客流", "South gate, people counter", 0.52, 0.91)),
    ]
    if has_server_room:
        door = Spot("server-room", "1号楼机房门", "Building 1, server room door", 0.20, 0.32)
        things.append(Thing(DeviceClass.DOOR, door))
    return tuple(things)


def _things_of_homes(*, is_large: bool, has_garage: bool) -> Sequence[Thing]:
    things = [
        Thing(DeviceClass.CAMERA, Spot("gate-south-01", "南门车道", "South gate lane", 0.54, 0.88)),
        *_patrol_things(),
        Thing(DeviceClass.PANIC, Spot("south-booth", "南门岗亭紧急按钮", "South gate booth, panic button", 0.50, 0.87)),
        Thing(DeviceClass.FIRE, Spot("building-1", "1号楼火灾报警主机", "Building 1, fire panel", 0.24, 0.24)),
    ]
    if is_large:
        things.append(Thing(DeviceClass.COUNTER, Spot("south", "南门客流", "South gate, people counter", 0.52, 0.91)))
    if has_garage:
        things.append(Thing(DeviceClass.ENV, Spot("garage", "地下车库一氧化碳", "Garage, carbon monoxide", 0.60, 0.84)))
    return tuple(things)
