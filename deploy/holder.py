"""Who we are to other engines, and whether the one that holds a lease is known to have ended."""

import os
import socket
from pathlib import Path

from deploy.leash import ProcessMark
from monitor.lease.rules import Holder

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_PROCESSES = Path("/proc/self/ns/pid")


def this_process() -> Holder:
    """This process, as others that use the same store can know it."""
    mark = ProcessMark.of(os.getpid())
    return Holder(
        host=socket.gethostname(),
        machine=_machine(),
        pid=os.getpid(),
        started=mark.started if mark is not None else 0,
    )


def is_gone(holder: Holder) -> bool:
    """Whether a process has ended for sure; False also when it runs where we cannot see it."""
    return holder.machine == _machine() and not ProcessMark(holder.pid, holder.started).alive


def _machine() -> str:
    """Where a process's number means the same: one kernel since it was started, and in it one space of numbers."""
    return f"{_BOOT.read_text().strip()} {_PROCESSES.readlink()}"
