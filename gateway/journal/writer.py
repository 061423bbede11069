"""The journal: one thread that decides and writes down what the gates ask, as many as wait in one commit.

A commit that reaches the disk costs the same for one attempt and for five hundred, so under load the attempts of all
gates share it. Whoever asks waits for the commit: what was answered is on disk.
"""

import asyncio
from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from functools import cache
from queue import SimpleQueue
from threading import Thread
from time import perf_counter
from weakref import WeakKeyDictionary

import structlog
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError

from gateway.checks.attempts import Answered, Attempt, NotWrittenDown
from gateway.checks.snapshot import SnapshotKeeper
from gateway.journal import batch
from gateway.journal.forms import Forms
from gateway.journal.gathering import Gathering
from gateway.journal.replies import Outcome, Patience, Reply, ReplyInLoop, is_awaited, tell
from gateway.measures import BATCH_ATTEMPTS, CHECK_SECONDS, CHECKS
from gateway.presence.queries import Overtaken
from registry.clock import Clock
from registry.problems import Problem
from registry.store import Store
from registry.store.faults import is_of_a_value, is_overtaken

log = structlog.get_logger()

LONGEST_QUEUE = 10_000
"""Attempts that may wait; more are refused at once instead of keeping gates waiting for what they will not await."""
PATIENCE_SECONDS = 5.0
"""How long a gate waits for the store before it is told that nothing was opened."""
TRIES = 3
"""How often one attempt is made again when other processes were faster."""

_Waiting = tuple[Attempt, Reply]


class Journal:
    """Takes attempts from any thread or loop, and answers once they are on disk."""

    def __init__(
        self,
        store: Store,
        keeper: SnapshotKeeper,
        clock: Clock,
        *,
        attempt_key: bytes,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._store = store
        self._keeper = keeper
        self._clock = clock
        self._forms = Forms(attempt_key)
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._gathering = Gathering(self._queue)
        self._patience_seconds = patience_seconds
        self._patience: WeakKeyDictionary[asyncio.AbstractEventLoop, Patience] = WeakKeyDictionary()
        self._writer: Thread | None = None

    @property
    def alive(self) -> bool:
        """Whether its thread runs; without it no gate is answered."""
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
        answer: Future[Answered] = Future()
        self._hand_over(attempt, answer)
        return answer

    async def check(self, attempt: Attempt) -> Answered:
        """Decide an attempt and write it down.

        Raises:
            Problem: it was refused, or the store did not take it up in time; then nothing was recorded or opened.

        """
        asked_at = perf_counter()
        loop = asyncio.get_running_loop()
        patience = self._patience.get(loop)
        if patience is None:
            patience = self._patience[loop] = Patience(loop, self._patience_seconds)
        reply = ReplyInLoop(loop)
        self._hand_over(attempt, reply)
        answered = await reply.within(patience)
        CHECK_SECONDS.observe(perf_counter() - asked_at)
        return answered

    def _hand_over(self, attempt: Attempt, reply: Reply) -> None:
        if not self.alive:
            raise NotWrittenDown("The gate's journal is not running. Nothing was opened; try again in a moment.")
        if self._queue.qsize() >= LONGEST_QUEUE:
            raise NotWrittenDown("Too many checks are waiting. Nothing was opened; try again in a moment.")
        self._queue.put((attempt, reply))

    def _run(self) -> None:
        waiting: list[_Waiting | None] = []
        while None not in waiting:
            waiting = self._gathering.next()
            self._answer([one for one in waiting if one is not None])

    def _answer(self, waiting: Sequence[_Waiting], *, tries: int = TRIES) -> None:
        """Answer these attempts, whatever happens. When they fail together, each has a transaction of its own."""
        try:
            outcomes = self._written(waiting)
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
        else:
            tell(outcomes)

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

    def _written(self, waiting: Sequence[_Waiting]) -> Iterable[tuple[Reply, Outcome]]:
        with self._store.begin_bare() as connection:
            # Only now, with the store ours, is it known who still waits and what time it is.
            taken = [one for one in waiting if is_awaited(one[1])]
            attempts = [attempt for attempt, _ in taken]
            outcomes = batch.write(connection, attempts, self._keeper.snapshot, self._forms, self._clock.now())
            written_at = perf_counter()
        self._gathering.committed(perf_counter() - written_at)
        _count(outcomes)
        return zip((reply for _, reply in taken), outcomes, strict=True)


def _count(outcomes: Sequence[Outcome]) -> None:
    if outcomes:
        BATCH_ATTEMPTS.observe(len(outcomes))
    told = Tally((one.verdict or "repeated") if isinstance(one, Answered) else "refused" for one in outcomes)
    for verdict, times in told.items():
        _counter(verdict).inc(times)


@cache
def _counter(verdict: str) -> Counter:
    return CHECKS.labels(verdict)


def _fail(waiting: Sequence[_Waiting], error: Exception) -> None:
    tell((reply, error) for _, reply in waiting if is_awaited(reply))
