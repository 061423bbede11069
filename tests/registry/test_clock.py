from datetime import UTC, datetime, timedelta, timezone

import pytest

from registry.clock import SystemClock, format_instant, parse_instant


def test_a_moment_is_written_in_utc_to_the_millisecond() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert format_instant(datetime(2026, 11, 23, 10, 15, 7, 312_900, shanghai)) == "2026-11-23T02:15:07.312Z"


def test_what_is_written_is_read_back() -> None:
    moment = datetime(2026, 2, 28, 23, 59, 59, 999_000, UTC)
    assert parse_instant(format_instant(moment)) == moment


def test_a_moment_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        parse_instant("2026-11-23T10:15:07")


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00"])
def test_a_moment_out_of_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="calendar"):
        parse_instant(text)


def test_the_system_clock_is_aware() -> None:
    assert SystemClock().now().tzinfo is UTC
