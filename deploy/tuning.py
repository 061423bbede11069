"""How a process of the house shares its interpreter: set once, when it has loaded what it keeps."""

import gc
import sys

_GC_THRESHOLDS = (100_000, 50, 1000)
"""Measured in performance.md 4: the 99th percentile of durable checks falls from 20-34 ms to 3-4 ms."""
_TURN_SECONDS = 0.001
"""Python's own is 5 ms: a commit of eight signals beside a thread that computes took 29 and 59 ms in the middle, so 11 and 18."""


def settle_memory() -> None:
    """Set the garbage collector for a process that has loaded what it keeps: it looks through that never again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


def take_short_turns() -> None:
    """Let a thread that waits for the store or the network go on soon beside one that computes: signals beside rules."""
    sys.setswitchinterval(_TURN_SECONDS)
