"""How a process is told to end."""

import gc
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


def stop_on_signals() -> threading.Event:
    """Give the event that SIGTERM or SIGINT sets; call it from the main thread."""
    stop = threading.Event()

    def told_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, told_to_stop)
    signal.signal(signal.SIGINT, told_to_stop)
    return stop


@contextmanager
def cut_off_by_signals() -> Iterator[None]:
    """Within the block SIGTERM and SIGINT end it by `KeyboardInterrupt`: for long work that may be cut off at any point."""

    def cut_off(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, cut_off) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave_at_once() -> None:
    """Spare the interpreter its last look through everything there is, before a process ends: half a second of processor."""
    gc.freeze()
