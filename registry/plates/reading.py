"""A plate that was read, for those who ask for readings and need no networks themselves."""

from dataclasses import dataclass

from registry.plates.grammar import PlateColour, PlateKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateReading:
    """A plate that was read."""

    text: str
    score: float
    """0 to 1: mean likelihood of a character."""
    box: tuple[tuple[float, float], ...]
    """Top left, top right, bottom right, bottom left, in pixels of the picture."""
    color: PlateColour | None
    kind: PlateKind
