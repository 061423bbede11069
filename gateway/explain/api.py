"""`/api/gateway/who-can`, `/api/gateway/what-if`, and the replay of an entry."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy.orm import Session

from gateway.checks.asking import gate_for
from gateway.checks.attempts import NoSuchGate
from gateway.circumstances.queries import closed_areas
from gateway.dependencies import GatewayReading, TheDesk
from gateway.desk import Desk
from gateway.entries.api import EntryReader, entry_for
from gateway.explain.answers import AskedAt, ReplayOut, WhatIfOut, WhatIfRequest, WhoCanOut
from gateway.explain.changes import Change, NothingToChange, sites_of
from gateway.explain.replaying import replay
from gateway.explain.what_if import what_if
from gateway.explain.who_can import who_can
from gateway.explain.world import World
from registry.auth.permissions import Permission
from registry.auth.principal import AllSites, Principal
from registry.auth.requires import requires
from registry.clock import Instant
from registry.ids import NAME_PATTERN, EntryId, SiteId
from registry.messages.reasons import Verdict
from registry.problems import NotFound, problems
from registry.readings import Query as ListedBy
from registry.readings import record_listing

router = APIRouter(prefix="/api/gateway", tags=["gateway"])

RegistryReader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]


@router.get("/who-can", responses=problems(NoSuchGate))
def show_who_can_pass(
    gate: Annotated[str, Query(pattern=f"^{NAME_PATTERN}$")],
    reader: RegistryReader,
    desk: TheDesk,
    work: GatewayReading,
    *,
    at: AskedAt | None = None,
    verdict: Verdict | None = None,
    q: Annotated[str, Query(max_length=60, description="part of a name, a unit, a plate or a card")] = "",
    after: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> WhoCanOut:
    """Who and what could pass a gate at a moment (now), by the rules of the gates, with nobody else there."""
    world = world_of(desk, work.session)
    asked = who_can(world, gate_for(reader, Permission.REGISTRY_READ, gate, world.snapshot), at or work.now)
    wanted = asked.wanted(verdict, q)
    note_reading(desk, reader, "who-can", listed_by=ListedBy.of(q), rows=len(wanted), now=work.now)
    return WhoCanOut.of(asked, wanted, after, limit)


@router.post("/what-if", responses=problems(NotFound))
def show_what_if(request: WhatIfRequest, reader: RegistryReader, desk: TheDesk, work: GatewayReading) -> WhatIfOut:
    """Who gains and who loses by a change, before it is made. Nothing is changed."""
    world = world_of(desk, work.session)
    change = request.change.change()
    seen = seen_for(change, world, reader)
    effect = what_if(world, change, request.day or today_at(world, change, work.now), seen)
    rows = len(effect.gains) + len(effect.loses)
    note_reading(desk, reader, "what-if", listed_by=ListedBy.ALL, rows=rows, now=work.now)
    return WhatIfOut.of(effect)


@router.post("/entries/{entry_id}/replay", responses=problems(NotFound))
def replay_entry(entry_id: EntryId, reader: EntryReader, desk: TheDesk, work: GatewayReading) -> ReplayOut:
    """The same question asked again: of the facts that it had, and of those of today at the same moment."""
    entry = entry_for(work, entry_id, reader, Permission.ENTRIES_READ)
    return ReplayOut.of(entry, replay(entry.question, world_of(desk, work.session)))


def note_reading(desk: Desk, reader: Principal, what: str, *, listed_by: ListedBy, rows: int, now: Instant) -> None:
    """Write down who was shown such a list. Apart from what it takes to make it: for that time nobody else could write."""
    with desk.store.begin_beside(now) as work:
        record_listing(work, reader, what, listed_by, rows=rows)


def world_of(desk: Desk, session: Session) -> World:
    """What the gates go by now."""
    return World(snapshot=desk.snapshot, closed=closed_areas(session.connection()))


def seen_for(change: Change, world: World, reader: Principal) -> frozenset[SiteId] | None:
    """The compounds whose gates this reader is told of; None: all.

    Raises:
        NothingToChange: what would be changed is at none of theirs.

    """
    where = reader.sites(Permission.REGISTRY_READ)
    if isinstance(where, AllSites):
        return None
    felt = sites_of(world, change)
    if felt is not None and not where & set(felt):
        raise NothingToChange("There is no such level, area or day at your sites.")
    return where


def today_at(world: World, change: Change, now: Instant) -> date:
    """The day there, where the change is felt at one compound; else that of the first compound there is."""
    felt = sites_of(world, change)
    known = [site for site in felt or world.snapshot.timezones if site in world.snapshot.timezones]
    return now.astimezone(world.snapshot.timezones[min(known)]).date() if known else now.date()
