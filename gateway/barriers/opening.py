"""Opening the barriers of a lane: at once for whoever asks, in threads of its own, so that no answer waits for a motor."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from uuid import UUID

import structlog

from gateway.barriers.board import Board
from gateway.barriers.driver import Driver, NotOpened, Order, Why
from gateway.passages.models import BarrierPosition
from registry.access.facts import Direction, GateFacts
from registry.access.parts import DriverKind, LanePart, PartRole
from registry.clock import Clock, Instant
from registry.ids import LaneId
from registry.messages.commands import LONGEST_HOLD_SECONDS

log = structlog.get_logger()

HOLD_SECONDS = 5.0
"""A barrier that sees what stands under it keeps open by itself for longer."""
_AT_ONCE = 16
"""Barriers that are spoken to at a time; one that does not answer keeps its thread for two seconds."""
_CROSSING = timedelta(seconds=60)
"""So long after the first barrier of an interlock the second is still opened behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Then:
    """What opens once another barrier has closed behind whoever crosses."""

    part: LanePart
    entry_id: UUID
    by: str
    until: Instant


class Barriers:
    """`open` may be called from any thread, also a loop's: it only hands the orders over."""

    def __init__(self, clock: Clock) -> None:
        self.board = Board()
        self._clock = clock
        self._drivers: Mapping[DriverKind, Driver] = {}
        self._changing = Lock()
        self._then: dict[str, _Then] = {}
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="barrier")

    def drive(self, drivers: Mapping[DriverKind, Driver]) -> None:
        """From now on these speak to the parts; without them nothing opens, and the board says so."""
        self._drivers = drivers

    def open(
        self,
        gate: GateFacts,
        lane: LaneId,
        direction: Direction,
        *,
        entry_id: UUID,
        by: str,
    ) -> None:
        """Open a lane for one crossing; of an interlock the barrier that comes first, and the other behind it."""
        if not gate.parts:
            return
        barriers = _barriers_of(gate, lane, direction)
        if any(each.id == lane and each.interlock for each in gate.lanes):
            following = dict(zip((part.name for part in barriers), barriers[1:], strict=False))
            until = self._clock.now() + _CROSSING
            with self._changing:
                for name, part in following.items():
                    self._then[name] = _Then(part=part, entry_id=entry_id, by=by, until=until)
            barriers = barriers[:1]
        for part in barriers:
            self._begin(part, entry_id=entry_id, by=by, hold_seconds=HOLD_SECONDS)

    def open_wide(self, gate: GateFacts, lane: LaneId, *, entry_id: UUID, by: str) -> None:
        """Open every barrier of a lane at once, also of an interlock, for as long as one may: people run."""
        for part in _barriers_of(gate, lane, Direction.OUT):
            self._begin(part, entry_id=entry_id, by=by, hold_seconds=LONGEST_HOLD_SECONDS)

    def stands(self, part: LanePart, position: BarrierPosition) -> None:
        """A barrier's sensor has spoken; one that has closed lets the next of its interlock open."""
        now = self._clock.now()
        was = next((each.position for each in self.board.news() if each.part == part), None)
        self.board.stands(part, position, now)
        if position is BarrierPosition.CLOSED and was is BarrierPosition.OPEN:
            with self._changing:
                then = self._then.pop(part.name, None)
            if then is not None and now < then.until:
                self._begin(then.part, entry_id=then.entry_id, by=then.by, hold_seconds=HOLD_SECONDS)

    def stop(self) -> None:
        """What has not begun does not begin any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _begin(self, part: LanePart, *, entry_id: UUID, by: str, hold_seconds: float) -> None:
        order = Order.begun(self._clock, entry_id=entry_id, by=by, hold_seconds=hold_seconds)
        try:
            self._threads.submit(self._open, part, order)
        except RuntimeError:
            log.info("barrier-not-raised", part=part.name, entry_id=str(entry_id), why="we end")

    def _open(self, part: LanePart, order: Order) -> None:
        try:
            order.seconds_left()
            _driver_of(self._drivers, part).open(part, order)
        except NotOpened as error:
            self._failed(part, order, error)
        except Exception as error:  # noqa: BLE001 - whatever a driver stumbles over, the guard must see that it stays closed
            self._failed(part, order, NotOpened(Why.NO_LINK, type(error).__name__))
        else:
            self.board.opened(part, self._clock.now())
            log.info("barrier-raised", part=part.name, entry_id=str(order.entry_id))

    def _failed(self, part: LanePart, order: Order, error: NotOpened) -> None:
        self.board.failed(part, error, self._clock.now())
        log.warning(
            "barrier-not-raised", part=part.name, entry_id=str(order.entry_id), why=error.why, detail=error.detail
        )


def _driver_of(drivers: Mapping[DriverKind, Driver], part: LanePart) -> Driver:
    driver = drivers.get(part.settings.driver)
    if driver is None:
        raise NotOpened(Why.NO_DRIVER)
    return driver


def _barriers_of(gate: GateFacts, lane: LaneId, direction: Direction) -> list[LanePart]:
    """In the order in which somebody comes to them; none of a lane that is no more. The first stands where the lane begins."""
    facts = next((each for each in gate.lanes if each.id == lane), None)
    if facts is None:
        return []
    forward = facts.direction is not None or direction is Direction.IN
    those = [part for part in gate.parts if part.lane == lane and part.role is PartRole.BARRIER]
    return sorted(those, key=lambda part: part.position, reverse=not forward)
