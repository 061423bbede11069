"""Nobody was at a checkpoint in time."""

import pytest

from monitor.alarms.findings import Finding
from monitor.alarms.words import explain
from monitor.anomalies import t01_checkpoint_missed as t01
from monitor.patrols.rules import Scan, judge
from registry.messages.alarms import AlarmFlag
from tests.makers.monitor import the_compound
from tests.makers.patrols import a_tour, minutes, scanned, the_noon_round

REGISTER = the_compound()


def _finding(*scans: Scan, now: float, stops: int = 2) -> Finding | None:
    walked = the_noon_round(a_tour(stops=stops))
    return t01.find(judge(walked, scans, minutes(now), next_start=None), minutes(now), REGISTER)


@pytest.mark.parametrize(("now", "missed"), [((17, 9), 0), ((17, 10), 1), ((27, 9), 1), ((27, 10), 2)])
def test_each_checkpoint_is_missed_when_its_own_time_is_over_and_what_is_on_its_way_had_time_to_come(
    now: tuple[int, int], missed: int
) -> None:
    minute, second = now
    finding = _finding(now=minute + second / 60)
    assert (finding.count if finding else 0) == missed


def test_one_missed_is_ordinary_and_two_in_a_round_are_serious() -> None:
    one, two = _finding(scanned(0, minutes(3)), now=60), _finding(now=60)
    assert one is not None
    assert two is not None
    assert (one.priority, two.priority) == (3, 2)
    assert one.id == two.id


def test_a_round_that_was_walked_is_no_alarm() -> None:
    assert _finding(scanned(0, minutes(3)), scanned(1, minutes(24)), now=600) is None


def test_a_scan_after_the_time_was_over_does_not_withdraw_it() -> None:
    finding = _finding(scanned(0, minutes(17)), scanned(1, minutes(12)), now=60)
    assert finding is not None
    assert (finding.count, finding.flags) == (1, frozenset())


def test_a_scan_made_in_time_that_came_late_withdraws_it_and_is_the_evidence() -> None:
    finding = _finding(scanned(0, minutes(3), received_at=minutes(45)), scanned(1, minutes(12)), now=60)
    assert finding is not None
    assert finding.flags == {AlarmFlag.LATE_EVIDENCE, AlarmFlag.RETURNED}
    assert [each.occurred_at for each in finding.evidence] == [minutes(3)]
    assert "补传" in explain(finding.explanation).zh


def test_a_scan_that_came_by_another_way_in_time_was_never_missed_though_an_earlier_one_comes_late() -> None:
    kept = scanned(0, minutes(3), received_at=minutes(45))
    finding = _finding(kept, scanned(0, minutes(8)), now=60)
    assert finding is not None
    assert (finding.count, finding.flags, finding.evidence) == (1, frozenset(), ())


def test_all_scans_that_show_it_late_are_the_evidence_in_whatever_order_they_come() -> None:
    scans = [scanned(0, minutes(at), received_at=minutes(60 - at)) for at in (3, 5)]
    for heard in (scans, scans[::-1]):
        finding = _finding(*heard, now=120, stops=1)
        assert finding is not None
        assert [each.occurred_at for each in finding.evidence] == [minutes(3), minutes(5)]


def test_after_a_closing_only_what_is_missed_later_is_another_alarm() -> None:
    walked = judge(the_noon_round(a_tour(stops=2)), [], minutes(60), next_start=None)
    first = t01.find(walked, minutes(60), REGISTER, until=minutes(20))
    second = t01.find(walked, minutes(60), REGISTER, since=minutes(20))
    assert first is not None
    assert second is not None
    assert (first.count, second.count) == (1, 1)
    assert first.id != second.id
    assert "锅炉房" in explain(first.explanation).zh
    assert "北墙" in explain(second.explanation).zh
    assert t01.find(walked, minutes(60), REGISTER, since=minutes(30)) is None


@pytest.mark.parametrize("made_at", [3, 16])
@pytest.mark.parametrize("stops", [1, 2])
def test_a_withdrawal_does_not_say_that_somebody_was_there_on_time_who_may_have_been_late(
    made_at: float, stops: int
) -> None:
    finding = _finding(scanned(0, minutes(made_at), received_at=minutes(45)), now=60, stops=stops)
    assert finding is not None
    said = explain(finding.explanation)
    assert "实际有人到点" in said.zh
    assert "按时" not in said.zh
    assert "in time" not in said.en


def test_a_late_scan_of_one_of_two_leaves_the_other_missed() -> None:
    finding = _finding(scanned(0, minutes(3), received_at=minutes(45)), now=60)
    assert finding is not None
    assert (finding.count, finding.priority, finding.flags) == (1, 3, frozenset({AlarmFlag.LATE_EVIDENCE}))
    said = explain(finding.explanation)
    assert "北墙" in said.zh
    assert "North wall" in said.en


def test_the_alarm_names_the_checkpoints_and_the_round() -> None:
    finding = _finding(now=60, stops=3)
    assert finding is not None
    assert explain(finding.explanation).zh == "夜巡 12:00 班次漏巡：锅炉房、北墙、车库，截至 12:30 无人到点。"


def test_it_is_not_latched() -> None:
    finding = _finding(now=60)
    assert finding is not None
    assert not finding.latched
