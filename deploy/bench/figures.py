"""Figures out of what was measured: medians over repetitions, percentiles within one. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

Row = Mapping[str, str | int | float]
"""One line of a table, and one JSON object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long answers took, in milliseconds."""

    p50_ms: float
    p95_ms: float
    p99_ms: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Latency":
        """Of at least one answer."""
        ordered = sorted(seconds)
        return cls(
            p50_ms=percentile(ordered, 0.50) * 1e3,
            p95_ms=percentile(ordered, 0.95) * 1e3,
            p99_ms=percentile(ordered, 0.99) * 1e3,
        )


def percentile(ordered: Sequence[float], part: float) -> float:
    """The value that this part of a sorted sequence does not exceed (nearest rank)."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def middle(repetitions: Sequence[Row]) -> dict[str, str | int | float]:
    """One row out of several repetitions of the same measurement: the median of each number, counts that may not be lost added up."""
    row: dict[str, str | int | float] = dict(repetitions[0])
    for field, value in repetitions[0].items():
        if isinstance(value, str):
            continue
        values = [float(each[field]) for each in repetitions]
        taken = sum(values) if field in ADDED_UP else median(values)
        row[field] = round(taken) if isinstance(value, int) else taken
    return row


ADDED_UP = frozenset({"lost", "doubled", "wrong", "repeated"})
"""What must be nothing is not lost in a median."""


def rounded(row: Row) -> dict[str, str | int | float]:
    """The same row with as many digits as are worth something."""
    return {field: float(f"{value:.4g}") if isinstance(value, float) else value for field, value in row.items()}
