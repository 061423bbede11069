"""How a process is told to end."""

import gc
import signal
import threading
from types import FrameType


def stop_on_signals() -> threading.Event:
    """Give the event that SIGTERM or SIGINT sets; call it from the main thread."""
    stop = threading.Event()

    def told_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, told_to_stop)
    signal.signal(signal.SIGINT, told_to_stop)
    return stop


def leave_at_once() -> None:
    """Spare the interpreter its last look through everything there is, before a process ends: half a second of processor."""
    gc.freeze()
