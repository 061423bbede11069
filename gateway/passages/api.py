"""`/api/gateway/openings`: opening a barrier by hand, and letting in whom the gate denied. Each has a reason and a name."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from sqlalchemy import select

from gateway.checks.answers import WRITTEN, Name
from gateway.checks.asking import gate_for
from gateway.checks.attempts import NoSuchLane, WrongDirection
from gateway.checks.places import lane_of
from gateway.dependencies import GatewayReading, GatewayWork, TheDesk
from gateway.entries.api import entry_for
from gateway.passages import service
from gateway.passages.models import Opening, OpeningKind
from gateway.passages.service import ExplainedAlready, NoSuchOpening, OpenedAlready, OpenedBecause
from registry.access.facts import Direction
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import NAME_PATTERN, EntryId, GateId, LaneId
from registry.messages.envelope import WireInstant
from registry.problems import Conflict, NotFound, problems

router = APIRouter(prefix="/api/gateway", tags=["gateway"])
Opener = Annotated[Principal, Depends(requires(Permission.GATE_OPEN))]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000, pattern=WRITTEN)]


class Explanation(BaseModel):
    """Why it is opened; where no reason of the list fits, `other`, it is said in words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: OpenedBecause
    words: Words = ""

    @model_validator(mode="after")
    def _other_is_said_in_words(self) -> Self:
        if self.reason is OpenedBecause.OTHER and not self.words:
            raise ValueError("say in words why")
        return self


class OpeningRequest(BaseModel):
    """Open a lane by hand. An emergency is opened at once and explained afterwards; anything else says why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gate: Name
    direction: Direction
    lane: Name | None = None
    emergency: bool = False
    reason: OpenedBecause | None = None
    words: Words = ""

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.reason is None and not self.emergency:
            raise ValueError("say why it is opened")
        if self.reason is OpenedBecause.OTHER and not self.words:
            raise ValueError("say in words why")
        return self


class OpeningOut(BaseModel):
    """An opening by hand. `reason` null: an emergency that nobody has explained yet."""

    id: UUID
    site: str
    gate: GateId
    lane: LaneId
    direction: Direction
    kind: OpeningKind
    entry_id: UUID | None
    reason: str | None
    words: str | None
    by: str
    at: WireInstant
    explained_at: WireInstant | None

    @classmethod
    def of(cls, opening: Opening) -> Self:
        return cls(
            id=opening.id,
            site=opening.site,
            gate=opening.gate,
            lane=opening.lane,
            direction=opening.direction,
            kind=opening.kind,
            entry_id=opening.entry_id,
            reason=opening.because,
            words=opening.words,
            by=opening.by,
            at=opening.at,
            explained_at=opening.explained_at,
        )


class OpeningList(BaseModel):
    items: list[OpeningOut]
    next: str | None


@router.get("/openings", responses=problems(NotFound))
def list_openings(
    gate: Annotated[str, Query(pattern=f"^{NAME_PATTERN}$")],
    reader: Annotated[Principal, Depends(requires(Permission.ENTRIES_READ))],
    desk: TheDesk,
    work: GatewayReading,
    *,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> OpeningList:
    """Those of one gate, the newest first."""
    found = gate_for(reader, Permission.ENTRIES_READ, gate, desk.snapshot)
    wanted = select(Opening).where(Opening.gate == found.id).order_by(Opening.id.desc()).limit(limit + 1)
    if cursor is not None:
        wanted = wanted.where(Opening.id < cursor)
    rows = work.session.scalars(wanted).all()
    items = [OpeningOut.of(row) for row in rows[:limit]]
    return OpeningList(items=items, next=str(items[-1].id) if len(rows) > limit else None)


@router.post("/openings", status_code=201, responses=problems(NotFound, NoSuchLane, WrongDirection))
def open_lane(asked: OpeningRequest, guard: Opener, desk: TheDesk) -> OpeningOut:
    """Open a lane by hand; it is written down before the barrier hears of it."""
    gate = gate_for(guard, Permission.GATE_OPEN, asked.gate, desk.snapshot)
    lane = lane_of(gate, asked.lane, asked.direction)
    now = desk.clock.now()
    with desk.store.begin(now) as work:
        opening = service.open_by_hand(
            work.session,
            OpeningKind.EMERGENCY if asked.emergency else OpeningKind.MANUAL,
            site=gate.site,
            gate=gate.id,
            lane=lane.id,
            direction=asked.direction,
            because=asked.reason,
            words=asked.words,
            by=guard.name,
            now=now,
        )
        told = OpeningOut.of(opening)
    desk.barriers.open(gate, lane.id, asked.direction, entry_id=told.id, by=guard.name)
    return told


@router.post("/entries/{entry_id}/override", status_code=201, responses=problems(NotFound, OpenedAlready))
def override_denial(entry_id: EntryId, why: Explanation, guard: Opener, desk: TheDesk) -> OpeningOut:
    """Let in somebody whom the gate denied; the entry stays denied, and this stands beside it with its reason."""
    now = desk.clock.now()
    with desk.store.begin(now) as work:
        entry = entry_for(work, entry_id, guard, Permission.GATE_OPEN)
        opening = service.override(
            work.session,
            entry,
            because=why.reason,
            words=why.words,
            by=guard.name,
            attempt_key=desk.attempt_key,
            now=now,
        )
        told = OpeningOut.of(opening)
    gate = desk.snapshot.gate(told.gate)
    if gate is not None:
        desk.barriers.open(gate, told.lane, told.direction, entry_id=told.id, by=guard.name)
    return told


@router.post("/openings/{opening_id}/explanation", responses=problems(NotFound, ExplainedAlready, Conflict))
def explain_opening(opening_id: UUID, why: Explanation, guard: Opener, work: GatewayWork) -> OpeningOut:
    """Say afterwards why a lane was opened in an emergency."""
    opening = work.session.get(Opening, opening_id)
    if opening is None or not guard.may_at(Permission.GATE_OPEN, opening.site, opening.gate):
        raise NoSuchOpening("There is no such opening here.")
    told = service.explain(work.session, opening_id, why.reason, why.words, by=guard.name, now=work.now)
    return OpeningOut.of(told)
