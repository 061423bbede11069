"""Keeps the child processes alive: starts them in order, restarts what ends, stops them in reverse order."""

import os
import selectors
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from deploy.processes.orders import READY, REFUSED, Orders
from deploy.system.facts import Career
from registry.clock import Clock
from registry.problems import Refusal

log = structlog.get_logger()

_FIRST_BACKOFF_SECONDS = 0.5
_LONGEST_BACKOFF_SECONDS = 10.0
_STEADY_SECONDS = 30.0
"""A process that lived this long starts with the first back-off again."""
_READY_SECONDS = 60.0
_STOP_SECONDS = 4.0
"""Then by force: with all else the command ends within five seconds."""
_LONGEST_WORD = 4096
LONGEST_LOG_BYTES = 10 * 1024 * 1024


@dataclass(slots=True)
class Child:
    """One process: a module with a `main`, and what it is told. `orders` is asked anew at each start."""

    name: str
    module: str
    orders: Callable[[], Orders]
    stop_seconds: float = _STOP_SECONDS
    """How long it may take to end in order."""
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    restart_at: float | None = None
    backoff_seconds: float = _FIRST_BACKOFF_SECONDS
    career: Career = field(init=False)

    def __post_init__(self) -> None:
        self.career = Career(self.name)

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


@dataclass(slots=True)
class Supervisor:
    """Owns the children. Used from one thread only: a child dies with the thread that started it."""

    logs: Path
    clock: Clock
    children: list[Child] = field(default_factory=list)

    def start(self, child: Child) -> None:
        """Start a child and wait until it says that it is ready.

        Raises:
            Refusal: it refused, in its own words; or it ended or kept silent, and the last line of its log is told.
        """
        self.launch(child)
        self.await_ready(child)

    def launch(self, child: Child) -> None:
        """Start a child without waiting for it."""
        self.children.append(child)
        self._spawn(child)

    def await_ready(self, child: Child) -> None:
        """Wait until a child that was launched says that it is ready.

        Raises:
            Refusal: as `start`.
        """
        word = self._first_word(child)
        if word.startswith(REFUSED):
            raise Refusal(word.removeprefix(REFUSED))
        if word != READY:
            raise Refusal(f"The {child.name} process did not start: {self._last_words(child)}")

    def tend(self) -> None:
        """Restart what has ended and is due, and keep the logs short; called often."""
        now = time.monotonic()
        for child in self.children:
            shorten(self._log_of(child))
        for child in self.children:
            if child.is_running:
                continue
            if child.restart_at is None:
                code = child.process.returncode if child.process else None
                child.career.ended(code, self.clock.now())
                if now - child.started > _STEADY_SECONDS:
                    child.backoff_seconds = _FIRST_BACKOFF_SECONDS
                log.warning("process-ended", child=child.name, code=code, restart_in_seconds=child.backoff_seconds)
                child.restart_at = now + child.backoff_seconds
                child.backoff_seconds = min(child.backoff_seconds * 2, _LONGEST_BACKOFF_SECONDS)
            elif now >= child.restart_at:
                child.restart_at = None
                try:
                    self._spawn(child)
                except OSError as fault:  # a full disk, no process to be had: the others run on, and it is tried again
                    log.warning("process-not-started", child=child.name, fault=str(fault))

    def remove(self, name: str) -> None:
        """End the named child, if there is one, and forget it."""
        leaving = [child for child in self.children if child.name == name]
        _end(leaving)
        self.children = [child for child in self.children if child.name != name]

    def stop(self) -> None:
        """End all children, last started first, within five seconds."""
        _end(list(reversed(self.children)))
        self.children.clear()

    def _spawn(self, child: Child) -> None:
        _hang_up(child)
        with self._log_of(child).open("ab") as log_file:
            child.process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "deploy.loading", child.module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log_file,
                start_new_session=True,  # an interrupt from the terminal is for the supervisor alone
            )
        child.started = time.monotonic()
        child.career.began(child.process.pid, self.clock.now())
        if child.process.stdin is not None:
            try:
                child.process.stdin.write(child.orders().model_dump_json().encode())
                child.process.stdin.close()
            except BrokenPipeError:
                log.warning("process-refused-its-orders", child=child.name)

    def _first_word(self, child: Child) -> str:
        """What a child says on its standard output first; empty when it ends or keeps silent instead."""
        process = child.process
        if process is None or process.stdout is None:
            return ""
        deadline = time.monotonic() + _READY_SECONDS
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while time.monotonic() < deadline:
                if selector.select(timeout=0.2):
                    return os.read(process.stdout.fileno(), _LONGEST_WORD).decode(errors="replace").strip()
        return ""

    def _log_of(self, child: Child) -> Path:
        return self.logs / f"{child.name}.log"

    def _last_words(self, child: Child) -> str:
        text = self._log_of(child).read_text(encoding="utf-8", errors="replace").strip()
        return text.splitlines()[-1] if text else "it said nothing."


def shorten(log_file: Path) -> None:
    """Keep a log that has grown too long as `.1` and go on with an empty one; its writer appends and notices nothing."""
    if not log_file.exists() or log_file.stat().st_size <= LONGEST_LOG_BYTES:
        return
    try:
        shutil.copyfile(log_file, log_file.with_suffix(".log.1"))
        os.truncate(log_file, 0)
    except OSError as fault:  # a full disk
        log.warning("log-not-shortened", file=str(log_file), fault=str(fault))


def _hang_up(child: Child) -> None:
    """Close our end of the line to a process that has ended."""
    if child.process is not None and child.process.stdout is not None:
        child.process.stdout.close()


def _end(children: list[Child]) -> None:
    running = [(child, child.process) for child in children if child.process is not None and child.is_running]
    for _, process in running:
        process.terminate()
    began = time.monotonic()
    for child, process in sorted(running, key=lambda one: one[0].stop_seconds):
        try:
            process.wait(timeout=max(0.0, began + child.stop_seconds - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for child in children:
        _hang_up(child)
