"""What a device may be told of itself: where its picture comes from and what is drawn on it."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from registry.video.address import HIDDEN, LIVE_SCHEMES, address_parts

RULES_OF_REGIONS = frozenset({"intrusion"})
"""What our own camera worker watches for in a region."""
LEAST_CORNERS, MOST_CORNERS = 3, 64
MOST_REGIONS = 16


def fault_of_source(source: str) -> str | None:
    """What is wrong with a camera's source, which is a file of this machine or an address; None: nothing."""
    if not source.strip():
        return "it is empty"
    if any(ord(character) < ord(" ") for character in source):
        return "it holds a control character"
    return _fault_of_address(source) if "://" in source else None


def _fault_of_address(source: str) -> str | None:
    if HIDDEN in source:
        return f"{HIDDEN} stands for what is not shown; write the whole address"
    try:
        parts = urlsplit(source)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return "it is no address"
    if parts.scheme not in LIVE_SCHEMES:
        return f"{parts.scheme}:// is no way to a camera; use rtsp://, http:// or a file"
    if not has_host:
        return "it names no host"
    # Where an @ follows a / or ?, some programs take what is before it for the password, others for the host.
    return "in a password, / is written %2F, ? %3F, # %23 and @ %40" if "@" in address_parts(source)[2] else None


def fault_of_region(polygon: Sequence[tuple[float, float]], rules: Sequence[str]) -> str | None:
    """What is wrong with a region drawn on a picture, in fractions of its width and height; None: nothing."""
    if not LEAST_CORNERS <= len(polygon) <= MOST_CORNERS:
        return f"a region has {LEAST_CORNERS} to {MOST_CORNERS} corners, this one has {len(polygon)}"
    if not all(0 <= along <= 1 for point in polygon for along in point):
        return "corners are fractions of the picture, between 0 and 1"
    if abs(_area(polygon)) < 1e-4:  # noqa: PLR2004 - a hundredth of the picture's width by a hundredth of its height
        return "its corners enclose nothing"
    unknown = sorted(set(rules) - RULES_OF_REGIONS)
    return f"{unknown[0]} is no rule of a region; there are {', '.join(sorted(RULES_OF_REGIONS))}" if unknown else None


def _area(polygon: Sequence[tuple[float, float]]) -> float:
    following = (*polygon[1:], polygon[0])
    return sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in zip(polygon, following, strict=True)) / 2
