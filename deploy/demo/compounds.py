"""The first compound of the demo as it stands on its plan: fractions of the plan's width and height, y downwards."""

from deploy.demo.plans import DEEP, CheckpointSpot, Segment, Spot, Thing
from registry.devices.facts import BuildingFacts
from registry.messages.topics import DeviceClass

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

SEGMENTS = (
    Segment(
        "north-01",
        "oc1-perimeter-north",
        "北围墙西段",
        "North wall, west",
        ((0.05, 0.08), (0.44, 0.08), (0.44, 0.08 + DEEP), (0.05, 0.08 + DEEP)),
        0.25,
        0.09,
    ),
    Segment(
        "north-02",
        "oc1-perimeter-north-2",
        "北围墙东段",
        "North wall, east",
        ((0.56, 0.08), (0.95, 0.08), (0.95, 0.08 + DEEP), (0.56, 0.08 + DEEP)),
        0.75,
        0.09,
    ),
    Segment(
        "east-01",
        "oc1-perimeter-east",
        "东围墙北段",
        "East wall, north",
        ((0.95 - DEEP, 0.13), (0.95, 0.13), (0.95, 0.49), (0.95 - DEEP, 0.49)),
        0.94,
        0.31,
    ),
    Segment(
        "east-02",
        "oc1-perimeter-east-2",
        "东围墙南段",
        "East wall, south",
        ((0.95 - DEEP, 0.51), (0.95, 0.51), (0.95, 0.87), (0.95 - DEEP, 0.87)),
        0.94,
        0.69,
    ),
    Segment(
        "south-01",
        "oc1-perimeter-south",
        "南围墙西段",
        "South wall, west",
        ((0.05, 0.92 - DEEP), (0.44, 0.92 - DEEP), (0.44, 0.92), (0.05, 0.92)),
        0.25,
        0.91,
    ),
    Segment(
        "south-02",
        "oc1-perimeter-south-2",
        "南围墙东段",
        "South wall, east",
        ((0.56, 0.92 - DEEP), (0.95, 0.92 - DEEP), (0.95, 0.92), (0.56, 0.92)),
        0.75,
        0.91,
    ),
    Segment(
        "west-01",
        "oc1-perimeter-west",
        "西围墙北段",
        "West wall, north",
        ((0.05, 0.13), (0.05 + DEEP, 0.13), (0.05 + DEEP, 0.49), (0.05, 0.49)),
        0.06,
        0.31,
    ),
    Segment(
        "west-02",
        "oc1-perimeter-west-2",
        "西围墙南段",
        "West wall, south",
        ((0.05, 0.51), (0.05 + DEEP, 0.51), (0.05 + DEEP, 0.87), (0.05, 0.87)),
        0.06,
        0.69,
    ),
)

_CAMERAS = (
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

_DEVICES = (
    (DeviceClass.PATROL, Spot("phones", "巡更手机", "Patrol phones", 0.45, 0.14)),
    (DeviceClass.PATROL, Spot("wand-01", "一号巡更棒", "Patrol wand 1", 0.55, 0.14)),
    (DeviceClass.DOOR, Spot("archive", "1号楼档案室门", "Building 1, archive door", 0.20, 0.26)),
    (DeviceClass.DOOR, Spot("server-room", "2号楼机房门", "Building 2, server room door", 0.80, 0.26)),
    (DeviceClass.PANIC, Spot("north-booth", "北门岗亭紧急按钮", "North gate booth, panic button", 0.44, 0.10)),
    (DeviceClass.PANIC, Spot("reception", "信访接待室紧急按钮", "Petition room, panic button", 0.36, 0.22)),
    (DeviceClass.FIRE, Spot("building-1", "1号楼火灾报警主机", "Building 1, fire panel", 0.30, 0.24)),
    (DeviceClass.FIRE, Spot("canteen", "食堂火灾报警主机", "Canteen, fire panel", 0.63, 0.66)),
    (DeviceClass.ENV, Spot("server-room", "2号楼机房温湿度", "Building 2, server room climate", 0.82, 0.34)),
    (DeviceClass.ENV, Spot("gas-room", "食堂燃气探测", "Canteen, gas detector", 0.70, 0.74)),
    (DeviceClass.COUNTER, Spot("north", "北门客流", "North gate, people counter", 0.53, 0.08)),
    (DeviceClass.COUNTER, Spot("south", "南门客流", "South gate, people counter", 0.53, 0.92)),
)
THINGS = (*(Thing(DeviceClass.CAMERA, spot) for spot in _CAMERAS), *(Thing(*pair) for pair in _DEVICES))
"""What stands inside the walls."""
