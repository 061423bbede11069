"""The machine that figures were measured on: without it they say nothing."""

import os
import platform
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.bench.figures import Row, percentile
from registry.problems import Refusal

_SYNCS = 100


@contextmanager
def scratch_folder(data_dir: Path) -> Iterator[Path]:
    """A folder on the disk of the stores, gone afterwards: what a commit costs is the disk's affair.

    Raises:
        Refusal: nothing can be written there.

    """
    place = next(folder for folder in (data_dir, *data_dir.parents) if folder.is_dir())
    try:
        scratch = TemporaryDirectory(prefix=".dayuan-bench-", dir=place)
    except OSError as error:
        raise Refusal(
            f"The folder {place} cannot be written: {error.strerror}. Name another with --data-dir."
        ) from None
    # Told to end, we end as at an interrupt: the folder goes, and so do the processes that work in it.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with scratch as folder:
            yield Path(folder)
    finally:
        signal.signal(signal.SIGTERM, before)


def machine_row(folder: Path) -> Row:
    """What this machine is and how busy it is; `sync_ms`: the median time in which its disk takes 4 KiB for good."""
    return {
        "case": "machine",
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "sync_ms": _sync_seconds(folder) * 1e3,
    }


def resident_bytes(pid: int) -> int:
    """The memory that a process has for itself and shares, as `ps` calls it: its resident set."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid: int) -> float:
    """The processor time that a process has used since it began, in steps of the kernel's clock (10 ms)."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def _sync_seconds(folder: Path) -> float:
    file = folder / "sync"
    took = []
    with file.open("wb", buffering=0) as stream:
        for _ in range(_SYNCS):
            stream.write(bytes(4096))
            began = time.perf_counter()
            os.fsync(stream.fileno())
            took.append(time.perf_counter() - began)
    file.unlink()
    return percentile(sorted(took), 0.5)
