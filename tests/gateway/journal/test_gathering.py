"""Who shares a commit: whoever waits, and whoever asks again before a commit of their own would be cheaper."""

from collections.abc import Iterable
from queue import SimpleQueue

import pytest

from gateway.journal import gathering
from gateway.journal.gathering import LONGEST_WAIT_SECONDS, Gathering


class Callers:
    """A queue, and a clock by which others come while somebody pauses: each at its second."""

    def __init__(self, *coming: tuple[float, int]) -> None:
        self.queue: SimpleQueue[int] = SimpleQueue()
        self.now = 0.0
        self.pauses = 0
        self._coming = sorted(coming)

    def come(self, those: Iterable[int]) -> None:
        for one in those:
            self.queue.put(one)

    def pause(self, seconds: float) -> None:
        self.pauses += 1
        self.now += seconds
        while self._coming and self._coming[0][0] <= self.now:
            self.queue.put(self._coming.pop(0)[1])

    def gathering(self) -> "Gathering[int]":
        return Gathering(self.queue, clock=lambda: self.now, pause=self.pause)


def test_whoever_waits_is_taken_at_once_in_the_order_of_coming() -> None:
    callers = Callers()
    of = callers.gathering()
    callers.come([1, 2, 3])
    assert of.next() == [1, 2, 3]
    callers.come([4, 5, 6, 7])
    of.committed(1.0)
    assert of.next() == [4, 5, 6, 7]
    assert callers.pauses == 0


def test_as_many_as_were_answered_are_waited_for_as_long_as_the_commit_took() -> None:
    callers = Callers((0.001, 4), (0.002, 5), (0.004, 6))
    of = callers.gathering()
    callers.come([0, 1, 2])
    of.next()
    of.committed(0.0025)
    callers.come([3])
    assert of.next() == [3, 4, 5]
    of.committed(0.0001)
    callers.come([7])
    assert of.next() == [7]


def test_nobody_is_waited_for_longer_than_a_few_milliseconds() -> None:
    callers = Callers((2 * LONGEST_WAIT_SECONDS, 3))
    of = callers.gathering()
    callers.come([0, 1])
    of.next()
    of.committed(60.0)
    callers.come([2])
    assert of.next() == [2]
    assert callers.now == pytest.approx(LONGEST_WAIT_SECONDS, rel=0.05)


def test_one_alone_waits_for_nobody() -> None:
    callers = Callers()
    of = callers.gathering()
    for number in range(3):
        callers.come([number])
        assert of.next() == [number]
        of.committed(1.0)
    assert callers.pauses == 0


def test_a_crowd_is_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "LARGEST_BATCH", 2)
    callers = Callers()
    of = callers.gathering()
    callers.come([1, 2, 3])
    assert (of.next(), of.next()) == ([1, 2], [3])
