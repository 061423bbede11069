from pathlib import Path

from deploy.processes.orders import Orders
from deploy.retry import LONGEST_SECONDS, Retry
from deploy.supervisor import LONGEST_LOG_BYTES, Child, Supervisor, shorten
from tests.fakes.clock import FixedClock


def test_a_log_that_grew_too_long_is_kept_once_and_begins_anew(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * (LONGEST_LOG_BYTES + 1))
        shorten(log)
        writer.write(b"after")
    assert log.read_bytes() == b"after"
    assert (tmp_path / "web.log.1").stat().st_size == LONGEST_LOG_BYTES + 1


def test_a_short_log_and_a_missing_one_are_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    shorten(log)
    log.write_bytes(b"short")
    shorten(log)
    assert [path.name for path in tmp_path.iterdir()] == ["web.log"]


def test_a_log_that_cannot_be_put_away_is_gone_on_with(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_bytes(b"x" * (LONGEST_LOG_BYTES + 1))
    (tmp_path / "web.log.1").mkdir()
    shorten(log)
    assert log.stat().st_size == LONGEST_LOG_BYTES + 1


def test_a_process_that_cannot_be_started_now_is_tried_again_and_ends_nobody(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path / "away", FixedClock())
    child = Child("web", "deploy.processes.web", lambda: Orders(process="web", parent=1, log_json=True))
    supervisor.children.append(child)
    child.restart_at = 0.0
    supervisor.tend()
    assert not child.is_running
    supervisor.tend()
    assert child.restart_at is not None


def test_what_fails_is_tried_ever_less_often_and_after_a_success_soon_again() -> None:
    retry = Retry()
    assert retry.is_due()
    pauses = []
    for _ in range(8):
        retry.later()
        pauses.append(retry.seconds)
    assert pauses == [1, 2, 4, 8, 16, LONGEST_SECONDS, LONGEST_SECONDS, LONGEST_SECONDS]
    assert not retry.is_due()
    retry.done(look_again_seconds=0.0)
    assert retry.seconds == 0
    assert retry.is_due()
