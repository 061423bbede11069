from pathlib import Path

from deploy.retry import LONGEST_SECONDS, Retry
from deploy.supervisor import LONGEST_LOG_BYTES, shorten


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
