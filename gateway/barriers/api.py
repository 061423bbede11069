"""`GET /api/gateway/barriers`: how the readers, barriers and sensors of the lanes are, and which of them did not do what they were told."""

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from gateway.barriers.board import PartNews
from gateway.barriers.driver import Why
from gateway.dependencies import TheDesk
from gateway.passages.models import BarrierPosition
from registry.access.parts import DriverKind, PartRole
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import NAME_PATTERN, GateId, LaneId
from registry.messages.envelope import WireInstant
from registry.problems import problems

router = APIRouter(prefix="/api/gateway/barriers", tags=["gateway"])


class LanePartOut(BaseModel):
    """One part of a lane. It is `well` unless it is away, in fault, or did not carry out the last order."""

    lane: LaneId
    gate: GateId
    role: PartRole
    position: int
    driver: DriverKind
    well: bool
    there: bool | None = Field(description="null: nothing has been heard of it")
    since: WireInstant | None
    stands: BarrierPosition | None
    stands_at: WireInstant | None
    opened_at: WireInstant | None
    failure: Why | None
    failure_detail: str
    failed_at: WireInstant | None

    @classmethod
    def of(cls, news: PartNews) -> Self:
        part = news.part
        return cls(
            lane=part.lane,
            gate=part.gate,
            role=part.role,
            position=part.position,
            driver=part.settings.driver,
            well=news.is_well,
            there=news.is_there,
            since=news.since,
            stands=news.position,
            stands_at=news.position_at,
            opened_at=news.opened_at,
            failure=news.failure,
            failure_detail=news.failure_detail,
            failed_at=news.failed_at,
        )


class LanePartList(BaseModel):
    items: list[LanePartOut]


@router.get("", responses=problems())
async def list_parts(
    reader: Annotated[Principal, Depends(requires(Permission.ENTRIES_READ))],
    desk: TheDesk,
    gate: Annotated[str | None, Query(pattern=f"^{NAME_PATTERN}$")] = None,
) -> LanePartList:
    """Those of the gates that one may see, or of one gate; read from memory."""
    return LanePartList(
        items=[
            LanePartOut.of(news)
            for news in desk.barriers.board.news()
            if gate in {None, news.part.gate} and reader.may_at(Permission.ENTRIES_READ, news.part.site, news.part.gate)
        ]
    )
