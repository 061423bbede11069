"""How an outcome comes back from the journal's thread: to a loop all that a commit answered in one go, elsewhere one by one."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from threading import Lock

from gateway.checks.attempts import Answered, NotWrittenDown

Outcome = Answered | Exception
"""An answer, or why this one attempt has none."""


class ReplyInLoop:
    """What somebody in a loop waits for. They may leave until the journal has taken the attempt up, and not after."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._answer: asyncio.Future[Answered] = loop.create_future()
        self._claim = Lock()
        """Held by whoever was first: the journal that took the attempt up, or the asker that left."""
        self._is_taken = False

    async def within(self, patience_seconds: float) -> Answered:
        """Wait.

        Raises:
            NotWrittenDown: the journal has not taken it up in this time, and will not.
            Exception: the outcome.

        """
        timer = self.loop.call_later(patience_seconds, self._give_up)
        try:
            return await self._answer
        finally:
            timer.cancel()
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

    def _give_up(self) -> None:
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
