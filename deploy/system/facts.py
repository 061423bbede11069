"""What a supervisor says of its processes, in a file of the data folder, for whoever asks: the page, the metrics."""

import json
import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from registry.clock import Instant


class Cause(StrEnum):
    """Why its supervisor ended a process."""

    DISK_WAS_FULL = "disk-was-full"


class Ending(BaseModel):
    """How a process ended the last time. `code`: below 0 it was a signal; None: nobody knows. `cause`: we ended it."""

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    code: int | None
    cause: Cause | None = None


class ProcessFacts(BaseModel):
    """One process. `pid` is None while it does not run; `cpu_percent` is of one core, since the look before."""

    model_config = ConfigDict(frozen=True)

    name: str
    pid: int | None
    since: AwareDatetime | None
    restarts: int
    ending: Ending | None
    memory_bytes: int | None
    cpu_seconds: float | None
    cpu_percent: float | None


class HouseFacts(BaseModel):
    """The processes under one supervisor, as they were `at` that moment."""

    model_config = ConfigDict(frozen=True)

    form: str
    at: AwareDatetime
    processes: tuple[ProcessFacts, ...]

    @classmethod
    def in_file(cls, file: Path) -> Self | None:
        """What the file says; None: it is not there, or of another version."""
        try:
            return cls.model_validate_json(file.read_bytes())
        except (OSError, ValidationError):
            return None

    def write(self, file: Path) -> None:
        """Write the file whole; it need not survive a power cut."""
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(self.model_dump(mode="json"), stream)
        draft.replace(file)


@dataclass(slots=True)
class Career:
    """What became of a process over its restarts, as its supervisor saw it."""

    name: str
    pid: int | None = None
    since: Instant | None = None
    restarts: int = 0
    ending: Ending | None = None

    def began(self, pid: int, at: Instant) -> None:
        """It was started, or started anew."""
        if self.since is not None:
            self.restarts += 1
        self.pid, self.since = pid, at

    def ended(self, code: int | None, at: Instant, cause: Cause | None = None) -> None:
        """It does not run any more."""
        if self.pid is not None:
            self.pid, self.ending = None, Ending(at=at, code=code, cause=cause)
