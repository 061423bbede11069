"""A recording gives the alarms of the live run, byte for byte, and other thresholds give others."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from deploy.command import main
from deploy.replay import _at_speed
from monitor.anomalies.catalogue import RULES
from monitor.anomalies.signals import Signal
from monitor.arming import service as arming
from monitor.arming.rules import Group, GroupZone, Mode, Span, default_group_id
from monitor.arming.service import Settings
from monitor.engine import Engine
from monitor.replay.export import export
from monitor.replay.player import Player, scratch_store
from monitor.replay.recording import Entry, Setting, entries_in, entries_of, lines_of, setting_in, setting_of
from monitor.replay.thresholds import with_thresholds
from registry.auth.permissions import Role
from registry.clock import Instant
from registry.devices.facts import ZoneKind
from registry.problems import Refusal
from registry.store import Store
from tests.fakes.clock import NOON, FixedClock
from tests.makers.event_logs import a_log_of_a_site
from tests.makers.monitor import a_beam, a_motion, a_principal, a_zone, hear, seconds, the_compound
from tests.makers.patrols import a_planned_tour

COMPOUND = the_compound()
BEGINS, ENDS = NOON - timedelta(hours=1), NOON + timedelta(hours=4)


def _lived(store: Store, log: Iterable[Signal]) -> bytes:
    """What stands after an engine lived through it."""
    engine = Engine(store, lambda: COMPOUND, FixedClock())
    engine.step(BEGINS)
    for signal in log:
        hear(store, [signal])
        engine.step(signal.received_at)
    engine.step(ENDS - timedelta(minutes=1))
    return _standing(store)


def _standing(store: Store) -> bytes:
    with store.read() as session:
        return b"".join(export(session, since=BEGINS, until=ENDS, site=None))


def _recorded(store: Store) -> list[bytes]:
    with store.read() as session:
        setting = setting_of(session, COMPOUND, since=BEGINS, until=ENDS, site=None)
        return list(lines_of(setting, entries_of(session, setting, None)))


def _replayed(lines: list[bytes], *, at_once: int = 10_000, **other: str) -> bytes:
    rules = with_thresholds(RULES, [f"{name.replace('_', '.', 1)}={value}" for name, value in other.items()])
    setting: Setting = setting_in(lines[0])
    entries: list[Entry] = list(entries_in(lines[1:]))
    with scratch_store() as store:
        player = Player(store, setting, rules)
        for first in range(0, len(entries), at_once):
            player.tell(entries[first : first + at_once])
        return _standing(store)


@pytest.mark.both_stores
@pytest.mark.parametrize("seed", range(4))
def test_told_again_it_gives_the_live_alarms_byte_for_byte_however_it_is_told(monitor_store: Store, seed: int) -> None:
    a_planned_tour(monitor_store)
    live = _lived(monitor_store, a_log_of_a_site(seed))
    recorded = _recorded(monitor_store)
    assert b"T01" in live
    assert _replayed(recorded) == live
    assert _replayed(recorded, at_once=1) == live


@pytest.mark.both_stores
def test_who_left_a_group_disarmed_and_came_in_without_a_word_is_found_again(monitor_store: Store) -> None:
    at = seconds
    nights = tuple(Span(day=day, begins_minute=0, ends_minute=1440, mode=Mode.NIGHT) for day in range(8))
    perimeter = default_group_id(a_zone().site, ZoneKind.PERIMETER)
    zone = GroupZone(zone=a_zone().id, modes=frozenset(Mode), entry_seconds=30)
    made = Settings(name_zh="周界", name_en="Perimeter", exit_seconds=0, zones=(zone,), plan=nights)
    engine = Engine(monitor_store, lambda: COMPOUND, FixedClock())
    officer, group = a_principal(Role.SECURITY_OFFICER), None

    def arm(mode: Mode, when: Instant, version: int) -> Group:
        with monitor_store.begin(when) as work:
            return arming.arm(work, COMPOUND, perimeter, mode, version=version, until=None, reason="值班", by=officer)

    engine.step(BEGINS)
    with monitor_store.begin(BEGINS) as work:
        group = arming.set_up(work, COMPOUND, perimeter, made, version=0, by=officer)
    for first in (0, 100):  # nobody disarms after the first; somebody does after the second
        hear(monitor_store, [a_beam(at(first)), a_motion(at(first + 2))])
        engine.step(at(first + 3))
        if first:
            group = arm(Mode.DISARMED, at(first + 20), group.version)
        engine.step(at(first + 40))
    engine.step(at(1100))
    arm(Mode.NIGHT, at(1200), group.version)
    engine.step(ENDS - timedelta(minutes=1))
    live = _standing(monitor_store)
    assert sorted(
        (alarm["rule"], alarm["count"], alarm["flags"]) for alarm in map(orjson.loads, live.splitlines())
    ) == [
        ("B02", 1, ["confirmed"]),
        ("D09", 1, ["returned"]),
    ]
    recorded = _recorded(monitor_store)
    assert _replayed(recorded) == live
    assert _replayed(recorded, at_once=1) == live
    assert b"D09" not in _replayed(recorded, D09_grace="1100")


def test_a_recording_holds_no_secret(monitor_store: Store) -> None:
    _lived(monitor_store, [])
    world = orjson.loads(_recorded(monitor_store)[0])["register"]
    assert {device["secret_hash"] for device in world["devices"]} == {""}
    assert {device["source"] for device in world["devices"]} == {None}


def test_with_other_thresholds_other_things_would_have_been_told(monitor_store: Store) -> None:
    live = _lived(
        monitor_store, [a_beam(seconds(0)), a_motion(seconds(25)), a_beam(seconds(600)), a_motion(seconds(615))]
    )
    recorded = _recorded(monitor_store)
    assert live.count(b"\n") == 1
    assert _replayed(recorded, B02_after="30").count(b"\n") == 2
    assert _replayed(recorded, B02_after="10") == b""


@pytest.mark.parametrize(
    "written",
    ["B02.after", "B02.after=soon", "B02.after=-1", "B02.nothing=1", "X01.a=1", "D08.a=1", "G03.times=0", "B02"],
)
def test_a_threshold_that_is_none_is_refused_in_words(written: str) -> None:
    with pytest.raises(Refusal, match=r"rule|value"):
        with_thresholds(RULES, [written])


@pytest.mark.parametrize("line", [b"", b"{}", b"[]", b"{", b'{"recording": 2}', b'{"recording": 1, "since": 3}'])
def test_what_is_no_recording_is_refused(line: bytes) -> None:
    with pytest.raises(Refusal):
        setting_in(line)


@pytest.mark.parametrize("line", [b"", b"[]", b'{"tick": 3}', b'{"id": "e"}', b'{"tick": "yesterday"}'])
def test_a_line_that_is_no_signal_is_named(line: bytes) -> None:
    with pytest.raises(Refusal, match="Line 2"):
        list(entries_in([line]))


def test_at_a_pace_each_is_told_when_its_turn_comes(monitor_store: Store) -> None:
    _lived(monitor_store, [a_beam(seconds(0)), a_beam(seconds(0.2))])
    rests: list[float] = []
    entries = entries_in(_recorded(monitor_store)[1:])
    told = list(_at_speed(entries, BEGINS, 1e5, rests.append))
    assert len(told) == 3
    assert rests
    assert max(rests) <= 0.5


def test_the_command_gives_the_same_under_the_clock_of_another_year(
    monitor_store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str], another_year: Mapping[str, str]
) -> None:
    live = _lived(monitor_store, a_log_of_a_site(3))
    file, now, then = (tmp_path / name for name in ("day.jsonl", "now.jsonl", "then.jsonl"))
    file.write_bytes(b"".join(_recorded(monitor_store)))
    assert main(["replay", str(file), "--export", str(now), "--json"]) == 0
    assert orjson.loads(capsys.readouterr().out)["summary"]["alarms"] == live.count(b"\n")
    command = [sys.executable, "-m", "deploy.command", "replay", str(file), "--export", str(then)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **another_year})
    assert "alarms in" in done.stdout
    assert then.read_bytes() == now.read_bytes() == live


def test_a_replay_says_what_it_needs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["replay"]) == 2
    assert "--from" in capsys.readouterr().err
    assert main(["replay", str(tmp_path / "none")]) == 2
    assert "cannot be read" in capsys.readouterr().err
