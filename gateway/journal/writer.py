"""The journal: one thread that decides and writes down what the gates ask, as many as wait in one commit.

A commit that reaches the disk costs the same for one attempt and for five hundred, so under load the attempts of all
gates share it. Whoever asks waits for the commit: what was answered is on disk.
"""

import asyncio
import queue
from collections.abc import Sequence
from concurrent.futures import Future
from threading import Thread
from time import perf_counter

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.checks.attempts import Answered, Attempt, NotWrittenDown
from gateway.checks.snapshot import SnapshotKeeper
from gateway.journal import batch
from gateway.journal.batch import Outcome
from gateway.measures import BATCH_ATTEMPTS, CHECK_SECONDS, CHECKS
from gateway.presence.queries import Overtaken
from registry.clock import Clock
from registry.problems import Problem
from registry.store import Store
from registry.store.faults import is_of_a_value, is_overtaken

log = structlog.get_logger()

LARGEST_BATCH = 500
"""Attempts in one commit."""
LONGEST_QUEUE = 10_000
"""Attempts that may wait; more are refused at once instead of keeping gates waiting for what they will not await."""
PATIENCE_SECONDS = 5.0
"""How long a gate waits for the store before it is told that nothing was opened."""
TRIES = 3
"""How often one attempt is made again when other processes were faster."""

_Waiting = tuple[Attempt, "Future[Answered]"]


class Journal:
    """Takes attempts from any thread or loop, and answers once they are on disk."""

    def __init__(self, store: Store, keeper: SnapshotKeeper, clock: Clock, *, attempt_key: bytes) -> None:
        self._store = store
        self._keeper = keeper
        self._clock = clock
        self._attempt_key = attempt_key
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(LONGEST_QUEUE)
        self._writer: Thread | None = None

    @property
    def is_running(self) -> bool:
        return self._writer is not None and self._writer.is_alive()

    def start(self) -> None:
        self._writer = Thread(target=self._run, name="journal", daemon=True)
        self._writer.start()

    def stop(self) -> None:
        """Write down what waits, then end."""
        writer, self._writer = self._writer, None
        if writer is not None:
            self._queue.put(None)
            writer.join()

    def submit(self, attempt: Attempt) -> "Future[Answered]":
        """Hand over an attempt. The future holds a `Problem` when it was refused, and may be cancelled until it is taken up.

        Raises:
            NotWrittenDown: the journal is not running, or more wait than it can ever answer in time.

        """
        if not self.is_running:
            raise NotWrittenDown("The gate's journal is not running. Nothing was opened; try again in a moment.")
        answer: Future[Answered] = Future()
        try:
            self._queue.put_nowait((attempt, answer))
        except queue.Full:
            raise NotWrittenDown("Too many checks are waiting. Nothing was opened; try again in a moment.") from None
        return answer

    async def check(self, attempt: Attempt, *, patience_seconds: float = PATIENCE_SECONDS) -> Answered:
        """Decide an attempt and write it down.

        Raises:
            Problem: it was refused, or the store did not take it up in time; then nothing was recorded or opened.

        """
        asked_at = perf_counter()
        answer = self.submit(attempt)
        wrapped = asyncio.wrap_future(answer)
        done, _ = await asyncio.wait({wrapped}, timeout=patience_seconds)
        if not done and answer.cancel():
            raise NotWrittenDown("The store does not answer. Nothing was opened; try again in a moment.")
        answered = await wrapped
        CHECK_SECONDS.observe(perf_counter() - asked_at)
        return answered

    def _run(self) -> None:
        goes_on = True
        while goes_on:
            waiting = [self._queue.get()]
            while len(waiting) < LARGEST_BATCH:
                try:
                    waiting.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            goes_on = None not in waiting
            self._answer([one for one in waiting if one is not None])

    def _answer(self, waiting: Sequence[_Waiting], *, tries: int = TRIES) -> None:
        """Answer these attempts, whatever happens. When they fail together, each has a transaction of its own."""
        try:
            self._write(waiting)
        except Overtaken as error:
            self._answer_again(waiting, error, tries=tries)
        except Problem as problem:
            _fail(waiting, problem)
        except SQLAlchemyError as error:
            if is_overtaken(error):
                self._answer_again(waiting, error, tries=tries)
                return
            if len(waiting) > 1 and is_of_a_value(error):
                self._answer_each(waiting, tries=tries)
                return
            # Its first line only: the others hold the statement's values, which are plates and names.
            log.error("journal-not-written", attempts=len(waiting), error=str(error).partition("\n")[0])  # noqa: TRY400
            _fail(waiting, NotWrittenDown("The store takes nothing more. Nothing was opened; call the administrator."))
        except Exception as error:
            if len(waiting) > 1:
                self._answer_each(waiting, tries=tries)
            else:
                log.exception("attempt-failed")
                _fail(waiting, error)

    def _answer_again(self, waiting: Sequence[_Waiting], error: Exception, *, tries: int) -> None:
        """Decide anew, each alone, what another process was faster with."""
        log.warning("attempts-overtaken", attempts=len(waiting), error=type(error).__name__)
        if tries > 1:
            self._answer_each(waiting, tries=tries - 1)
        else:
            _fail(waiting, NotWrittenDown("Others were faster each time. Nothing was opened; try again."))

    def _answer_each(self, waiting: Sequence[_Waiting], *, tries: int) -> None:
        for one in waiting:
            self._answer([one], tries=tries)

    def _write(self, waiting: Sequence[_Waiting]) -> None:
        with self._store.begin_beside(self._clock.now()) as work:
            connection = work.session.connection()
            # Only now, with the store ours, is it known who still waits and what time it is.
            taken = [one for one in waiting if _is_awaited(one[1])]
            attempts = [attempt for attempt, _ in taken]
            outcomes = batch.write(connection, attempts, self._keeper.snapshot, self._attempt_key, self._clock.now())
        for (_, answer), outcome in zip(taken, outcomes, strict=True):
            _resolve(answer, outcome)
        _count(outcomes)


def _count(outcomes: Sequence[Outcome]) -> None:
    if outcomes:
        BATCH_ATTEMPTS.observe(len(outcomes))
    for outcome in outcomes:
        if isinstance(outcome, Answered):
            CHECKS.labels(outcome.verdict or "repeated").inc()
        else:
            CHECKS.labels("refused").inc()


def _resolve(answer: "Future[Answered]", outcome: Outcome) -> None:
    if isinstance(outcome, Answered):
        answer.set_result(outcome)
    else:
        answer.set_exception(outcome)


def _is_awaited(answer: "Future[Answered]") -> bool:
    """Whether somebody still waits for it; from then on they can no longer go away."""
    return answer.running() or (not answer.cancelled() and answer.set_running_or_notify_cancel())


def _fail(waiting: Sequence[_Waiting], error: Exception) -> None:
    for _, answer in waiting:
        if _is_awaited(answer):
            answer.set_exception(error)
