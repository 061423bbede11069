"""`/api/gateway/presence`: who and what is counted inside; forgiving anti-passback; how long one is surely inside."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from gateway.checks.answers import WRITTEN, Name
from gateway.dependencies import GatewayReading, GatewayWork, TheDesk
from gateway.entries.answers import EntryHolder
from gateway.entries.models import Entry
from gateway.presence import queries, service
from gateway.presence.looks import note_look
from gateway.presence.models import Presence
from gateway.presence.rules import Kind
from gateway.presence.service import ForgivenBecause
from registry.access.facts import CredentialKind
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import NAME_PATTERN, AreaId, EntryId, GateId, SiteId
from registry.messages.envelope import WireInstant
from registry.messages.reasons import Reason
from registry.problems import NotFound, problems

router = APIRouter(prefix="/api/gateway/presence", tags=["gateway"])


class Ground(BaseModel):
    """The entry by which somebody or something is known to be inside."""

    entry_id: UUID
    gate: GateId
    reason: Reason


class PresenceOut(BaseModel):
    """One person or vehicle inside. `plate` for vehicles; `holder` where the registry knows whose it is."""

    subject: str
    area: AreaId
    since: WireInstant
    forgiven_at: WireInstant | None = Field(description="since when anti-passback does not keep it from coming in")
    plate: str | None
    holder: EntryHolder | None
    ground: Ground

    @classmethod
    def of(cls, presence: Presence, entry: Entry) -> Self:
        return cls(
            subject=presence.subject,
            area=presence.area,
            since=presence.since,
            forgiven_at=presence.forgiven_at,
            plate=entry.credential_key if entry.credential_kind is CredentialKind.PLATE else None,
            holder=EntryHolder.of(entry),
            ground=Ground(entry_id=entry.id, gate=entry.gate, reason=entry.settled_reason or entry.reason),
        )


class PresenceList(BaseModel):
    """Who and what is inside a site; the counts are of all, not of this page."""

    site: SiteId
    people: int
    vehicles: int
    items: list[PresenceOut]
    next: str | None


@router.get("", responses=problems(NotFound))
def list_presence(
    site: Annotated[str, Query(pattern=f"^{NAME_PATTERN}$")],
    reader: Annotated[Principal, Depends(requires(Permission.PRESENCE_READ))],
    desk: TheDesk,
    work: GatewayReading,
    *,
    cursor: EntryId | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> PresenceList:
    """The last to come first, each with the ground for it; how sure it is stands in `/api/gateway/muster`."""
    where = SiteId(site)
    reader.require(Permission.PRESENCE_READ, where)
    note_look(desk.store, where, reader.name, work.now)
    counts = queries.counts(work.session, where)
    found = queries.inside(work.session, where, before=cursor, limit=limit + 1)
    items = [PresenceOut.of(presence, entry) for presence, entry in found[:limit]]
    following = str(items[-1].ground.entry_id) if len(found) > limit else None
    return PresenceList(site=where, people=counts.people, vehicles=counts.vehicles, items=items, next=following)


class ForgivenessRequest(BaseModel):
    """Let somebody come in who is counted inside: one subject, or all of an area, or all of the site."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    site: Name
    subject: Annotated[str, StringConstraints(min_length=1, max_length=640, pattern=WRITTEN)] | None = None
    area: Name | None = None
    reason: ForgivenBecause
    words: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000, pattern=WRITTEN)] = ""

    @model_validator(mode="after")
    def _whom_and_why(self) -> Self:
        if self.subject is not None and self.area is not None:
            raise ValueError("name a subject or an area, not both")
        if self.reason is ForgivenBecause.OTHER and not self.words:
            raise ValueError("say in words why")
        return self


class Forgiven(BaseModel):
    """How many may come in once more; they stay on the muster list."""

    count: int


class LimitRequest(BaseModel):
    """For how many hours one of a kind is surely inside; null: as the last stays teach."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    site: Name
    kind: Kind
    hours: Annotated[int, Field(ge=1, le=720, strict=True)] | None


@router.post("/forgiveness", responses=problems(NotFound))
def forgive_passback(
    asked: ForgivenessRequest,
    guard: Annotated[Principal, Depends(requires(Permission.PRESENCE_FORGIVE))],
    work: GatewayWork,
) -> Forgiven:
    """Forgive anti-passback: the next entry of those who are counted inside is not refused. They stay on the muster list."""
    where = SiteId(asked.site)
    guard.require(Permission.PRESENCE_FORGIVE, where)
    return Forgiven(
        count=service.forgive(
            work.session,
            where,
            subject=asked.subject,
            area=None if asked.area is None else AreaId(asked.area),
            because=asked.reason,
            words=asked.words,
            by=guard.name,
            now=work.now,
        )
    )


@router.put("/limits", status_code=204, responses=problems(NotFound))
def set_presence_limit(
    asked: LimitRequest,
    officer: Annotated[Principal, Depends(requires(Permission.PRESENCE_LIMIT))],
    work: GatewayWork,
) -> Response:
    """Say for how long one of a kind is surely inside a compound."""
    where = SiteId(asked.site)
    officer.require(Permission.PRESENCE_LIMIT, where)
    service.set_limit(work.session, where, asked.kind, asked.hours, by=officer.name, now=work.now)
    return Response(status_code=204)
