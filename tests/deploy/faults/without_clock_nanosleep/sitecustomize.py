"""Python reads this before all else where it is on the path: a sleep that does not ask for the clock.

libfaketime 0.9.10, told to leave the steady clock alone, answers each `clock_nanosleep` with EINVAL, and `time.sleep` raises that.
"""

import select
import time
from typing import SupportsIndex


def _sleep(seconds: SupportsIndex | float) -> None:
    select.select((), (), (), float(seconds))


time.sleep = _sleep
