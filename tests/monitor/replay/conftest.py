"""Another year, for programs that must not look at the clock."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def another_year() -> dict[str, str]:
    """What a child process finds in its environment, so that its clock runs in 2031; nothing, where Debian's libfaketime is missing."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    return {"LD_PRELOAD": str(library), "FAKETIME": "@2031-02-03 04:05:06"} if library else {}
