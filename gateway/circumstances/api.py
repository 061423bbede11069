"""`/api/gateway/areas`: lockdown and threat level of the areas of a compound; `/api/gateway/duress`: who was forced to open."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from sqlalchemy import select

from gateway.checks.answers import WRITTEN
from gateway.circumstances import service
from gateway.circumstances.models import AreaState, Duress
from gateway.circumstances.service import ClosedBecause
from gateway.dependencies import GatewayReading, GatewayWork, TheDesk
from gateway.entries.answers import EntryHolder
from gateway.entries.models import Entry
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import NAME_PATTERN, AreaId, GateId, LaneId, SiteId
from registry.messages.envelope import WireInstant
from registry.problems import NotFound, problems

router = APIRouter(prefix="/api/gateway", tags=["gateway"])


class NoSuchArea(NotFound):
    slug = "no-such-area"
    title = "There is no such area here"


class AreaStateOut(BaseModel):
    """How an area is. Who comes into one in lockdown needs clearance 5, at a threat level as much as the level."""

    area: AreaId
    lockdown: bool
    threat_level: int
    because: str | None
    words: str | None
    set_by: str | None
    set_at: WireInstant | None

    @classmethod
    def of(cls, area: AreaId, state: AreaState | None) -> Self:
        return cls(
            area=area,
            lockdown=state is not None and state.lockdown,
            threat_level=0 if state is None else state.threat_level,
            because=None if state is None else state.because,
            words=None if state is None else state.words,
            set_by=None if state is None else state.set_by,
            set_at=None if state is None else state.set_at,
        )


class AreaStateList(BaseModel):
    items: list[AreaStateOut]


class AreaStateRequest(BaseModel):
    """How an area is from now on, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lockdown: bool = False
    threat_level: Annotated[int, Field(ge=0, le=5)] = 0
    reason: ClosedBecause
    words: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000, pattern=WRITTEN)] = ""

    @model_validator(mode="after")
    def _other_is_said_in_words(self) -> Self:
        if self.reason is ClosedBecause.OTHER and not self.words:
            raise ValueError("say in words why")
        return self


@router.get("/areas", responses=problems(NotFound))
def list_area_states(
    site: Annotated[str, Query(pattern=f"^{NAME_PATTERN}$")],
    reader: Annotated[Principal, Depends(requires(Permission.PRESENCE_READ))],
    desk: TheDesk,
    work: GatewayReading,
) -> AreaStateList:
    where = SiteId(site)
    reader.require(Permission.PRESENCE_READ, where)
    known = {state.area: state for state in service.states(work.session, where)}
    areas = sorted(area.id for area in desk.snapshot.facts.areas.values() if area.site == where)
    return AreaStateList(items=[AreaStateOut.of(area, known.get(area)) for area in areas])


@router.put("/areas/{area}", responses=problems(NotFound))
def set_area_state(
    area: Annotated[str, Path(pattern=f"^{NAME_PATTERN}$")],
    asked: AreaStateRequest,
    operator: Annotated[Principal, Depends(requires(Permission.AREA_CLOSE))],
    desk: TheDesk,
    work: GatewayWork,
) -> AreaStateOut:
    """Close an area, raise its threat level, or open it again; the next check at any gate knows it."""
    facts = desk.snapshot.area(AreaId(area))
    if facts is None:
        raise NoSuchArea(f"There is no area {area!r} here.")
    operator.require(Permission.AREA_CLOSE, facts.site)
    state = service.set_area_state(
        work.session,
        facts.site,
        facts.id,
        lockdown=asked.lockdown,
        threat_level=asked.threat_level,
        because=asked.reason,
        words=asked.words,
        by=operator.name,
        now=work.now,
    )
    return AreaStateOut.of(facts.id, state)


class DuressOut(BaseModel):
    """An entry whose holder typed the PIN of those who are forced to."""

    entry_id: UUID
    site: SiteId
    gate: GateId
    lane: LaneId
    holder: EntryHolder | None
    at: WireInstant


class DuressList(BaseModel):
    items: list[DuressOut]


@router.get("/duress", responses=problems(NotFound))
def list_duress(
    site: Annotated[str, Query(pattern=f"^{NAME_PATTERN}$")],
    reader: Annotated[Principal, Depends(requires(Permission.DURESS_READ))],
    work: GatewayReading,
    *,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> DuressList:
    """The newest first. Nothing else says it: at the gate, and in what a guard reads, it was an ordinary entry."""
    where = SiteId(site)
    reader.require(Permission.DURESS_READ, where)
    rows = select(Entry).join(Duress, Duress.entry_id == Entry.id).where(Duress.site == where)
    found = work.session.scalars(rows.order_by(Duress.entry_id.desc()).limit(limit))
    return DuressList(
        items=[
            DuressOut(
                entry_id=entry.id,
                site=entry.site,
                gate=entry.gate,
                lane=entry.lane,
                holder=EntryHolder.of(entry),
                at=entry.decided_at,
            )
            for entry in found
        ]
    )
