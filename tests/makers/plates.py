"""A plate reader that answers, in a thread of the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from gateway.plates.reader import Reader


@contextmanager
def a_plate_reader(line: Path, models: Path) -> Iterator[None]:
    """Read plates on the socket `line` for as long as the block lasts."""
    ready, stop = Event(), Event()
    thread = Thread(target=Reader(models).serve, args=(line,), kwargs={"ready": ready.set, "stop": stop})
    thread.start()
    assert ready.wait(10)
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
