"""A signal as one plain sentence, and the fault of a dead letter in the reader's language."""

from typing import Any

import pytest

from monitor.signals.words import fault, name_of, particulars, sentence
from registry.i18n import translator
from registry.ids import derived_id
from registry.messages.events import EVENT_DATA

DECIDED = "dayuan.gate.entry_decided"


def a_decision(**said: Any) -> dict[str, Any]:
    return {
        "entry_id": str(derived_id("entry")),
        "verdict": "denied",
        "reason": "permit_year_over",
        "direction": "in",
        "credential": "plate",
        "plate": "鄂EM0816",
        **said,
    }


@pytest.mark.parametrize(
    ("said", "zh", "en"),
    [
        ({}, "鄂E·M0816 被拒：年度证已失效", "鄂E·M0816 refused: Annual permit is over"),
        ({"verdict": "granted", "reason": "ok"}, "鄂E·M0816 放行", "鄂E·M0816 let through"),
        ({"plate": None, "credential": "card"}, "卡 被拒：年度证已失效", "Card refused: Annual permit is over"),
        (
            {"plate": None, "credential": "ring"},
            "来人 被拒：年度证已失效",
            "Visitor refused: Annual permit is over",
        ),
    ],
)
def test_what_a_gate_decided_is_said_with_its_reason(said: dict[str, Any], zh: str, en: str) -> None:
    assert sentence(DECIDED, a_decision(**said), translator("zh")) == zh
    assert sentence(DECIDED, a_decision(**said), translator("en")) == en


def test_a_beam_says_how_long_and_a_scan_who() -> None:
    zh = translator("zh")
    assert sentence("dayuan.beam.interrupted", {"dur_ms": 220}, zh) == "红外对射被遮断：0.2 秒"
    assert sentence("dayuan.beam.interrupted", {}, zh) == "红外对射被遮断"
    assert sentence("dayuan.patrol.scan", {"tag": "x", "guard": "王勇"}, zh) == "巡更打卡：王勇"


def test_what_a_device_wrote_plays_no_tricks() -> None:
    said = particulars("dayuan.patrol.scan", {"tag": "x", "guard": "王\N{RIGHT-TO-LEFT OVERRIDE}勇"}, translator("zh"))
    assert said is not None
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in said


def test_what_no_model_of_today_reads_has_its_name_only() -> None:
    assert sentence(DECIDED, {"verdict": "perhaps"}, translator("zh")) == "门岗核验"
    assert sentence("dayuan.gate.moved", {}, translator("zh")) == "dayuan.gate.moved"


@pytest.mark.parametrize(
    ("detail", "zh"),
    [
        ("tag: Field required", "缺少 tag"),
        ("time: Input should have timezone info", "time 的值不对"),
        ("guard: String should have at most 200 characters", "guard 太长"),
        ("unexpected character: line 1 column 3 (char 2)", "第 1 行第 3 个字符处读不下去"),
        ("//oc2/beam/north-01", "//oc2/beam/north-01"),
    ],
)
def test_our_own_words_on_a_dead_letter_are_chinese_and_the_senders_stay(detail: str, zh: str) -> None:
    assert fault(detail, translator("zh")) == zh
    assert fault(detail, translator("en")) == detail


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_type_of_signal_has_a_name(language: str) -> None:
    t = translator(language)
    assert [one for one in EVENT_DATA if name_of(one, t) == one] == []


def test_a_guards_call_says_who_calls() -> None:
    called = {"gate": "oc1-north", "guard": "刘强"}
    assert sentence("dayuan.gate.guard_called", called, translator("zh")) == "门岗呼叫监控室：刘强"
