"""How much of the machine each process takes."""

import time
from collections.abc import Iterable
from contextlib import suppress

import psutil  # type: ignore[import-untyped]

from deploy.system.facts import Career, HouseFacts, ProcessFacts
from registry.clock import Instant

EVERY_SECONDS = 2.0


class Meter:
    """Looks at the processes of a supervisor now and then."""

    def __init__(self) -> None:
        self._known: dict[int, psutil.Process] = {}
        self._due = 0.0

    def is_due(self) -> bool:
        return time.monotonic() >= self._due

    def look(self, form: str, careers: Iterable[Career], at: Instant) -> HouseFacts:
        """Look at all of them; the next look is due in two seconds."""
        self._due = time.monotonic() + EVERY_SECONDS
        processes = tuple(self._facts(career) for career in careers)
        running = {process.pid for process in processes}
        self._known = {pid: known for pid, known in self._known.items() if pid in running}
        return HouseFacts(form=form, at=at, processes=processes)

    def _facts(self, career: Career) -> ProcessFacts:
        memory = cpu = percent = None
        if career.pid is not None:
            with suppress(psutil.Error):  # it ended a moment ago
                process = self._known.setdefault(career.pid, psutil.Process(career.pid))
                with process.oneshot():
                    memory = process.memory_info().rss
                    times = process.cpu_times()
                    cpu = times.user + times.system
                    percent = process.cpu_percent()
        return ProcessFacts(
            name=career.name,
            pid=career.pid,
            since=career.since,
            restarts=career.restarts,
            ending=career.ending,
            memory_bytes=memory,
            cpu_seconds=cpu,
            cpu_percent=percent,
        )
