"""How long something may take on a machine that has other things to do as well."""

import os


def within(seconds: float) -> float:
    """So many seconds on a machine that is not busier than it has processors; as much longer as it is busier."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
