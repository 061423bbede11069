"""`/api/registry/denylist`."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, Field

from registry.auth.permissions import Permission
from registry.auth.principal import AllSites, Principal
from registry.auth.requires import requires
from registry.credentials.bodies import ReasonIn
from registry.denylist import queries, service
from registry.denylist.models import DeniedKey, DenyKind
from registry.ids import SiteId
from registry.listing import DEFAULT_LIMIT, Limit, Listing, Words, page_of
from registry.problems import Conflict, Forbidden, NotFound, problems
from registry.readings import Query, record_listing
from registry.sites.scope import sites_of
from registry.web.dependencies import RegistryWork

router = APIRouter(prefix="/api/registry/denylist", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.REGISTRY_WRITE))]


class OnlyForAllSites(Forbidden):
    slug = "only-for-all-sites"
    title = "A line for every site is the business of somebody who answers for every site"


class DenialIn(BaseModel):
    """`sites` left out: everywhere."""

    kind: DenyKind
    key: str = Field(min_length=1, max_length=60)
    sites: set[SiteId] | None = Field(default=None, min_length=1, max_length=50)
    words: str = Field(min_length=1, max_length=200)
    valid_until: AwareDatetime | None = None


class DenialOut(BaseModel):
    id: UUID
    kind: DenyKind
    key: str
    sites: list[SiteId] | None
    words: str
    valid_until: datetime | None
    listed_at: datetime
    taken_off_at: datetime | None

    @classmethod
    def of(cls, line: DeniedKey) -> "DenialOut":
        return cls(
            id=line.id,
            kind=line.kind,
            key=line.key,
            sites=None if line.everywhere else sorted(each.site for each in line.sites),
            words=line.words,
            valid_until=line.valid_until,
            listed_at=line.listed_at,
            taken_off_at=line.taken_off_at,
        )


@router.get("", responses=problems())
def list_denials(
    reader: Reader, work: RegistryWork, q: Words = "", cursor: UUID | None = None, limit: Limit = DEFAULT_LIMIT
) -> Listing[DenialOut]:
    where = sites_of(work.session, reader, Permission.REGISTRY_READ)
    rows = queries.denied_keys(work.session, where, words=q.strip(), after=cursor, limit=limit + 1)
    record_listing(work, reader, "denylist", Query.of(q), rows=min(len(rows), limit))
    return page_of(rows, limit, out=DenialOut.of, cursor=lambda row: str(row.id))


@router.post("", status_code=201, responses=problems(NotFound, Conflict))
def deny(body: DenialIn, clerk: Writer, work: RegistryWork) -> DenialOut:
    require_scope(clerk, body.sites)
    denial = service.NewDenial(
        kind=body.kind,
        key=body.key,
        sites=None if body.sites is None else frozenset(body.sites),
        words=body.words,
        valid_until=body.valid_until,
    )
    return DenialOut.of(service.deny(work.session, denial, by=clerk.name, now=work.now))


@router.post("/{denied_id}/removal", responses=problems(NotFound, Conflict))
def take_off(denied_id: UUID, body: ReasonIn, clerk: Writer, work: RegistryWork) -> DenialOut:
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    line = queries.denied_key(work.session, denied_id, where)
    require_scope(clerk, None if line.everywhere else {each.site for each in line.sites})
    taken = service.take_off(work.session, denied_id, within=where, reason=body.reason, by=clerk.name, now=work.now)
    return DenialOut.of(taken)


def require_scope(clerk: Principal, sites: set[SiteId] | None) -> None:
    """Refuse a line that reaches further than the clerk's own sites."""
    if sites is None:
        if not isinstance(clerk.sites(Permission.REGISTRY_WRITE), AllSites):
            raise OnlyForAllSites("You answer for some sites only. Choose them instead of every site.")
        return
    for site in sites:
        clerk.require(Permission.REGISTRY_WRITE, site)
