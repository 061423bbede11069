"""`dayuan bench replay`: how fast a stored day goes through all rules, and whether memory stays flat while it does."""

import argparse
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from deploy.bench.day import the_day, the_setting
from deploy.bench.figures import Row
from deploy.bench.machine import machine_row, resident_bytes, scratch_folder
from deploy.bench.report import Column, opened_report
from deploy.configuration import Configuration
from deploy.progress import Begin
from deploy.tuning import settle_memory
from monitor.anomalies.catalogue import RULES
from monitor.replay.export import export
from monitor.replay.player import AT_ONCE, Player, scratch_store
from monitor.replay.recording import entries_in, lines_of, setting_in

_SEED = 1
PARTS = 4
"""Memory is read after each of so many equal parts."""
COLUMNS = (
    Column("part", "part of the day"),
    Column("signals", "signals", ",d"),
    Column("per_second", "signals/s", ",.0f"),
    Column("per_cpu_second", "signals/CPU s", ",.0f"),
    Column("resident_mb", "memory MB", ",.0f"),
    Column("alarms", "alarms", ",d"),
)


def replay(options: argparse.Namespace, configuration: Configuration) -> int:
    """Tell a drawn day of `--signals` out of a recording, as `dayuan replay FILE` does."""
    report = opened_report("replay", as_json=options.json)
    with (
        scratch_folder(configuration.settings.data_dir.absolute()) as folder,
        report.progress(1 + PARTS) as begin,
    ):
        machine = machine_row(folder)
        begin("the day is drawn")
        file = folder / "day.jsonl"
        with file.open("wb") as out:
            out.writelines(lines_of(the_setting(), the_day(options.signals, _SEED)))
        settle_memory()
        rows = list(_told(file, options.signals, begin))
    report.show_machine(machine)
    report.show("A recorded day told to all rules again", COLUMNS, rows)
    return 0


def _told(recording: Path, count: int, begin: Begin) -> Iterator[Row]:
    """A row for each part, and one for the whole with the export of what was found."""
    first = _Moment.now()
    with recording.open("rb") as file, scratch_store() as store:
        setting = setting_in(file.readline())
        player, entries = Player(store, setting, RULES), entries_in(file)
        for part in range(1, PARTS + 1):
            begin(f"part {part} of {PARTS}")
            before, told = _Moment.now(), player.signals
            while some := list(islice(entries, min(AT_ONCE, count * part // PARTS - player.signals))):
                player.tell(some)
            yield {"case": "part", "part": f"{part} of {PARTS}", **before.until_now(player.signals - told)}
        with store.read() as session:
            alarms = sum(1 for _ in export(session, since=setting.since, until=setting.until, site=None))
    yield {"case": "whole", "part": "whole, and its alarms", **first.until_now(player.signals), "alarms": alarms}


@dataclass(frozen=True, slots=True)
class _Moment:
    """Seconds of a clock that does not go back, and of this process's processor time."""

    steady: float
    busy: float

    @classmethod
    def now(cls) -> "_Moment":
        return cls(time.perf_counter(), time.process_time())

    def until_now(self, signals: int) -> Row:
        """What was done since, and the memory that this process has now."""
        return {
            "signals": signals,
            "per_second": signals / (time.perf_counter() - self.steady),
            "per_cpu_second": signals / (time.process_time() - self.busy),
            "resident_mb": resident_bytes(os.getpid()) / 1e6,
        }
