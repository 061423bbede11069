"""A clock that is not the real one says so on every page."""

from dataclasses import replace
from pathlib import Path

import pytest

from registry.fast_clock import FastClock
from tests.fakes.clock import NOON
from tests.makers.web import a_browser, some_parts


@pytest.mark.parametrize(("language", "words"), [("zh", "演示时钟 ×60"), ("en", "Demo clock ×60")])
def test_a_page_on_a_fast_clock_says_how_fast_it_is(tmp_path: Path, language: str, words: str) -> None:
    parts = replace(some_parts(tmp_path, language=language), clock=FastClock.begun(NOON, 60))
    with a_browser(parts) as browser:
        text = browser.get("/sign-in", headers={"Accept-Language": language}).text
    assert words in text
    assert 'data-clock-speed="60"' in text


def test_a_page_in_real_time_says_nothing_of_clocks(tmp_path: Path) -> None:
    with a_browser(some_parts(tmp_path)) as browser:
        assert "clock" not in browser.get("/sign-in").text
