"""Keeps an engine's leases: waits for them, renews them each second, and knows at once when they are over."""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from monitor.lease import queries, service
from monitor.lease.rules import LASTS, RENEWED, SHARED, Holder, Lease, Tokens, is_free, told
from monitor.lease.service import Taken, Waits
from registry.clock import Clock
from registry.devices.facts import Register
from registry.ids import SiteId
from registry.store import Store
from registry.store.faults import UNAVAILABLE, Fenced

log = structlog.get_logger()


class LeaseWatch:
    """How long leases have not been renewed, by our own steady clock: no clock of another machine, and none that is set."""

    def __init__(self, is_gone: Callable[[Holder], bool], steady: Callable[[], float] = time.monotonic) -> None:
        """Begin; `is_gone` says whether a holder's process is known to have ended, `steady` counts seconds and is never set."""
        self._is_gone = is_gone
        self._steady = steady
        self._seen: dict[SiteId, tuple[Lease, float]] = {}
        self._renewed: set[SiteId] = set()

    def free(self, leases: Collection[Lease]) -> Mapping[SiteId, Lease]:
        """Look at the leases as they are in the store now; those of them that may be taken."""
        now = self._steady()
        for lease in leases:
            before = self._seen.get(lease.site)
            if before is None or before[0] != lease:
                self._seen[lease.site] = (lease, now)
                if before is not None:
                    self._renewed.add(lease.site)
        return {lease.site: lease for lease in leases if self._may_be_taken(lease, now)}

    def has_seen_renewed(self, lease: Lease) -> bool:
        """Whether its holder showed, while we watched, that it lives."""
        return lease.site in self._renewed

    def _may_be_taken(self, lease: Lease, now: float) -> bool:
        silent = timedelta(seconds=now - self._seen[lease.site][1])
        return is_free(lease, silent=silent, is_gone=lease.expires_at is not None and self._is_gone(lease.holder))


class LeaseKeeper:
    """A thread that keeps the leases of all sites of the register for one engine; all of them or none.

    What the engine writes goes through `fenced`: it checks the tokens in the transaction of the write itself. So an engine
    that stood still while another took over writes nothing any more, whatever it believes.
    """

    def __init__(
        self,
        store: Store,
        register: Callable[[], Register],
        clock: Clock,
        *,
        holder: Holder,
        is_gone: Callable[[Holder], bool],
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare.

        Args:
            store: the monitor's store.
            register: gives the newest register, whose sites are wanted.
            clock: the machine's, which is the store's own where the store is a file.
            holder: this process.
            is_gone: whether a holder's process is known to have ended.
            steady: counts seconds, and is never set.

        """
        self._store = store
        self._register = register
        self._clock = clock
        self._holder = holder
        self._steady = steady
        self._watch = LeaseWatch(is_gone, steady)
        self._tokens: Tokens = {}
        self._sure_until = 0.0
        self._taken, self._rivalled, self._stopping = threading.Event(), threading.Event(), threading.Event()
        self._is_over = False
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)
        self.fenced = Store(store.room, store.engine, store.audit_key, before_write=self._insist)
        """The same store for all that the engine writes."""

    @property
    def holds(self) -> bool:
        """Whether the leases are ours; False as soon as they were not renewed in time, though nobody may have taken them."""
        return self._taken.is_set() and not self._is_over and self._steady() < self._sure_until

    @property
    def alive(self) -> bool:
        """Whether the thread runs; when it has ended, the leases are lost or never come."""
        return self._thread.is_alive()

    @property
    def stands_by(self) -> bool:
        """Whether we wait for another engine, which lives."""
        return self._rivalled.is_set() and not self._taken.is_set()

    def start(self) -> None:
        self._thread.start()

    def wait(self, timeout_seconds: float) -> bool:
        """Wait until the leases are ours; False when they are not by then."""
        return self._taken.wait(timeout_seconds)

    def stop(self, timeout_seconds: float = 5.0) -> None:
        """End the thread and give the leases back."""
        self._stopping.set()
        self._thread.join(timeout_seconds)
        self.give_back()

    def give_back(self) -> None:
        """Let another engine have the leases at once, if they are still ours."""
        if self.holds:
            self._is_over = True
            try:
                with self._store.begin_beside(self._clock.now()) as work:
                    service.give_back(work, self._tokens)
            except UNAVAILABLE as error:
                log.warning("lease-not-given-back", error=str(error.__cause__ or error))

    def look(self) -> None:
        """Take the leases if they are free, or renew those that we have; the thread does it each second."""
        began = self._steady()
        try:
            if self._taken.is_set():
                self._renew(began)
            else:
                self._try_to_take(began)
        except Fenced:
            self._is_over = True
            log.warning("lease-lost", sites=len(self._tokens) - 1)
        except UNAVAILABLE as error:
            log.warning("lease-store-unavailable", error=str(error.__cause__ or error))

    def _keep(self) -> None:
        while not self._stopping.is_set() and not self._is_over:
            self.look()
            self._stopping.wait(RENEWED.total_seconds())

    def _renew(self, began: float) -> None:
        with self._store.begin_beside(self._clock.now()) as work:
            service.renew(work, self._tokens)
        self._sure_until = began + LASTS.total_seconds()
        new = self._wanted() - self._tokens.keys()
        if new:
            self._take(new)

    def _try_to_take(self, began: float) -> None:
        outcome = self._take(self._wanted())
        match outcome:
            case Taken():
                self._sure_until = began + LASTS.total_seconds()
                self._taken.set()
                log.info("lease-taken", sites=len(outcome.tokens) - 1, token=outcome.tokens[SHARED])
            case Waits(lease=lease):
                if not self._rivalled.is_set() and self._watch.has_seen_renewed(lease):
                    log.info("lease-held-by-another", site=lease.site, by=told(lease))
                    self._rivalled.set()

    def _take(self, sites: Collection[SiteId]) -> Taken | Waits:
        with self._store.read() as session:
            found = [lease for lease in queries.leases(session) if lease.site in sites]
        free = self._watch.free(found)
        held = [lease for lease in found if lease.site not in free]
        if held:
            return Waits(lease=held[0])
        with self._store.begin_beside(self._clock.now()) as work:
            outcome = service.take(work, sites, self._holder, free)
        if isinstance(outcome, Taken):
            self._tokens = {**self._tokens, **outcome.tokens}
        return outcome

    def _wanted(self) -> set[SiteId]:
        return {SHARED, *self._register().sites}

    def _insist(self, session: Session) -> None:
        if not self.holds:
            raise Fenced("the lease was not renewed in time")
        service.insist(session, self._tokens)
