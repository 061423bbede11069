"""Makers of what a supervisor says of its processes."""

from datetime import datetime
from typing import Any

from deploy.system.facts import HouseFacts, ProcessFacts
from tests.fakes.clock import NOON


def a_process(name: str = "engine", **facts: Any) -> ProcessFacts:
    """A process that runs since noon."""
    known: dict[str, Any] = {
        "pid": 4711,
        "since": NOON,
        "restarts": 0,
        "ending": None,
        "memory_bytes": 120 * 1024 * 1024,
        "cpu_seconds": 3.5,
        "cpu_percent": 7.0,
    }
    return ProcessFacts(name=name, **{**known, **facts})


def a_house_of(*processes: ProcessFacts, form: str = "up", at: datetime = NOON) -> HouseFacts:
    return HouseFacts(form=form, at=at, processes=processes)
