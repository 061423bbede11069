"""A child process on a leash: it ends with its parent, and one that was left over is found again and ended."""

import ctypes
import json
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_STATE, _START_TIME = 0, 19
"""Fields of /proc/<pid>/stat, counted after the command's closing bracket."""


def tie_to(parent: int, sign: signal.Signals) -> bool:
    """Have the kernel send this process `sign` when the thread that started it ends, however it ends (Linux).

    Gives False when the process `parent` is gone already: nothing will be sent then.
    """
    _LIBC.prctl(_PR_SET_PDEATHSIG, sign)
    return os.getppid() == parent


def dies_with_parent() -> Callable[[], None]:
    """Make a `preexec_fn`: the child is told to end when the thread that starts it ends, so start it from a thread that stays."""
    parent = os.getpid()

    def leash() -> None:
        if not tie_to(parent, signal.SIGTERM):
            os._exit(1)

    return leash


@dataclass(frozen=True, slots=True)
class ProcessMark:
    """A process that cannot be mistaken for a later one with the same number: its number and when it began."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """The mark of a process that runs now; None when there is none, or only its remains."""
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[_STATE] in "ZX" else cls(pid, int(fields[_START_TIME]))

    @property
    def alive(self) -> bool:
        return ProcessMark.of(self.pid) == self

    def end(self, sign: signal.Signals) -> None:
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, sign)


@dataclass(frozen=True, slots=True)
class ChildFile:
    """The file that says which child runs for which parent, so that a later start knows its own."""

    path: Path

    def write(self, child: ProcessMark, parent: ProcessMark) -> None:
        marks = {"child": [child.pid, child.started], "parent": [parent.pid, parent.started]}
        self.path.write_text(json.dumps(marks))

    def read(self) -> tuple[ProcessMark, ProcessMark] | None:
        """Child and parent; None when nothing legible is there."""
        try:
            marks = json.loads(self.path.read_text())
            return ProcessMark(*map(int, marks["child"])), ProcessMark(*map(int, marks["parent"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
