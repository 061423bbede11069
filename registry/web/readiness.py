"""Whether each part works, and how far it lags: what `/readyz` says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from registry.auth.directory import OLD_AFTER, Directory
from registry.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class PartState:
    """One part. `lag_seconds`: how far it is behind what it follows; None where nothing is followed.

    `vital`: whether the process can do its main work only while the part is ready.
    """

    ready: bool
    lag_seconds: float | None = None
    detail: str = ""
    vital: bool = True


Check = Callable[[], PartState]


@dataclass(slots=True)
class Readiness:
    """The checks that the parts registered."""

    _checks: dict[str, Check] = field(default_factory=dict)

    def register(self, name: str, check: Check) -> None:
        """Add a part; `check` answers at once and raises for nothing."""
        self._checks[name] = check

    def states(self) -> Mapping[str, PartState]:
        return {name: check() for name, check in self._checks.items()}


def sign_ins_check(directory: Directory) -> Check:
    """Whether who has signed in is known as of now: what is revoked must be refused within five seconds."""

    def check() -> PartState:
        lag = directory.lag_seconds
        if lag is None:
            return PartState(ready=False, detail="who has signed in was never read")
        is_old = lag > OLD_AFTER.total_seconds()
        detail = f"who has signed in was last read {lag:.0f} s ago" if is_old else ""
        return PartState(ready=not is_old, lag_seconds=lag, detail=detail)

    return check


def store_check(store: Store) -> Check:
    """Whether a room's store answers, how many of its messages wait for the broker, and how many never can be sent."""

    def check() -> PartState:
        try:
            with store.read() as session:
                every, refused = session.execute(
                    select(func.count(), func.count(store.room.outbox.refused)).select_from(store.room.outbox)
                ).one()
        except SQLAlchemyError as error:
            return PartState(ready=False, detail=f"the store does not answer: {type(error).__name__}")
        set_aside = f", {refused} are set aside" if refused else ""
        return PartState(ready=True, detail=f"{every - refused} messages wait for the broker{set_aside}")

    return check
