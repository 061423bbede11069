"""What a guard must know of the gate beside the verdict: areas that are closed, barriers that stay shut, openings without a reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.barriers.board import PartNews
from gateway.circumstances.models import AreaState
from gateway.guard.views import OpeningView
from gateway.passages.models import BarrierPosition, Opening, OpeningKind
from registry.access.facts import GateFacts
from registry.clock import Instant
from registry.i18n import Translator
from registry.ids import GateId

MOST_UNEXPLAINED = 5
"""Of the openings without a reason so many stand on the page; the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedView:
    """The area behind the gate is in lockdown, or under a threat level."""

    lockdown: bool
    threat_level: int
    because: str
    by: str
    since: Instant

    @classmethod
    def worst_behind(cls, gate: GateFacts, states: Iterable[AreaState], t: Translator) -> Self | None:
        """The strictest that holds for who comes in here; None: nothing does."""
        areas = {area for lane in gate.lanes for area in (lane.from_area, lane.to_area)}
        closed = [one for one in states if one.area in areas and (one.lockdown or one.threat_level)]
        if not closed:
            return None
        worst = max(closed, key=lambda one: (one.lockdown, one.threat_level))
        because = t(f"closed.because.{worst.because}")
        return cls(
            lockdown=worst.lockdown,
            threat_level=worst.threat_level,
            because=t("decision.said", because=because, words=worst.words) if worst.words else because,
            by=worst.set_by,
            since=worst.set_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """A part of the gate's lanes that does not work. `failing`: `unopened`, `fault` or `away`."""

    failing: str
    lane: str
    role: str
    why: str | None
    """Why a barrier did not open."""
    since: Instant | None

    @classmethod
    def of(cls, news: PartNews, t: Translator) -> Self:
        lane, role = news.part.lane, news.part.role
        if news.failure is not None:
            why = t(f"barrier.why.{news.failure}")
            return cls(failing="unopened", lane=lane, role=role, why=why, since=news.failed_at)
        if news.position is BarrierPosition.FAULT:
            return cls(failing="fault", lane=lane, role=role, why=None, since=news.position_at)
        return cls(failing="away", lane=lane, role=role, why=None, since=news.since)


def failing_at(gate: GateId, news: Iterable[PartNews], t: Translator) -> Sequence[PartView]:
    return [PartView.of(one, t) for one in news if one.part.gate == gate and not one.is_well]


def unexplained(session: Session, gate: GateId, t: Translator) -> Sequence[OpeningView]:
    """The emergency openings of a gate for which nobody has given a reason yet."""
    wanted = (
        select(Opening)
        .where(Opening.gate == gate, Opening.kind == OpeningKind.EMERGENCY, Opening.explained_at.is_(None))
        .order_by(Opening.id.desc())
        .limit(MOST_UNEXPLAINED)
    )
    return [OpeningView.of(one, t) for one in session.scalars(wanted)]
