"""The benchmark of the replay, on the first minutes of its day: a whole one takes too long."""

from itertools import islice
from pathlib import Path

from deploy.bench.day import the_day, the_setting
from deploy.bench.replay import _told
from monitor.replay.recording import lines_of


def test_all_that_was_drawn_goes_through_the_rules_and_the_memory_is_told_of_each_part(tmp_path: Path) -> None:
    recording, begun = tmp_path / "day.jsonl", list[str]()
    recording.write_bytes(b"".join(lines_of(the_setting(), islice(the_day(1_000_000, 1), 2001))))
    *parts, whole = _told(recording, 2001, begun.append)
    assert [row["signals"] for row in parts] == [500, 500, 500, 501]
    assert len(begun) == len(parts)
    assert whole["signals"] == 2001
    assert "alarms" in whole
    assert all({"per_second", "per_cpu_second", "resident_mb"} <= row.keys() for row in (*parts, whole))
