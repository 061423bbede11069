"""The two compounds of the demo as they stand on their plans: fractions of the plan's width and height, y downwards."""

from typing import NamedTuple

from registry.devices.facts import BuildingFacts


class Spot(NamedTuple):
    """Something mounted at a place: its name in the register, its names for people, where it is."""

    name: str
    zh: str
    en: str
    x: float
    y: float


class Segment(NamedTuple):
    """A stretch of the perimeter with one beam and one camera: a zone."""

    side: str
    zone: str
    zh: str
    en: str
    outline: tuple[tuple[float, float], ...]
    x: float
    y: float


class CheckpointSpot(NamedTuple):
    """A checkpoint of the patrol."""

    zh: str
    en: str
    x: float
    y: float


OUTLINE = ((0.05, 0.08), (0.95, 0.08), (0.95, 0.92), (0.05, 0.92))

BUILDINGS = (
    BuildingFacts(
        name_zh="1号楼", name_en="Building 1", outline=((0.14, 0.20), (0.40, 0.20), (0.40, 0.38), (0.14, 0.38))
    ),
    BuildingFacts(
        name_zh="2号楼", name_en="Building 2", outline=((0.60, 0.20), (0.86, 0.20), (0.86, 0.38), (0.60, 0.38))
    ),
    BuildingFacts(
        name_zh="3号楼", name_en="Building 3", outline=((0.14, 0.60), (0.40, 0.60), (0.40, 0.78), (0.14, 0.78))
    ),
    BuildingFacts(name_zh="食堂", name_en="Canteen", outline=((0.60, 0.60), (0.72, 0.60), (0.72, 0.78), (0.60, 0.78))),
    BuildingFacts(
        name_zh="停车场", name_en="Car park", outline=((0.76, 0.60), (0.88, 0.60), (0.88, 0.80), (0.76, 0.80))
    ),
)

GATES = (
    Spot("oc1-north", "北门", "North gate", 0.50, 0.08),
    Spot("oc1-south", "南门", "South gate", 0.50, 0.92),
)

_DEEP = 0.05
"""How far a perimeter zone reaches inwards."""

SEGMENTS = (
    Segment(
        "north-01",
        "oc1-perimeter-north",
        "北围墙西段",
        "North wall, west",
        ((0.05, 0.08), (0.44, 0.08), (0.44, 0.08 + _DEEP), (0.05, 0.08 + _DEEP)),
        0.25,
        0.09,
    ),
    Segment(
        "north-02",
        "oc1-perimeter-north-2",
        "北围墙东段",
        "North wall, east",
        ((0.56, 0.08), (0.95, 0.08), (0.95, 0.08 + _DEEP), (0.56, 0.08 + _DEEP)),
        0.75,
        0.09,
    ),
    Segment(
        "east-01",
        "oc1-perimeter-east",
        "东围墙北段",
        "East wall, north",
        ((0.95 - _DEEP, 0.13), (0.95, 0.13), (0.95, 0.49), (0.95 - _DEEP, 0.49)),
        0.94,
        0.31,
    ),
    Segment(
        "east-02",
        "oc1-perimeter-east-2",
        "东围墙南段",
        "East wall, south",
        ((0.95 - _DEEP, 0.51), (0.95, 0.51), (0.95, 0.87), (0.95 - _DEEP, 0.87)),
        0.94,
        0.69,
    ),
    Segment(
        "south-01",
        "oc1-perimeter-south",
        "南围墙西段",
        "South wall, west",
        ((0.05, 0.92 - _DEEP), (0.44, 0.92 - _DEEP), (0.44, 0.92), (0.05, 0.92)),
        0.25,
        0.91,
    ),
    Segment(
        "south-02",
        "oc1-perimeter-south-2",
        "南围墙东段",
        "South wall, east",
        ((0.56, 0.92 - _DEEP), (0.95, 0.92 - _DEEP), (0.95, 0.92), (0.56, 0.92)),
        0.75,
        0.91,
    ),
    Segment(
        "west-01",
        "oc1-perimeter-west",
        "西围墙北段",
        "West wall, north",
        ((0.05, 0.13), (0.05 + _DEEP, 0.13), (0.05 + _DEEP, 0.49), (0.05, 0.49)),
        0.06,
        0.31,
    ),
    Segment(
        "west-02",
        "oc1-perimeter-west-2",
        "西围墙南段",
        "West wall, south",
        ((0.05, 0.51), (0.05 + _DEEP, 0.51), (0.05 + _DEEP, 0.87), (0.05, 0.87)),
        0.06,
        0.69,
    ),
)

SECOND_SEGMENT = Segment(
    "north-01",
    "oc2-perimeter-north",
    "北围墙",
    "North wall",
    ((0.05, 0.08), (0.95, 0.08), (0.95, 0.08 + _DEEP), (0.05, 0.08 + _DEEP)),
    0.50,
    0.09,
)
"""The one stretch of oc2 that has its devices already."""

OTHER_CAMERAS = (
    Spot("gate-north-01", "北门车道", "North gate lane", 0.53, 0.12),
    Spot("gate-south-01", "南门车道", "South gate lane", 0.53, 0.88),
    Spot("hall-01", "1号楼大厅", "Building 1 hall", 0.27, 0.36),
    Spot("car-park-01", "停车场", "Car park", 0.82, 0.70),
)

CHECKPOINTS = (
    CheckpointSpot("北门岗亭", "North gate booth", 0.47, 0.11),
    CheckpointSpot("1号楼东侧", "Building 1, east side", 0.42, 0.29),
    CheckpointSpot("1号楼配电间", "Building 1, switch room", 0.16, 0.36),
    CheckpointSpot("西围墙", "West wall", 0.08, 0.50),
    CheckpointSpot("3号楼后门", "Building 3, back door", 0.16, 0.80),
    CheckpointSpot("南门岗亭", "South gate booth", 0.47, 0.89),
    CheckpointSpot("食堂燃气间", "Canteen, gas room", 0.66, 0.80),
    CheckpointSpot("停车场消防栓", "Car park, hydrant", 0.84, 0.82),
    CheckpointSpot("东围墙", "East wall", 0.92, 0.50),
    CheckpointSpot("2号楼消防通道", "Building 2, escape lane", 0.73, 0.40),
)
"""In the order in which they are walked."""
