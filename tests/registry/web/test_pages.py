"""What a page writes of moments is the time at the site that it shows."""

import pytest

from registry.web.pages import environment
from tests.fakes.clock import NOON


@pytest.mark.parametrize(
    ("timezone", "written"),
    [("Asia/Shanghai", "12:00:00 2026-11-23 12:00"), ("Asia/Urumqi", "10:00:00 2026-11-23 10:00")],
)
def test_a_moment_is_written_in_the_time_of_the_pages_site(timezone: str, written: str) -> None:
    page = environment().from_string("{{ at | clock }} {{ at | moment }}")
    assert page.render(at=NOON, timezone=timezone) == written
