"""`GET /api/gateway/muster`: who may be inside; `/api/gateway/musters`: calling them over."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from gateway.checks.snapshot import NothingKnown, Snapshot
from gateway.dependencies import GatewayReading, GatewayWork, TheDesk
from gateway.desk import Desk
from gateway.musters import queries, service
from gateway.musters.answers import (
    ClosingRequest,
    InsideNow,
    MarkRequest,
    MusterLineOut,
    MusterLines,
    MusterList,
    MusterOut,
    MusterRequest,
)
from gateway.musters.models import Mark, Muster
from gateway.musters.queries import Wanted
from gateway.presence.lines import who_is_inside
from gateway.presence.looks import note_look
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import NAME_PATTERN, SiteId
from registry.problems import Conflict, NotFound, problems
from registry.store import Work

router = APIRouter(prefix="/api/gateway", tags=["gateway"])

PresenceReader = Annotated[Principal, Depends(requires(Permission.PRESENCE_READ))]
MusterCaller = Annotated[Principal, Depends(requires(Permission.MUSTER_CALL))]
OfSite = Annotated[str, Query(pattern=f"^{NAME_PATTERN}$")]


@router.get("/muster", responses=problems(NotFound))
def show_who_is_inside(site: OfSite, reader: PresenceReader, desk: TheDesk, work: GatewayReading) -> InsideNow:
    """Everybody who may be inside now, sure or doubted, with the ground. That one has looked is written down."""
    where = SiteId(site)
    reader.require(Permission.PRESENCE_READ, where)
    snapshot = known_to(desk)
    inside = who_is_inside(work.session, snapshot, where, work.now)
    note_look(desk.store, where, reader.name, work.now)
    return InsideNow.of(inside, snapshot, queries.open_at(work.session, where))


@router.get("/musters", responses=problems(NotFound))
def list_musters(
    site: OfSite, reader: PresenceReader, work: GatewayReading, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> MusterList:
    """The musters of a compound, the newest first."""
    where = SiteId(site)
    reader.require(Permission.PRESENCE_READ, where)
    found = queries.newest(work.session, where, limit=limit)
    return MusterList(items=[MusterOut.of(muster, queries.counts(work.session, muster.id)) for muster in found])


@router.post("/musters", status_code=201, responses=problems(NotFound))
def open_muster(asked: MusterRequest, caller: MusterCaller, desk: TheDesk, work: GatewayWork) -> MusterOut:
    """Begin to call a compound over, with everybody who may be inside now; one that is open is gone on with."""
    where = SiteId(asked.site)
    caller.require(Permission.MUSTER_CALL, where)
    muster = service.open_muster(
        work.session,
        known_to(desk),
        where,
        by=caller.name,
        because=asked.because,
        words=asked.words,
        now=work.now,
    )
    return MusterOut.of(muster, queries.counts(work.session, muster.id))


@router.get("/musters/{muster_id}", responses=problems(NotFound))
def get_muster(muster_id: UUID, reader: PresenceReader, work: GatewayReading) -> MusterOut:
    muster = muster_for(work, muster_id, reader, Permission.PRESENCE_READ)
    return MusterOut.of(muster, queries.counts(work.session, muster.id))


@router.get("/musters/{muster_id}/lines", responses=problems(NotFound))
def list_muster_lines(
    muster_id: UUID,
    reader: PresenceReader,
    desk: TheDesk,
    work: GatewayReading,
    *,
    waiting: bool = False,
    mark: Mark | None = None,
    q: Annotated[str, Query(max_length=60)] = "",
    after: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> MusterLines:
    """Who was on the list and what was found of them; `waiting`: only those of whom nobody has said anything."""
    muster = muster_for(work, muster_id, reader, Permission.PRESENCE_READ)
    note_look(desk.store, muster.site, reader.name, work.now)
    wanted = Wanted(waiting_only=waiting, mark=mark, words=q.strip(), after=after, limit=limit + 1)
    found = queries.lines(work.session, muster.id, wanted)
    items = [MusterLineOut.of(line) for line in found[:limit]]
    return MusterLines(items=items, next=items[-1].number if len(found) > limit else None)


@router.post("/musters/{muster_id}/marks", responses=problems(NotFound, Conflict))
def mark_lines(muster_id: UUID, asked: MarkRequest, caller: MusterCaller, work: GatewayWork) -> MusterOut:
    """Say what was found of some lines, or take it back; several do so at once, and the last word holds."""
    muster = muster_for(work, muster_id, caller, Permission.MUSTER_CALL)
    service.mark(work.session, muster, frozenset(asked.lines), asked.mark, by=caller.name, now=work.now)
    return MusterOut.of(muster, queries.counts(work.session, muster.id))


@router.post("/musters/{muster_id}/closing", responses=problems(NotFound, Conflict))
def close_muster(muster_id: UUID, asked: ClosingRequest, caller: MusterCaller, work: GatewayWork) -> MusterOut:
    """End a muster; it is kept as it is."""
    muster = muster_for(work, muster_id, caller, Permission.MUSTER_CALL)
    service.close(work.session, muster, words=asked.words, by=caller.name, now=work.now)
    return MusterOut.of(muster, queries.counts(work.session, muster.id))


def muster_for(work: Work, muster_id: UUID, asker: Principal, permission: Permission) -> Muster:
    """The muster, if this asker may see it.

    Raises:
        NoSuchMuster: there is none, or it is none of theirs.

    """
    muster = service.muster_at(work.session, muster_id)
    if not asker.may(permission, muster.site):
        raise service.NoSuchMuster("There is no such muster here.")
    return muster


def known_to(desk: Desk) -> Snapshot | None:
    """What the gates know; None: nothing yet, and who is inside must be told all the same."""
    try:
        return desk.snapshot
    except NothingKnown:
        return None
