"""When a session ends, and how long one waits after wrong tries. Pure."""

from dataclasses import dataclass
from datetime import timedelta

from registry.clock import Instant

IDLE_END = timedelta(hours=12)
"""A session not used for one shift is over; what a page asks by itself is no use."""
ABSOLUTE_END = timedelta(days=7)
"""A session is over a week after it began, used or not."""
SEEN_STEP = timedelta(minutes=1)
"""How exactly the last use is kept: a write for each request would be waste."""

SLOW_AFTER = 5
REFUSE_AFTER = 10
REFUSE_FOR = timedelta(minutes=15)
LONGEST_PAUSE = timedelta(seconds=32)
"""The pause before the tenth try; for a name alone it never grows beyond."""
FORGET_AFTER = timedelta(minutes=15)
"""Wrong tries are forgotten when none came for so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongTries:
    """Wrong tries in a row, and when the last was."""

    count: int
    last_at: Instant


def is_over(*, seen_at: Instant, ends_at: Instant, now: Instant) -> bool:
    """Whether a session has ended by itself."""
    return now >= ends_at or now >= seen_at + IDLE_END


def wait_before(tries: WrongTries | None, now: Instant) -> timedelta:
    """How long one must still wait before the next try; zero: try now. For an address, and for a name from an address.

    The first five wrong tries cost nothing, the sixth to tenth must each wait twice as long (2, 4, 8, 16, 32 s), and
    after ten there are fifteen minutes without any.
    """
    if tries is not None and tries.count >= REFUSE_AFTER and now < tries.last_at + FORGET_AFTER:
        return max(tries.last_at + REFUSE_FOR - now, timedelta(0))
    return pause_before(tries, now)


def pause_before(tries: WrongTries | None, now: Instant) -> timedelta:
    """The same for a name, wherever it is tried: slowed, never refused, or a stranger could shut out whom they like."""
    if tries is None or now >= tries.last_at + FORGET_AFTER or tries.count < SLOW_AFTER:
        return timedelta(0)
    pause = min(timedelta(seconds=2 ** (min(tries.count, REFUSE_AFTER) - SLOW_AFTER + 1)), LONGEST_PAUSE)
    return max(tries.last_at + pause - now, timedelta(0))


def one_more(tries: WrongTries | None, now: Instant) -> WrongTries:
    """Count a wrong try."""
    if tries is None or now >= tries.last_at + FORGET_AFTER:
        return WrongTries(count=1, last_at=now)
    return WrongTries(count=tries.count + 1, last_at=now)


def one_less(tries: WrongTries | None, *, before: WrongTries | None, tried_at: Instant) -> WrongTries | None:
    """Take back a try that turned out right, as if it had never been; what others tried meanwhile stays."""
    if tries is None or tries == one_more(before, tried_at):
        return before
    return WrongTries(count=tries.count - 1, last_at=tries.last_at) if tries.count > 1 else None


def is_told(refused: int) -> bool:
    """Whether this refused try goes into the audit: the 1st, 10th, 100th …, so that a machine cannot fill it."""
    while refused > 1 and refused % 10 == 0:
        refused //= 10
    return refused == 1
