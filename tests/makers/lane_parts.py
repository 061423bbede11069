"""Parts of a lane, orders to them, and whoever hears what they report."""

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from gateway.barriers.driver import Order
from gateway.passages.models import BarrierPosition
from registry.access.facts import CredentialKind
from registry.access.parts import LanePart, MqttSettings, OsdpSettings, PartRole, UhppoteSettings
from registry.clock import SystemClock
from registry.ids import GateId, LaneId, SiteId, new_id


def a_part(
    settings: MqttSettings | OsdpSettings | UhppoteSettings,
    role: PartRole = PartRole.BARRIER,
    position: int = 1,
    lane: str = "oc1-north-1",
) -> LanePart:
    return LanePart(
        site=SiteId("oc1"),
        gate=GateId("oc1-north"),
        lane=LaneId(lane),
        role=role,
        position=position,
        settings=settings,
    )


def an_order(*, hold_seconds: float = 5.0, good_for_seconds: float | None = None) -> Order:
    """`good_for_seconds` None: as long as an order of ours."""
    order = Order.begun(SystemClock(), entry_id=new_id(), by="gate", hold_seconds=hold_seconds)
    if good_for_seconds is None:
        return order
    return replace(
        order,
        expires_at=SystemClock().now() + timedelta(seconds=good_for_seconds),
        deadline=time.monotonic() + good_for_seconds,
    )


def an_expired_order() -> Order:
    return Order(
        id=new_id(),
        entry_id=new_id(),
        by="gate",
        hold_seconds=5.0,
        expires_at=datetime(2026, 1, 1, tzinfo=UTC),
        deadline=time.monotonic(),
    )


@dataclass(slots=True)
class Heard:
    """Keeps what drivers report."""

    there: dict[str, bool] = field(default_factory=dict)
    positions: list[tuple[str, BarrierPosition]] = field(default_factory=list)
    cards: list[tuple[str, CredentialKind, str]] = field(default_factory=list)

    def linked(self, part: LanePart, *, is_there: bool) -> None:
        self.there[part.name] = is_there

    def stands(self, part: LanePart, position: BarrierPosition) -> None:
        self.positions.append((part.name, position))

    def shown(self, part: LanePart, kind: CredentialKind, value: str) -> None:
        self.cards.append((part.name, kind, value))
