"""How an outcome comes back from the journal's thread: to a loop all that a commit answered in one go, elsewhere one by one."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from itertools import takewhile
from threading import Lock

from gateway.checks.attempts import Answered, NotWrittenDown

Outcome = Answered | Exception
"""An answer, or why this one attempt has none."""


class Patience:
    """How long those of one loop wait: one timer for all of them, that of who waits longest."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._loop = loop
        self._seconds = seconds
        self._until: dict[ReplyInLoop, float] = {}
        """Who waits, and until when on the loop's clock; who came first stands first."""
        self._is_timed = False

    def begin(self, reply: "ReplyInLoop") -> None:
        self._until[reply] = until = self._loop.time() + self._seconds
        if not self._is_timed:
            self._is_timed = True
            self._loop.call_at(until, self._look)

    def end(self, reply: "ReplyInLoop") -> None:
        self._until.pop(reply, None)

    def _look(self) -> None:
        now = self._loop.time()
        over = [reply for reply, _ in takewhile(lambda one: one[1] <= now, self._until.items())]
        for reply in over:
            self.end(reply)
            reply.give_up()
        self._is_timed = bool(self._until)
        if self._until:
            self._loop.call_at(next(iter(self._until.values())), self._look)


class ReplyInLoop:
    """What somebody in a loop waits for. They may leave until the journal has taken the attempt up, and not after."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._answer: asyncio.Future[Answered] = loop.create_future()
        self._claim = Lock()
        """Held by whoever was first: the journal that took the attempt up, or the asker that left."""
        self._is_taken = False

    async def within(self, patience: Patience) -> Answered:
        """Wait.

        Raises:
            NotWrittenDown: the journal has not taken it up in this time, and will not.
            Exception: the outcome.

        """
        patience.begin(self)
        try:
            return await self._answer
        finally:
            patience.end(self)
            self._claim.acquire(blocking=False)

    def take(self) -> bool:
        """Whether somebody still waits, asked by the journal; from then on they can no longer leave."""
        self._is_taken = self._is_taken or self._claim.acquire(blocking=False)
        return self._is_taken

    def settle(self, outcome: Outcome) -> None:
        """Give the outcome; in the loop."""
        if self._answer.done():  # whoever waited was cut off
            return
        if isinstance(outcome, Exception):
            self._answer.set_exception(outcome)
        else:
            self._answer.set_result(outcome)

    def give_up(self) -> None:
        """The journal has not taken it up in time, and will not; in the loop."""
        if self._claim.acquire(blocking=False):
            self.settle(NotWrittenDown("The store does not answer. Nothing was opened; try again in a moment."))


Reply = ReplyInLoop | Future[Answered]


def is_awaited(reply: Reply) -> bool:
    """Whether somebody still waits for it; from then on they can no longer go away."""
    if isinstance(reply, ReplyInLoop):
        return reply.take()
    return reply.running() or (not reply.cancelled() and reply.set_running_or_notify_cancel())


def tell(outcomes: Iterable[tuple[Reply, Outcome]]) -> None:
    """Give each its outcome, from the journal's thread; a loop is woken once for all of its own."""
    of_loops: dict[asyncio.AbstractEventLoop, list[tuple[ReplyInLoop, Outcome]]] = {}
    for reply, outcome in outcomes:
        if isinstance(reply, ReplyInLoop):
            of_loops.setdefault(reply.loop, []).append((reply, outcome))
        elif isinstance(outcome, Exception):
            reply.set_exception(outcome)
        else:
            reply.set_result(outcome)
    for loop, those in of_loops.items():
        with suppress(RuntimeError):  # the loop has ended, and with it whoever waited
            loop.call_soon_threadsafe(_settle, those)


def _settle(outcomes: Iterable[tuple[ReplyInLoop, Outcome]]) -> None:
    for reply, outcome in outcomes:
        reply.settle(outcome)
