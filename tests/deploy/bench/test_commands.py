"""Each benchmark runs whole in a small form, loses nothing and says its fields; how fast it is, no test asks."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from registry.settings import BrokerKind
from tests.brokers import why_not

pytestmark = pytest.mark.timeout(300)
Rows = list[dict[str, Any]]


def bench(folder: Path, *words: str) -> Rows:
    """Run the command; what it says on standard output."""
    command = [sys.executable, "-m", "deploy.command", "bench", *words, "--json", "--data-dir", str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def of_case(rows: Rows, case: str) -> Rows:
    return [row for row in rows if row["case"] == case]


def ways(rows: Sequence[dict[str, Any]]) -> set[str]:
    return {row["way"] for row in rows}


def test_every_check_that_was_answered_is_in_the_journal_and_stands_beside_its_rivals(tmp_path: Path) -> None:
    rows = bench(tmp_path, "gate", "--people", "50", "--connections", "4", "--seconds", "0.3", "--repeats", "1")
    [machine] = of_case(rows, "machine")
    assert machine["bench"] == "gate"
    assert machine["cores"] >= 1
    checks = of_case(rows, "check")
    of_one, of_four = ({row["way"] for row in checks if row["connections"] == connections} for connections in (1, 4))
    assert of_one == {"bare FastAPI", "durable check", "durable check, Python's own gc", "ORM, commit each"}
    assert of_four == {*of_one, "durable check, passes change"}
    [passes] = of_case(rows, "passes")
    assert passes["passes"] == 51 + 20
    assert {"all_ms", "all_mb", "one_ms", "mb_of_100000", "force_p50_ms", "force_p99_ms"} <= passes.keys()
    decisions = of_case(rows, "decision")
    assert ways(decisions) == {
        "ours, all rules",
        "ours, plates",
        "dict with reason codes",
        "Cedar, a policy for each rule",
        "Cedar, a policy for each schedule",
        "Cedar, the same, a slice for each question",
        "pycasbin, Enforcer",
    }
    for row in decisions:
        assert row["rules"] == 541
        assert row["wrong"] == 0
        assert {"per_second", "ours_is", "p50_us", "p99_us"} <= row.keys()
    for row in checks:
        assert row["wrong"] == 0
        assert row["per_second"] > 0
        assert {"of_bare", "of_orm", "cpu_us", "p50_ms", "p99_ms", "memory_mb", "memory_after_mb"} <= row.keys()
    assert not list(tmp_path.iterdir())


@pytest.mark.broker
def test_the_inbox_loses_nothing_while_the_store_is_purged(tmp_path: Path) -> None:
    alone, purged = of_case(bench(tmp_path, "purge", "--signals", "3000", "--rate", "100", "--seconds", "1"), "purge")
    assert (alone["gone"], purged["purges"]) == (0, "purged")
    assert purged["gone"] > 0
    for row in (alone, purged):
        assert (row["lost"], row["doubled"]) == (0, 0)
        assert {"gone_per_second", "p50_ms", "p99_ms", "longest_ms"} <= row.keys()


@pytest.mark.broker
@pytest.mark.soak
def test_what_devices_say_comes_to_be_seen_on_open_pages(tmp_path: Path) -> None:
    shown = of_case(bench(tmp_path, "live", "--rate", "40", "--seconds", "3"), "live")
    assert ways(shown) == {"list of one device's signals", "control room, a new alarm"}
    for row in shown:
        assert row["events"] == 6
        assert row["lost"] == 0
        assert {"p50_ms", "p95_ms", "p99_ms"} <= row.keys()


@pytest.mark.broker
@pytest.mark.parametrize("kind", BrokerKind)
def test_no_message_of_the_publishers_list_is_lost_or_stored_twice_on_any_way(tmp_path: Path, kind: BrokerKind) -> None:
    if (missing := why_not(kind)) is not None:
        pytest.skip(missing)
    few = ("--messages", "700", "--rate", "200", "--seconds", "1", "--repeats", "1")
    rows = bench(tmp_path, "ingest", "--broker", kind, *few)
    [machine] = of_case(rows, "machine")
    assert kind in machine["broker"]
    assert "QoS 1" in machine["publisher"]
    for case in ("drain", "steady"):
        measured = of_case(rows, case)
        assert ways(measured) == {
            "paho, no store",
            "our client, no store",
            "our inbox, SQLite",
            "commit per message, SQLite",
        }
        for row in measured:
            assert (row["lost"], row["doubled"]) == (0, 0)
            assert row["messages"] >= 20
            assert {"per_second", "of_floor", "cpu_us", "repeated"} <= row.keys()
    assert all({"p50_ms", "p99_ms", "p99_of_floor"} <= row.keys() for row in of_case(rows, "steady"))
    assert not list(tmp_path.iterdir())


def test_pages_are_read_with_a_past_behind_them(tmp_path: Path) -> None:
    little = ("--people", "200", "--closed-alarms", "30", "--entries", "40")
    rows = bench(tmp_path, "pages", "--requests", "2", "--repeats", "1", *little)
    read = of_case(rows, "read")
    assert {"a bare template", "/control-room", "/api/monitor/alarms?open=false"} <= ways(read)
    for row in read:
        assert row["bytes"] > 0
        assert {"p50_ms", "p95_ms", "of_bare"} <= row.keys()
    assert not list(tmp_path.iterdir())


def test_many_people_are_searched_letter_by_letter_beside_a_scan(tmp_path: Path) -> None:
    rows = bench(tmp_path, "registry", "--people", "300", "--searches", "40", "--repeats", "1")
    searched = of_case(rows, "search")
    assert ways(searched) == {"our search", "our search, the whole page", "LIKE scan"}
    for row in searched:
        assert (row["store"], row["people"], row["searches"]) == ("SQLite", 300, 40)
        assert {"p50_ms", "p95_ms", "p99_ms"} <= row.keys()
    found = {row["way"]: row["found"] for row in searched if "found" in row}
    assert found["our search"] > found["LIKE scan"]
    assert not list(tmp_path.iterdir())


def test_a_round_of_no_length_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploy.command", "bench", "gate", "--seconds", "0", "--data-dir", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "--seconds: give a number above 0" in ended.stderr


def test_a_benchmark_that_is_told_to_end_leaves_nothing_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploy.command", "bench", "gate", "--data-dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        while not list(tmp_path.glob(".dayuan-bench-*/first")):
            assert running.poll() is None
        running.terminate()
        assert running.wait(60) == 130
    assert not list(tmp_path.iterdir())
