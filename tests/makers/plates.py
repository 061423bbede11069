"""A plate reader that answers, in a thread of the test; and how many pictures a process has under way to one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import psutil  # type: ignore[import-untyped]

from gateway.plates.reader import Reader


@contextmanager
def a_plate_reader(line: Path, models: Path) -> Iterator[None]:
    """Read plates on the socket `line` for as long as the block lasts."""
    ready, stop = Event(), Event()
    thread = Thread(target=Reader(models).serve, args=(line,), kwargs={"ready": ready.set, "stop": stop})
    thread.start()
    assert ready.wait(60)
    try:
        yield
    finally:
        stop.set()
        thread.join(60)


def lines_of(pid: int) -> int:
    """How many Unix sockets a process has open: one more for each picture that it waits for."""
    return len(psutil.Process(pid).net_connections(kind="unix"))
