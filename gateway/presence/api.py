"""`GET /api/gateway/presence`: who and what is inside."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from gateway.dependencies import GatewayReading
from gateway.entries.answers import EntryHolder
from gateway.entries.models import Entry
from gateway.presence import queries
from gateway.presence.models import Presence
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
    plate: str | None
    holder: EntryHolder | None
    ground: Ground

    @classmethod
    def of(cls, presence: Presence, entry: Entry) -> Self:
        return cls(
            subject=presence.subject,
            area=presence.area,
            since=presence.since,
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
    work: GatewayReading,
    cursor: EntryId | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> PresenceList:
    """The last to come first, each with the ground for it."""
    where = SiteId(site)
    reader.require(Permission.PRESENCE_READ, where)
    counts = queries.counts(work.session, where)
    found = queries.inside(work.session, where, before=cursor, limit=limit + 1)
    items = [PresenceOut.of(presence, entry) for presence, entry in found[:limit]]
    following = str(items[-1].ground.entry_id) if len(found) > limit else None
    return PresenceList(site=where, people=counts.people, vehicles=counts.vehicles, items=items, next=following)
