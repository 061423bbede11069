"""The gateway while it runs: what it knows, its journal, and the threads that keep both true."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, Thread

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.barriers.opening import Barriers
from gateway.checks.snapshot import AccessFeed, Snapshot, SnapshotKeeper
from gateway.entries import service as entries
from gateway.explain.jobs import Jobs
from gateway.journal.writer import Journal
from gateway.passages import service as passages
from gateway.plates.client import PlateClient
from registry.clock import Clock, Instant
from registry.fast_clock import unhurried
from registry.ids import CredentialId
from registry.passes.digests import digest_of
from registry.qr.passes import PassClaims, verify_pass
from registry.store import Store
from registry.web.readiness import PartState

log = structlog.get_logger()

POLL_SECONDS = 0.5
"""A pass that was revoked must be refused five seconds later at every connected gate."""
SWEEP_SECONDS = 5.0
PASSAGE_SECONDS = 1.0
"""So often it is looked whose time to pass is over: until then a lane with an interlock takes nobody else."""
OLD_AFTER = timedelta(seconds=5)
"""Facts older than the bound within which a revoked pass must be refused are old."""
CHECKPOINT_SECONDS = 0.25
"""A busy gateway fills its store's log in a second."""
UNDECIDED_AFTER = timedelta(minutes=10)
"""A refer that nobody decided in this time was refused."""


@dataclass(slots=True, kw_only=True)
class Desk:
    """The gateway's runtime parts; `Parts.rooms["gateway"]` is one.

    `pass_keys`: whose signature on a QR pass is believed; `attempt_key`: digests of credentials on the bus;
    `pin_key`: digests under which PINs are found.
    """

    store: Store
    feed: AccessFeed
    clock: Clock
    pass_keys: Mapping[str, Ed25519PublicKey]
    plates: PlateClient
    attempt_key: bytes = field(repr=False)
    pin_key: bytes = field(repr=False)
    undecided_after: timedelta = UNDECIDED_AFTER
    sweep_seconds: float = SWEEP_SECONDS
    keeper: SnapshotKeeper = field(init=False)
    journal: Journal = field(init=False)
    explaining: Jobs = field(init=False, repr=False, default_factory=Jobs)
    barriers: Barriers = field(init=False)
    """Driven by whoever has the lines to them: `gateway.barriers.hardware`."""
    _stopped: Event = field(init=False, repr=False, default_factory=Event)
    _threads: list[Thread] = field(init=False, repr=False, default_factory=list)
    _is_log_kept: bool = field(init=False, repr=False, default=False)
    """Whether the last checkpoint failed; that is logged once, and until the next that succeeds the log grows."""

    def __post_init__(self) -> None:
        self.keeper = SnapshotKeeper(self.feed, self.clock)
        self.barriers = Barriers(self.clock)
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

    def digest_pin(self, pin: str) -> str:
        """Under what a PIN is found; only this leaves the moment in which it is typed."""
        return digest_of(self.pin_key, pin.strip()).hex()

    def state(self) -> PartState:
        """Whether checks can be answered, and how old the facts are on which they are."""
        if self.heard_at is None:
            return PartState(ready=False, detail="the registry has not answered yet")
        lag = (unhurried(self.clock, self.heard_at) - self.heard_at).total_seconds()
        if self.is_old:
            detail = f"the registry has not answered for {lag:.0f} s"
            return PartState(ready=False, lag_seconds=lag, detail=detail)
        return PartState(ready=self.journal.alive, lag_seconds=lag)

    @property
    def is_old(self) -> bool:
        """Whether the facts are too old to be sure that no pass was revoked meanwhile."""
        return self.heard_at is None or unhurried(self.clock, self.heard_at) - self.heard_at > OLD_AFTER

    @property
    def alive(self) -> bool:
        """Whether its threads and its journal's run."""
        return self.journal.alive and all(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        """Ask the registry once, then keep asking; begin to take attempts."""
        self._stopped.clear()
        self.tick()
        self.store.checkpoint_apart()
        self.journal.start()
        # Each has a thread: a sweep waits for the store as long as another process writes, and the registry must be heard then.
        repeated = [
            ("gateway-desk", self.tick, POLL_SECONDS),
            ("gateway-sweep", self._try_to_sweep, self.sweep_seconds),
            ("gateway-passages", self._try_to_take_back, PASSAGE_SECONDS),
        ]
        if self.store.is_file:
            repeated.append(("gateway-checkpoint", self._try_to_checkpoint, CHECKPOINT_SECONDS))
        self._threads = [
            Thread(target=self._repeat, args=(step, pause), name=name, daemon=True) for name, step, pause in repeated
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Answer what waits, then end."""
        self._stopped.set()
        threads, self._threads = self._threads, []
        for thread in threads:
            thread.join()
        self.journal.stop()

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

    def take_back(self, now: Instant) -> int:
        """Put back where they were those whom no sensor saw pass in time; gives how many."""
        with self.store.read() as session:
            if not passages.are_due(session, now):
                return 0
        with self.store.begin(now) as work:
            return passages.take_back(work.session, now)

    def _repeat(self, step: Callable[[], None], pause_seconds: float) -> None:
        while not self._stopped.wait(pause_seconds):
            step()

    def _try_to_checkpoint(self) -> None:
        try:
            self.store.checkpoint()
        except Exception as error:  # noqa: BLE001 - whatever keeps one checkpoint from its end, the next must come
            if not self._is_log_kept:
                log.warning("checkpoint-failed", error=type(error).__name__)
            self._is_log_kept = True
        else:
            self._is_log_kept = False

    def _try_to_take_back(self) -> None:
        try:
            taken_back = self.take_back(self.clock.now())
        except Exception as error:  # noqa: BLE001 - whatever keeps one look from its end, the next must come
            log.warning("passages-not-ended", error=type(error).__name__)
        else:
            if taken_back:
                log.info("passages-timed-out", count=taken_back)

    def _try_to_sweep(self) -> None:
        try:
            closed = self.sweep(self.clock.now())
        except Exception as error:  # noqa: BLE001 - whatever keeps one sweep from its end, the next must come
            log.warning("sweep-failed", error=type(error).__name__)
        else:
            if closed:
                log.info("refers-undecided", count=closed)
