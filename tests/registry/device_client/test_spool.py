"""A device's spool keeps what nobody has heard: in order, numbered once, bounded, and over a kill."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from registry.device_client import DeviceSpool

_ADDS = """
import sys
from pathlib import Path
from registry.device_client import DeviceSpool
spool = DeviceSpool(Path(sys.argv[1]))
number = 0
while True:
    spool.add(lambda boot, seq: str(seq).encode())
    number += 1
    print(number, flush=True)
"""


def said(spool: DeviceSpool) -> list[bytes]:
    return [payload for _, payload in spool.first(1_000_000)]


def test_what_was_added_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    file = tmp_path / "spool.db"
    with subprocess.Popen([sys.executable, "-c", _ADDS, str(file)], stdout=subprocess.PIPE, text=True) as adding:
        assert adding.stdout is not None
        told = [int(adding.stdout.readline()) for _ in range(20)]
        os.kill(adding.pid, signal.SIGKILL)
    kept = said(DeviceSpool(file))
    assert kept[: told[-1]] == [str(number).encode() for number in told]
    assert [int(payload) for payload in kept] == list(range(1, len(kept) + 1))


def test_numbers_go_on_when_it_is_opened_again(tmp_path: Path) -> None:
    boots: list[str] = []

    def written(boot: str, seq: int) -> bytes:
        boots.append(boot)
        return str(seq).encode()

    for _ in range(2):
        spool = DeviceSpool(tmp_path / "spool.db")
        spool.add(written)
        spool.close()
    spool = DeviceSpool(tmp_path / "spool.db")
    assert said(spool) == [b"1", b"2"]
    assert len(set(boots)) == 1
    spool.confirmed(1)
    assert said(spool) == [b"2"]


def test_when_too_many_wait_the_oldest_are_given_up(tmp_path: Path) -> None:
    spool = DeviceSpool(tmp_path / "spool.db", most=3)
    for _ in range(5):
        spool.add(lambda _boot, seq: str(seq).encode())
    assert said(spool) == [b"3", b"4", b"5"]
    assert spool.waiting == 3
