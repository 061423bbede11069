"""The rooms of the house as folders: where each keeps its texts, templates and static files."""

from pathlib import Path

HOUSE = Path(__file__).parent.parent
ROOMS = ("registry", "gateway", "monitor", "deploy")


def folders(name: str) -> dict[str, Path]:
    """The folder `name` of each room that has one, by room."""
    return {room: HOUSE / room / name for room in ROOMS if (HOUSE / room / name).is_dir()}
