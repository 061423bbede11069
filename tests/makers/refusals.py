"""Refused publishes as the keeper of the broker leaves them for the pages."""

from collections.abc import Mapping
from pathlib import Path

from registry.clock import Instant
from registry.devices.refusals import FILE, RefusedPublishes, written_refusals


def some_refusals(data_dir: Path, refused: Mapping[str, tuple[int, str, Instant]]) -> None:
    """By account: how many, the last topic, and when."""
    file = data_dir / "broker" / FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(
        written_refusals(
            {
                account: RefusedPublishes(count=count, topic=topic, at=at)
                for account, (count, topic, at) in refused.items()
            }
        )
    )
