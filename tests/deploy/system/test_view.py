"""The processes and parts in words, and what to do about what does not work."""

from datetime import datetime, timedelta

import pytest

from deploy.system.facts import Cause, Ending, HouseFacts
from deploy.system.view import FORGOTTEN_AFTER, SILENT_AFTER, ProcessLine, part_lines, process_lines
from registry.i18n import Language, Texts, Translator
from registry.web.readiness import PartState
from tests.fakes.clock import NOON, FixedClock
from tests.makers.processes import a_house_of, a_process

TEXTS = Texts.load(strict=True)
EN, ZH = TEXTS.translator(Language.EN), TEXTS.translator(Language.ZH)
PARTS = (
    "store-registry",
    "auth",
    "gateway-snapshot",
    "plate-reader",
    "lanes",
    "monitor-engine",
    "monitor-rules",
    "monitor-lease",
    "monitor-purge",
    "broker",
    "broker-registry",
    "broker-gateway",
    "broker-web",
    "outbox-registry",
    "outbox-gateway",
)


def lines(houses: list[HouseFacts], states: dict[str, PartState], now: datetime, t: Translator) -> list[ProcessLine]:
    return process_lines(houses, states, FixedClock(now), t)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("supervisor", "Supervisor"),
        ("gateway-supervisor", "Supervisor · gates"),
        ("monitor-web", "Pages and API · monitoring"),
        ("cameras-2", "Cameras, group 2"),
        ("plates", "Plate reader"),
        ("something-new", "something-new"),
    ],
)
def test_a_process_is_called_what_it_is_for(name: str, words: str) -> None:
    [line] = lines([a_house_of(a_process(name))], {}, NOON, EN)
    assert line.name == words


@pytest.mark.parametrize(
    ("code", "words"),
    [(-9, "被信号 SIGKILL 终止"), (-35, "被信号 35 终止"), (1, "退出码 1"), (None, "已退出，原因不明")],
)
def test_how_a_process_ended_the_last_time_is_said(code: int | None, words: str) -> None:
    process = a_process(pid=None, restarts=2, ending=Ending(at=NOON, code=code))
    [line] = lines([a_house_of(process)], {}, NOON, ZH)
    assert (line.runs, line.restarts, line.ending, line.ended_at) == (False, 2, words, NOON)


def test_a_broker_that_was_started_anew_says_why() -> None:
    ending = Ending(at=NOON, code=None, cause=Cause.DISK_WAS_FULL)
    [line] = lines([a_house_of(a_process("broker", ending=ending))], {}, NOON, EN)
    assert line.ending.startswith("started anew: the disk had been full")


def test_what_a_silent_supervisor_said_last_is_the_past() -> None:
    house = a_house_of(a_process())
    [line] = lines([house], {}, NOON + SILENT_AFTER, EN)
    assert (line.runs, line.pid, line.memory_mb) == (True, 4711, 120)
    [line] = lines([house], {}, NOON + SILENT_AFTER + timedelta(seconds=1), EN)
    assert (line.runs, line.pid, line.memory_mb, line.cpu_percent) == (False, None, None, None)
    assert lines([house], {}, NOON + FORGOTTEN_AFTER + timedelta(seconds=1), EN) == []


def test_the_engine_lags_by_the_later_of_its_pulse_and_its_rules() -> None:
    states = {
        "monitor-engine": PartState(ready=True, lag_seconds=0.4),
        "monitor-rules": PartState(ready=True, lag_seconds=90.0),
    }
    [engine, web] = lines([a_house_of(a_process(), a_process("web"))], states, NOON, EN)
    assert (engine.lag, web.lag) == ("2 min", "")


def test_what_is_not_ready_comes_first_with_what_to_do() -> None:
    states = {"store-registry": PartState(ready=True), "outbox-gateway": PartState(ready=False, lag_seconds=12.34)}
    first, second = part_lines(states, EN)
    assert (first.name, first.lag) == ("Messages to send · gates", "12.3 s")
    assert first.advice.startswith("Messages do not get out")
    assert (second.name, second.advice) == ("Database · registry", "")


@pytest.mark.parametrize("name", PARTS)
def test_every_part_that_we_know_has_a_name_and_its_own_advice(name: str) -> None:
    [line] = part_lines({name: PartState(ready=False)}, ZH)
    assert line.name != name
    assert line.advice != ZH("system.do_other")


def test_a_part_that_nobody_has_named_yet_is_shown_as_it_is() -> None:
    [line] = part_lines({"new-part": PartState(ready=False)}, ZH)
    assert (line.name, line.advice) == ("new-part", ZH("system.do_other"))
