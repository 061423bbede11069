"""A rule is added by adding one file."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import monitor.anomalies
from monitor.anomalies.catalogue import RULES, Rules, rules_in
from monitor.anomalies.form import OfSignals, OfTime
from monitor.engine import Engine
from registry.ids import DeviceAddress
from registry.store import Store
from tests.fakes.clock import FixedClock
from tests.makers.judging import LATER, standing
from tests.makers.monitor import a_signal, hear, seconds, the_compound

A_RULE = """
from dataclasses import dataclass
from datetime import timedelta

from monitor.alarms.findings import Finding, Words
from monitor.anomalies.form import OfSignals, Subject
from monitor.anomalies.incidents import Occurrence
from registry.ids import AlarmId, derived_id


@dataclass(frozen=True, slots=True)
class Limits:
    gap: timedelta = timedelta(minutes=5)
    reach: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Pressed(OfSignals):
    name = "P01"
    version = 7
    heard = frozenset({"dayuan.panic.pressed"})
    limits: Limits = Limits()

    def subjects(self, signal, world):
        return [Subject(signal.device.site, signal.device.name)]

    def speakers(self, subject, world):
        return ()

    def occurrences(self, signals, subject, world):
        return [
            Occurrence(starts_at=each.occurred_at, ends_at=each.occurred_at, core=frozenset({each.key}),
                       shared=frozenset(), signals=(each,))
            for each in signals
        ]

    def describe(self, cluster, taken, subject, world):
        first = cluster[0].signals[0]
        return Finding(
            id=AlarmId(derived_id("P01", first.key.id)), site=subject.site, zone=None, rule=self.name,
            rule_version=self.version, key=subject.key, priority=1, flags=frozenset(), latched=True,
            occurred_at=first.occurred_at, count=len(cluster), evidence=tuple(e.signals[0].evidence for e in cluster),
            pictures=(), explanation=(Words(key="anomalies.b02.again", facts={"count": 1, "time": "12:00"}),),
        )


RULE = Pressed()
"""


@pytest.fixture
def one_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rules]:
    """A folder with one file in it."""
    folder = tmp_path / "rules_of_this_test"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "p01_pressed.py").write_text(A_RULE)
    (folder / "names.py").write_text("raise RuntimeError('no rule')")
    monkeypatch.syspath_prepend(tmp_path)
    yield rules_in(folder, folder.name)
    for name in [each for each in sys.modules if each.startswith(folder.name)]:
        del sys.modules[name]


def test_every_file_that_is_named_for_a_rule_is_one() -> None:
    [folder] = monitor.anomalies.__path__
    named = {path.stem[:3].upper() for path in Path(folder).glob("*.py") if re.match(r"[a-z]\d\d_", path.name)}
    assert named == {rule.name for rule in RULES.all}
    assert {"B02", "G03", "T01", "D08"} <= named


def test_the_form_names_every_rule_with_its_version() -> None:
    assert RULES.form.startswith("1 B02.3 ")
    assert len(Rules(all=RULES.all * 20).form) <= 200


def test_a_rule_is_told_only_of_the_types_that_it_hears() -> None:
    for rule in RULES.all:
        if isinstance(rule, OfSignals):
            assert {each for each, hearers in RULES.hearers.items() if rule in hearers} == rule.heard
        elif isinstance(rule, OfTime):
            assert {each for each, hearers in RULES.late_hearers.items() if rule in hearers} == rule.heard
    assert "dayuan.counter.count" not in RULES.hearers


def test_a_file_is_all_that_a_new_rule_needs(monitor_store: Store, one_more: Rules) -> None:
    button = DeviceAddress.parse("oc1/panic/desk-1")
    hear(monitor_store, [a_signal(button, "dayuan.panic.pressed", seconds(at)) for at in (0, 40)])
    Engine(monitor_store, the_compound, FixedClock(), rules=one_more).step(LATER)
    [alarm] = standing(monitor_store)
    assert (alarm.rule, alarm.rule_version, alarm.priority, alarm.count) == ("P01", 7, 1, 2)
    assert one_more.form == "1 P01.7"
