"""The gateway while it runs: what it knows, its journal, and the thread that keeps both true."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, Thread

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.exc import SQLAlchemyError

from gateway.checks.snapshot import AccessFeed, Snapshot, SnapshotKeeper
from gateway.entries import service as entries
from gateway.journal.writer import Journal
from gateway.plates.worker import PlateWorker
from registry.clock import Clock, Instant
from registry.ids import CredentialId
from registry.qr.passes import PassClaims, verify_pass
from registry.store import Store
from registry.web.readiness import PartState

log = structlog.get_logger()

POLL_SECONDS = 0.5
"""A pass that was revoked must be refused five seconds later at every connected gate."""
SWEEP_SECONDS = 5.0
UNDECIDED_AFTER = timedelta(minutes=10)
"""A refer that nobody decided in this time was refused."""


@dataclass(slots=True, kw_only=True)
class Desk:
    """The gateway's runtime parts; `Parts.rooms["gateway"]` is one.

    `pass_keys`: whose signature on a QR pass is believed; `attempt_key`: digests of credentials on the bus.
    """

    store: Store
    feed: AccessFeed
    clock: Clock
    pass_keys: Mapping[str, Ed25519PublicKey]
    plates: PlateWorker
    attempt_key: bytes = field(repr=False)
    undecided_after: timedelta = UNDECIDED_AFTER
    keeper: SnapshotKeeper = field(init=False)
    journal: Journal = field(init=False)
    _stopped: Event = field(init=False, repr=False, default_factory=Event)
    _thread: Thread | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        self.keeper = SnapshotKeeper(self.feed, self.clock)
        self.journal = Journal(self.store, self.keeper, self.clock, attempt_key=self.attempt_key)

    @property
    def snapshot(self) -> Snapshot:
        """What is known now.

        Raises:
            NothingKnown: the registry has not answered yet.

        """
        return self.keeper.snapshot

    @property
    def heard_at(self) -> Instant | None:
        """When the registry last answered."""
        return self.keeper.heard_at

    def verify_pass(self, text: str) -> CredentialId | None:
        """The credential that a QR code stands for; None: we did not sign it. Its dates are asked of the register."""
        claims = verify_pass(self.pass_keys, text)
        return claims.credential if isinstance(claims, PassClaims) else None

    def state(self) -> PartState:
        """Whether checks can be answered, and how old the facts are on which they are."""
        if self.heard_at is None:
            return PartState(ready=False, detail="the registry has not answered yet")
        lag = (self.clock.now() - self.heard_at).total_seconds()
        return PartState(ready=self.journal.is_running, lag_seconds=lag)

    def start(self) -> None:
        """Ask the registry once, then keep asking; begin to take attempts."""
        self._stopped.clear()
        self.tick()
        self.journal.start()
        self._thread = Thread(target=self._keep, name="gateway-desk", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Answer what waits, then end."""
        self._stopped.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
        self.journal.stop()
        self.plates.close()

    def tick(self) -> None:
        """Ask the registry for what changed; when it does not answer, what is known stays and is older."""
        try:
            self.keeper.poll()
        except Exception as error:  # noqa: BLE001 - whatever the feed is, a gate goes on with what it knows
            log.warning("registry-does-not-answer", error=type(error).__name__, heard_at=str(self.heard_at))

    def sweep(self, now: Instant) -> int:
        """Settle the refers that nobody decided in time; gives how many."""
        with self.store.begin(now) as work:
            return entries.close_undecided(
                work.session, told_before=now - self.undecided_after, attempt_key=self.attempt_key, now=now
            )

    def _keep(self) -> None:
        polls_a_sweep = int(SWEEP_SECONDS / POLL_SECONDS)
        polls = 0
        while not self._stopped.wait(POLL_SECONDS):
            self.tick()
            polls += 1
            if polls % polls_a_sweep == 0:
                self._try_to_sweep()

    def _try_to_sweep(self) -> None:
        try:
            closed = self.sweep(self.clock.now())
        except SQLAlchemyError as error:
            log.warning("sweep-failed", error=type(error).__name__)
        else:
            if closed:
                log.info("refers-undecided", count=closed)
