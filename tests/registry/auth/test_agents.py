"""Browsers as their owners would name them."""

import pytest

from registry.auth.agents import short_agent

EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0"
WECHAT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Mobile/15E148 MicroMessenger/8.0.50"
HUAWEI = "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 Chrome/114.0 Safari/537.36 HuaweiBrowser/5.0"


@pytest.mark.parametrize(
    ("header", "short"),
    [
        (EDGE, "Edge · Windows"),
        (WECHAT, "WeChat · iPhone"),
        (HUAWEI, "Huawei Browser · HarmonyOS"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("Firefox/140", "Firefox"),
    ],
)
def test_a_browser_is_named_with_its_system(header: str, short: str) -> None:
    assert short_agent(header) == short


def test_what_says_nothing_is_nothing() -> None:
    assert short_agent("") is None
    assert short_agent(" \t ") is None


def test_a_long_or_strange_word_stays_short_and_printable() -> None:
    told = short_agent("x" * 500)
    assert told is not None
    assert len(told) == 60
    assert short_agent("\x00\x1b[2Jtool\x7f") == "[2Jtool"
