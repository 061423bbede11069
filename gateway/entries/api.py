"""Entries: listed, explained, and a refer decided."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Query

from gateway.dependencies import GatewayReading, GatewayWork, TheDesk
from gateway.desk import Desk
from gateway.entries import queries, service
from gateway.entries.answers import DecisionRequest, EntryList, EntryOut, Why
from gateway.entries.models import Entry
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import NAME_PATTERN, EntryId, GateId, SiteId
from registry.messages.reasons import Verdict
from registry.problems import Conflict, NotFound, problems
from registry.store import Work

router = APIRouter(prefix="/api/gateway/entries", tags=["gateway"])

EntryReader = Annotated[Principal, Depends(requires(Permission.ENTRIES_READ))]
GateDecider = Annotated[Principal, Depends(requires(Permission.GATE_DECIDE))]
Name = Annotated[str | None, Query(pattern=f"^{NAME_PATTERN}$")]


@router.get("", responses=problems())
def list_entries(
    reader: EntryReader,
    work: GatewayReading,
    *,
    site: Name = None,
    gate: Name = None,
    cursor: EntryId | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> EntryList:
    """The newest first; `cursor` is the `next` of the page before."""
    found = queries.newest(
        work.session,
        sites=reader.sites(Permission.ENTRIES_READ),
        gates=reader.gates(Permission.ENTRIES_READ),
        site=None if site is None else SiteId(site),
        gate=None if gate is None else GateId(gate),
        before=cursor,
        limit=limit + 1,
    )
    items = [EntryOut.of(entry) for entry in found[:limit]]
    return EntryList(items=items, next=str(items[-1].id) if len(found) > limit else None)


@router.get("/{entry_id}", responses=problems(NotFound))
def get_entry(entry_id: EntryId, reader: EntryReader, work: GatewayReading) -> EntryOut:
    return EntryOut.of(entry_for(work, entry_id, reader, Permission.ENTRIES_READ))


@router.get("/{entry_id}/why", responses=problems(NotFound))
def explain_entry(entry_id: EntryId, reader: EntryReader, work: GatewayReading) -> Why:
    """Every rule that was tested, with what it looked at, in order."""
    return Why.of(entry_for(work, entry_id, reader, Permission.ENTRIES_READ))


@router.post("/{entry_id}/decision", responses=problems(NotFound, Conflict))
def decide_entry(
    *,
    entry_id: EntryId,
    decision: DecisionRequest,
    guard: GateDecider,
    desk: TheDesk,
    work: GatewayWork,
    afterwards: BackgroundTasks,
) -> EntryOut:
    """The guard decides a refer, once, and says why; only now does presence change, and then the barrier opens."""
    entry = decide_for(entry_id, decision, guard, desk.attempt_key, work)
    afterwards.add_task(open_for, entry, desk)
    return EntryOut.of(entry)


def decide_for(entry_id: EntryId, decision: DecisionRequest, guard: Principal, attempt_key: bytes, work: Work) -> Entry:
    """Settle a refer that this guard may decide.

    Raises:
        NoSuchEntry, NothingToDecide, AlreadyDecided: there is none to decide.

    """
    return service.decide_refer(
        work.session,
        entry_for(work, entry_id, guard, Permission.GATE_DECIDE),
        verdict=decision.verdict,
        because=decision.reason,
        words=decision.words,
        by=guard.name,
        attempt_key=attempt_key,
        now=work.now,
    )


def open_for(entry: Entry, desk: Desk) -> None:
    """Open to whom a guard has let in; once that is written down."""
    gate = desk.snapshot.gate(entry.gate)
    if entry.settled_verdict is Verdict.GRANTED and gate is not None:
        desk.barriers.open(gate, entry.lane, entry.direction, entry_id=entry.id, by=entry.settled_by or entry.asked_by)


def entry_for(work: Work, entry_id: EntryId, asker: Principal, permission: Permission) -> Entry:
    """The entry, if this asker may see it.

    Raises:
        NoSuchEntry: there is none, or it is none of theirs.

    """
    entry = queries.entry(work.session, entry_id)
    if entry is None or not asker.may_at(permission, entry.site, entry.gate):
        raise service.NoSuchEntry("There is no such entry here.")
    return entry
