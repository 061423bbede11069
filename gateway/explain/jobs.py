"""Long answers: worked out beside the request, asked for by its page until they are there. They live in this process alone."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock, Thread
from uuid import UUID

import structlog

from gateway.explain.who_can import Progress
from registry.ids import UserId, new_id
from registry.problems import NotFound

log = structlog.get_logger()

MOST_KEPT = 12
AT_A_TIME = 2
"""At the gates somebody waits meanwhile; more wait here."""


class NoSuchJob(NotFound):
    slug = "no-such-job"
    title = "This answer is not kept any more; ask again"


@dataclass(slots=True)
class Job:
    """One answer. `done`: from 0 to 1; `result` None: not yet, or it failed."""

    owner: UserId
    done: float = 0
    result: object = None
    failed: bool = False

    def tell(self, done: float) -> None:
        self.done = done


@dataclass(slots=True)
class Jobs:
    """The last answers, each for who asked."""

    _kept: "OrderedDict[UUID, Job]" = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)
    _places: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(AT_A_TIME))

    def begin(self, owner: UserId, work: Callable[[Progress], object]) -> UUID:
        """Begin to work something out; gives under what it is asked for."""
        job, job_id = Job(owner), new_id()
        with self._lock:
            self._kept[job_id] = job
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        Thread(target=self._run, args=(job, work), name="gateway-explain", daemon=True).start()
        return job_id

    def find(self, job_id: UUID, owner: UserId) -> Job:
        """The answer so far.

        Raises:
            NoSuchJob: it is another's, too old, or this process is a new one.

        """
        with self._lock:
            job = self._kept.get(job_id)
        if job is None or job.owner != owner:
            raise NoSuchJob("This answer is not kept any more. Ask again.")
        return job

    def _run(self, job: Job, work: Callable[[Progress], object]) -> None:
        with self._places:
            try:
                job.result = work(job.tell)
            except Exception:  # whatever it was, the page must say that it failed, and the log why
                log.exception("explain-failed")
                job.failed = True
