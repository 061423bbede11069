"""A broker that ran out of disk stores nothing more, however much room there is again, until it is started anew."""

import shutil
import time
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from tempfile import TemporaryFile

import structlog

from deploy.broker.kinds import Broker
from deploy.retry import Retry

log = structlog.get_logger()

ROOM_BYTES = 64 * 1024 * 1024
"""So much must be free before a start is worth it: the broker reads all that waits and writes its indexes anew."""
_TRIED_BYTES = 1024 * 1024
_STEADY_SECONDS = 60.0
"""A broker that went on storing for so long is started anew at once the next time."""


@dataclass(slots=True)
class Revival:
    """When to start such a broker anew: never while there is no room, and ever less often where it does not help."""

    _retry: Retry = field(default_factory=Retry)
    _last: float = -inf
    _is_told: bool = False

    def is_due(self, broker: Broker) -> bool:
        """Whether to start it anew now; the log then says why."""
        fault = broker.fault
        if fault is None or not self._retry.is_due():
            return False
        if not has_room(broker.places.folder):
            if not self._is_told:
                log.error("broker-stores-nothing", fault=fault, folder=str(broker.places.folder))
                self._is_told = True
            return False
        if time.monotonic() - self._last > _STEADY_SECONDS:
            self._retry.done()
        self._retry.later()
        self._last = time.monotonic()
        self._is_told = False
        log.warning("broker-starts-anew-after-full-disk", fault=fault)
        return True


def has_room(folder: Path) -> bool:
    """Whether this folder's disk has room and takes what is written: a quota may be used up, or a disk read-only."""
    try:
        if shutil.disk_usage(folder).free < ROOM_BYTES:
            return False
        with TemporaryFile(dir=folder, buffering=0) as file:
            return file.write(bytes(_TRIED_BYTES)) == _TRIED_BYTES
    except OSError:
        return False
