"""Child processes of a benchmark: what is measured never shares a process with what measures it."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

from deploy.leash import tie_to
from registry import logs
from registry.problems import Refusal

Arguments = ParamSpec("Arguments")
_STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Child:
    """A process and our end of the line to it."""

    process: BaseProcess
    line: Connection
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid or 0

    def say(self, word: object) -> None:
        self.line.send(word)

    def hear(self, timeout_seconds: float) -> Any:
        """What the child says next.

        Raises:
            Refusal: it ended, or kept silent for so long.

        """
        if not self.line.poll(timeout_seconds):
            raise Refusal(f"A process of the benchmark said nothing for {timeout_seconds:.0f} s. {self._last_words()}")
        try:
            return self.line.recv()
        except EOFError:
            raise Refusal(f"A process of the benchmark ended too early. {self._last_words()}") from None

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if self.log.exists() else []
        return lines[-1] if lines else "It said nothing."


@contextmanager
def a_child(
    log: Path,
    work: Callable[Concatenate[Connection, Arguments], None],
    *arguments: Arguments.args,
    **named: Arguments.kwargs,
) -> Iterator[Child]:
    """Run `work(line, …)` in a process of its own; it is ended when the block is left, and when we end."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(os.getpid(), log, partial(work, theirs, *arguments, **named)))
    process.start()
    theirs.close()
    try:
        yield Child(process, ours, log)
    finally:
        process.terminate()
        process.join(_STOP_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()
        ours.close()


def _run(parent: int, log: Path, work: Callable[[], None]) -> None:
    if not tie_to(parent, signal.SIGKILL):
        sys.exit("whoever measures is gone")
    sys.stderr = log.open("a", encoding="utf-8")
    logs.configure(process="bench", as_json=False)
    work()
