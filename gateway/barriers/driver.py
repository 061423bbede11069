"""What all drivers have in common: an order that expires, why it was not carried out, and what a part reports."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from gateway.passages.models import BarrierPosition
from registry.access.facts import CredentialKind
from registry.access.parts import LanePart
from registry.clock import Clock, Instant
from registry.fast_clock import FastClock
from registry.ids import new_id

EXPIRES_AFTER_SECONDS = 2.0
"""Real ones, also on a fast clock: whoever waits at the barrier does not live faster (CONTRACT 2)."""


class Why(StrEnum):
    """Why a barrier was not opened."""

    NO_LINK = "no_link"
    """There is no connection to it, or none that is secure; nothing was sent."""
    NO_ANSWER = "no_answer"
    """It was told and did not answer in time."""
    REFUSED = "refused"
    """It answered that it does not."""
    EXPIRED = "expired"
    """The order was too old before it could be sent."""
    NO_DRIVER = "no_driver"
    """Nothing here speaks to such a part."""


class NotOpened(Exception):
    """A barrier did not take an order. `detail` is its own word, where it has one."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(f"{why}: {detail}" if detail else str(why))
        self.why, self.detail = why, detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Open once. `entry_id`: the entry, or the opening by hand, for which."""

    id: UUID
    entry_id: UUID
    by: str
    hold_seconds: float
    expires_at: Instant
    deadline: float = field(repr=False)
    """The same moment on `time.monotonic`."""

    @classmethod
    def begun(cls, clock: Clock, *, entry_id: UUID, by: str, hold_seconds: float) -> "Order":
        """An order that is good from now until it expires."""
        speed = clock.speed if isinstance(clock, FastClock) else 1.0
        return cls(
            id=new_id(),
            entry_id=entry_id,
            by=by,
            hold_seconds=hold_seconds,
            expires_at=clock.now() + timedelta(seconds=EXPIRES_AFTER_SECONDS * speed),
            deadline=time.monotonic() + EXPIRES_AFTER_SECONDS,
        )

    def seconds_left(self) -> float:
        """How long a driver may still wait.

        Raises:
            NotOpened: no longer at all.

        """
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise NotOpened(Why.EXPIRED)
        return left


class Reports(Protocol):
    """Where a driver brings what its parts say; called from the driver's threads, and must return at once."""

    def linked(self, part: LanePart, *, is_there: bool) -> None:
        """It can, or can no longer, be spoken to."""
        ...

    def stands(self, part: LanePart, position: BarrierPosition) -> None:
        """A barrier's sensor says how it stands."""
        ...

    def shown(self, part: LanePart, kind: CredentialKind, value: str) -> None:
        """Somebody showed something to a reader."""
        ...


class Driver(Protocol):
    """Speaks to all parts of one kind. It has threads of its own from the first part to `stop`."""

    def follow(self, parts: Sequence[LanePart]) -> None:
        """Make these the parts there are. Connections to those that stay are kept."""
        ...

    def open(self, part: LanePart, order: Order) -> None:
        """Open a barrier and return when it has said that it does; blocks until the order's deadline at most.

        Raises:
            NotOpened: it does not, or did not say so.

        """
        ...

    def stop(self) -> None:
        """End every connection; what was not sent is never sent."""
        ...
