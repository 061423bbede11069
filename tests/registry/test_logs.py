"""One form of log in every process, whoever speaks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

SPEAKING = """
import logging, sys, threading, warnings
from pathlib import Path
from registry import logs
import structlog

logs.configure(process="speaker", as_json=sys.argv[1] == "json", file=Path(sys.argv[2]))
logs.catch_the_rest()
structlog.get_logger().info("ours", gate="oc1-north")
logging.getLogger("uvicorn.error").warning("theirs %s", "told")
logging.getLogger("alembic").info("too much")
warnings.warn("old", stacklevel=1)
thread = threading.Thread(target=lambda: 1 / 0, name="rules")
thread.start()
thread.join()
raise SystemExit({}["missing"])
"""


def spoken(form: str, file: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", SPEAKING, form, str(file)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)


def test_ours_and_those_of_libraries_and_errors_that_nobody_caught_come_in_one_form(tmp_path: Path) -> None:
    said = spoken("json", tmp_path / "speaker.log")
    lines = [json.loads(line) for line in said.stderr.splitlines()]
    assert [(line["event"], line["level"]) for line in lines if line["event"] != lines[2]["event"]] == [
        ("ours", "info"),
        ("theirs told", "warning"),
        ("thread-ended-by-error", "critical"),
        ("uncaught-error", "critical"),
    ]
    assert "UserWarning: old" in lines[2]["event"]
    assert {line["process"] for line in lines} == {"speaker"}
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert "ZeroDivisionError" in lines[3]["exception"]
    assert "KeyError: 'missing'" in lines[4]["exception"]
    assert said.returncode == 1


@pytest.mark.parametrize("form", ["json", "text"])
def test_the_lines_of_a_process_at_a_terminal_are_kept_in_its_file_as_well(tmp_path: Path, form: str) -> None:
    said = spoken(form, tmp_path / "speaker.log")
    assert said.stderr.splitlines()[0].count("ours") == 1
    assert (tmp_path / "speaker.log").read_text() == said.stderr


SPEAKING_ON_A_FULL_DISK = """
from pathlib import Path
from registry import logs
import structlog

logs.configure(process="speaker", as_json=True, file=Path("/dev/full"))
for _ in range(1000):
    structlog.get_logger().error("journal-not-written", attempts=1)
print("went on")
"""


def test_who_says_something_while_the_disk_is_full_goes_on() -> None:
    command = [sys.executable, "-c", SPEAKING_ON_A_FULL_DISK]
    with Path("/dev/full").open("w") as full:
        said = subprocess.run(
            command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=full, text=True, check=False, timeout=60
        )
    assert said.stdout == "went on\n"
