"""Every text exists in both languages, and every text that is asked for exists."""

import re
import string
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
from structlog.testing import capture_logs

from registry.auth.permissions import Permission
from registry.house import HOUSE, ROOMS
from registry.i18n import LANGUAGES, Language, MissingText, Texts, translator
from registry.messages.reasons import Reason
from registry.problems import Problem

TEXTS = Texts.load(strict=True)
ASKED = re.compile(r"""\bt\(\s*(["'])([a-z][a-z0-9_.-]*[a-z0-9])\1\s*[,)]""")
CONTRACT = {
    "denied_list": "布控名单",
    "bad_signature": "签名无效",
    "unknown_credential": "未知凭证",
    "plate_ambiguous": "车牌不明",
    "plate_mismatch": "证车不符",
    "reported_lost": "已挂失",
    "revoked": "已注销",
    "suspended": "已停用",
    "permit_year_over": "年度证已失效",
    "lease_ended": "租约已终止",
    "project_ended": "工程已结束",
    "not_yet_valid": "未生效",
    "expired": "已过期",
    "training_expired": "培训过期",
    "wrong_site": "非本院证件",
    "lockdown": "封控",
    "no_level": "无此门权限",
    "holiday": "节假日限制",
    "outside_hours": "非准入时段",
    "too_many_attempts": "尝试过多",
    "host_not_confirmed": "未经被访人同意",
    "escort_missing": "需陪同",
    "second_person_missing": "需双人",
    "first_person_missing": "首人未到",
    "passback": "重复进入",
    "already_used": "已使用",
    "quota_full": "名额已满",
    "area_full": "人数已满",
    "interlock": "互锁",
    "stale_edge": "离线超期需人工",
    "ok": "放行",
    "guard_refused": "值勤拒绝",
    "undecided": "超时未处置",
}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def sources() -> list[Path]:
    kinds = ("*.py", "*.html")
    return [file for room in ROOMS for kind in kinds for file in sorted((HOUSE / room).rglob(kind))]


def test_both_languages_have_the_same_texts_with_the_same_placeholders() -> None:
    zh, en = (TEXTS.by_language[language] for language in (Language.ZH, Language.EN))
    assert set(zh) == set(en)
    assert {key for key in zh if placeholders(zh[key]) != placeholders(en[key])} == set()


def test_no_chinese_text_is_empty() -> None:
    """An English one may be: Chinese counts with words that English lacks."""
    assert [key for key, text in TEXTS.by_language[Language.ZH].items() if not text.strip()] == []


def test_english_texts_are_in_english() -> None:
    """But for plates, which are Chinese everywhere, and the switch to Chinese."""
    chinese, plate = re.compile(r"[一-鿿]"), re.compile(r"[一-鿿][A-Z]")
    english = {key: plate.sub("", text) for key, text in TEXTS.by_language[Language.EN].items()}
    assert {key for key, text in english.items() if chinese.search(text)} == {"app.zh"}


def test_every_text_that_is_asked_for_exists() -> None:
    missing = [
        f"{file.relative_to(HOUSE)}: {key}"
        for file in sources()
        for _, key in ASKED.findall(file.read_text(encoding="utf-8"))
        if not TEXTS.has(key)
    ]
    assert missing == []


def test_every_reason_has_its_words_and_says_what_to_do() -> None:
    for reason in Reason:
        assert TEXTS.has(f"reason.{reason}")
        assert TEXTS.has(f"advice.{reason}")


@pytest.mark.parametrize(("reason", "words"), CONTRACT.items())
def test_reasons_are_worded_as_the_contract_says(reason: str, words: str) -> None:
    assert translator("zh")(f"reason.{reason}") == words


def test_a_missing_text_is_an_error_where_we_test() -> None:
    with pytest.raises(MissingText):
        TEXTS.translator("zh")("no.such.text")
    with pytest.raises(MissingText):
        TEXTS.translator("zh")("sign_in.wait")


def test_a_missing_text_shows_its_key_to_people_and_is_logged_once() -> None:
    lenient = Texts.load().translator("en")
    with capture_logs() as logs:
        assert lenient("no.such.text") == "no.such.text"
        assert lenient("no.such.text") == "no.such.text"
    assert [(log["event"], log["key"]) for log in logs] == [("text-missing", "no.such.text")]


def test_there_are_two_languages_and_no_others() -> None:
    with pytest.raises(ValueError, match="fr"):
        translator("fr")


def _problems(kind: type[Problem] = Problem) -> Iterator[type[Problem]]:
    for each in kind.__subclasses__():
        yield each
        yield from _problems(each)


def test_every_problem_has_words_of_its_own_or_those_of_its_kind() -> None:
    """A problem of a feature is told as what it is; only the kinds themselves are told by their status."""
    for room in ROOMS:
        for module in walk_packages(import_module(room).__path__, f"{room}."):
            if ".migrations" not in module.name:
                import_module(module.name)
    t = translator("zh")
    kinds = set(Problem.__subclasses__())
    assert [kind.slug for kind in kinds if not t.has(f"problem.status_{kind.status}")] == []
    told = {each.slug for each in _problems() if each.__module__.partition(".")[0] in ROOMS} - {k.slug for k in kinds}
    assert len(told) > 50
    assert sorted(slug for slug in told if not t.has(f"problem.{slug}")) == []


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_permission_has_a_name_for_whoever_makes_a_token(language: Language, permission: Permission) -> None:
    assert translator(language)(f"permission.{permission}")
