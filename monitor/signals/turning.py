"""What the lists of signals and of dead letters show around their lines."""

from collections.abc import Sequence
from typing import Any

from monitor.signals import queries
from registry.store import Work

LINES = 50


def turning(reading: Work, site: str | None, cursor: str | None, places: Sequence[int]) -> dict[str, Any]:
    """The totals, and where the older lines begin; `places` has one more than `LINES` when another page follows."""
    return {
        "totals": queries.totals(reading.session),
        "site": site,
        "is_newest": cursor is None,
        "following": places[LINES - 1] if len(places) > LINES else None,
    }
