"""`dayuan replay` of a time that is in the store: recorded, told again at its own pace, of one compound, with other thresholds."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

import deploy.replay
from deploy.command import main
from deploy.house import closed_afterwards
from monitor.anomalies.catalogue import RULES
from monitor.anomalies.signals import Signal
from monitor.engine import Engine
from monitor.replay.export import export
from monitor.replay.thresholds import with_thresholds
from registry.clock import Instant
from registry.devices.reading import load_register
from registry.ids import DeviceAddress, SiteId
from tests.fakes.clock import NOON, FixedClock
from tests.makers.houses import House
from tests.makers.monitor import a_beam, a_motion, a_try, hear, seconds
from tests.makers.registry import a_device, a_zone

LASTS = 2.4
"""Seconds from the first signal to the last of those that are told at their own pace."""
BEGINS, SOON, ENDS = NOON - timedelta(hours=1), seconds(3), NOON + timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Day:
    """A house of two compounds that heard something, and how its alarms stand: of both, by compound, and of the first seconds."""

    house: House
    alarms: bytes
    of_site: Mapping[str, bytes]
    of_three_seconds: bytes

    def replay(self, *words: str, since: Instant = BEGINS, until: Instant = ENDS) -> int:
        """The command for a time of the store; its exit code."""
        return main(["replay", "--from", str(since), "--to", str(until), "--json", *words, *self.house.words])


def _of_the_other(signal: Signal) -> Signal:
    """The same at the other compound, five seconds later."""
    device = DeviceAddress(SiteId("oc2"), signal.device.kind, signal.device.name)
    later = timedelta(seconds=5)
    at, heard = signal.occurred_at + later, signal.received_at + later
    return replace(signal, key=replace(signal.key, device=device), occurred_at=at, received_at=heard)


def _heard() -> list[Signal]:
    crossing = [a_beam(seconds(0), event_id="b1"), a_motion(seconds(1.6), event_id="m1")]
    tries = [a_try(seconds(at), event_id=f"t{at}") for at in (0.4, 1.1, LASTS)]
    too_late = [a_beam(seconds(900), event_id="b2"), a_motion(seconds(925), event_id="m2")]
    log = [*crossing, *tries, *too_late, *map(_of_the_other, crossing)]
    return sorted(log, key=lambda signal: signal.received_at)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    house = House(tmp_path_factory.mktemp("house") / "data")
    with closed_afterwards(house.make()) as stores:
        with stores["registry"].begin(NOON) as work:
            a_zone(work.session)
            of_oc2 = [(f"oc2/{device}/north-01", None) for device in ("beam", "camera")]
            a_zone(work.session, "oc2-perimeter-north", members=of_oc2, site="oc2")
            a_device(work.session, "oc1/gate/oc1-north")
        with stores["registry"].read() as session:
            register = load_register(session)
        engine = Engine(stores["monitor"], lambda: register, FixedClock())
        engine.step(BEGINS)
        for signal in _heard():
            hear(stores["monitor"], [signal])
            engine.step(signal.received_at)
        engine.step(ENDS)
        with stores["monitor"].read() as session:

            def standing(until: Instant, site: str | None) -> bytes:
                return b"".join(export(session, since=BEGINS, until=until, site=SiteId(site) if site else None))

            by_site = {site: standing(ENDS, site) for site in ("oc1", "oc2")}
            found = Day(house, standing(ENDS, None), by_site, standing(SOON, None))
    assert _rules(found.of_three_seconds) == ["B02", "G03"]
    assert {site: _rules(alarms) for site, alarms in by_site.items()} == {"oc1": ["B02", "G03"], "oc2": ["B02"]}
    return found


def _rules(alarms: bytes) -> list[str]:
    return sorted(orjson.loads(line)["rule"] for line in alarms.splitlines())


def _summary(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    summary: dict[str, Any] = orjson.loads(capsys.readouterr().out)["summary"]
    return summary


def test_a_time_of_the_store_gives_the_alarms_that_stand_there(
    day: Day, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = tmp_path / "told.jsonl"
    assert day.replay("--export", str(told)) == 0
    assert told.read_bytes() == day.alarms
    said = _summary(capsys)
    assert (said["signals"], said["alarms"], said["same_as_store"]) == (len(_heard()), 3, True)


def test_a_recording_of_it_gives_the_same_without_the_house(
    day: Day, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording, told, nowhere = (tmp_path / name for name in ("day.jsonl", "told.jsonl", "none"))
    assert day.replay("--record", str(recording)) == 0
    count = len(recording.read_bytes().splitlines()) - 1
    assert _summary(capsys) == {"recorded": count}
    assert main(["replay", str(recording), "--export", str(told), "--data-dir", str(nowhere), "--json"]) == 0
    assert told.read_bytes() == day.alarms
    assert _summary(capsys)["same_as_store"] is None
    assert not nowhere.exists()


@pytest.mark.parametrize("site", ["oc1", "oc2"])
def test_of_one_compound_only_that_is_recorded_and_told(
    day: Day, site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording, told, again = (tmp_path / name for name in ("day.jsonl", "told.jsonl", "again.jsonl"))
    assert day.replay("--site", site, "--export", str(told)) == 0
    assert _summary(capsys)["same_as_store"] is True
    assert day.replay("--site", site, "--record", str(recording)) == 0
    other = {"oc1": "oc2", "oc2": "oc1"}[site]
    assert other.encode() not in recording.read_bytes()
    assert main(["replay", str(recording), "--export", str(again)]) == 0
    assert told.read_bytes() == again.read_bytes() == day.of_site[site]


def test_of_a_recording_of_all_one_compound_is_shown(day: Day, tmp_path: Path) -> None:
    recording, told = tmp_path / "day.jsonl", tmp_path / "told.jsonl"
    assert day.replay("--record", str(recording)) == 0
    assert main(["replay", str(recording), "--site", "oc2", "--export", str(told)]) == 0
    assert told.read_bytes() == day.of_site["oc2"]


def test_at_its_own_pace_and_at_once_under_the_clock_of_another_year_it_gives_the_same(
    day: Day, tmp_path: Path, capsys: pytest.CaptureFixture[str], another_year: Mapping[str, str]
) -> None:
    recording, at_once, paced, paced_then, then = (tmp_path / f"{name}.jsonl" for name in ("r", "a", "p", "q", "t"))
    assert day.replay("--record", str(recording), since=NOON, until=SOON) == 0
    command = [sys.executable, "-m", "deploy.command", "replay", str(recording), "--export"]
    elsewhere = {**os.environ, **another_year}
    with (
        subprocess.Popen([*command, str(paced_then), "--speed", "1"], env=elsewhere) as first,
        subprocess.Popen([*command, str(then)], env=elsewhere) as second,
    ):
        assert day.replay("--export", str(at_once), since=NOON, until=SOON) == 0
        capsys.readouterr()
        assert day.replay("--export", str(paced), "--speed", "1", since=NOON, until=SOON) == 0
        assert _summary(capsys)["seconds"] >= LASTS
        assert (first.wait(), second.wait()) == (0, 0)
    told = {file.read_bytes() for file in (at_once, paced, paced_then, then)}
    assert told == {day.of_three_seconds}


def test_what_would_have_happened_with_another_threshold_is_told_and_the_store_stays_as_it_is(
    day: Day, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = tmp_path / "told.jsonl"
    before = day.house.rows()
    for thresholds, rules in (
        (["B02.after=30"], ["B02", "B02", "B02", "G03"]),
        (["B02.after=1"], ["G03"]),
        (["B02.after=30", "G03.times=4"], ["B02", "B02", "B02"]),
    ):
        assert day.replay("--export", str(told), *(word for each in thresholds for word in ("--set", each))) == 0
        assert _rules(told.read_bytes()) == rules
        assert _summary(capsys)["same_as_store"] is None
    assert day.house.rows() == before


def test_rules_that_find_something_else_than_stands_are_told_by_the_exit_code(
    day: Day, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(deploy.replay, "RULES", with_thresholds(RULES, ["B02.after=30"]))
    assert day.replay() == 1
    assert _summary(capsys)["same_as_store"] is False


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", str(NOON), "--to", str(NOON)], "Say of what time"),
        (["--from", str(NOON)], "Say of what time"),
        (["--from", str(BEGINS), "--to", str(ENDS), "--site", "oc3"], "There is no site oc3"),
        (["day.jsonl", "--record", "other.jsonl"], "not both"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    day: Day, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", *words, *day.house.words]) == 2
    assert said in capsys.readouterr().err
