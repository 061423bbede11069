"""Reading and writing entries. The journal's statements are Core, for they run at every check."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, cast
from uuid import UUID

from sqlalchemy import Connection, Table, bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from gateway.entries.models import WAITING, Entry, PassageState
from registry.access.facts import CredentialKind, Direction
from registry.auth.principal import AllSites
from registry.clock import Instant
from registry.ids import AreaId, CredentialId, EntryId, GateId, LaneId, PersonId, SiteId
from registry.messages.reasons import Reason, Verdict
from registry.store.prepared import Bare, Prepared, padded

_ENTRY = cast("Table", Entry.__table__)


class NewEntry(NamedTuple):
    """The columns of an entry when it is made, in the order of `Entry`."""

    id: EntryId
    attempt_id: UUID
    request_digest: bytes
    asked_by: str
    reader: str | None
    site: SiteId
    gate: GateId
    lane: LaneId
    direction: Direction
    area: AreaId
    subject: str
    credential_kind: CredentialKind
    credential_key: str
    credential_id: CredentialId | None
    holder_id: PersonId | None
    holder_name: str | None
    unit_zh: str | None
    unit_en: str | None
    verdict: Verdict
    reason: Reason
    decided_at: Instant
    occurred_at: Instant | None
    media: str | None
    snapshot: int
    question: str
    answer: str
    passage: PassageState | None = None


_INSERT = Prepared(insert(_ENTRY), NewEntry._fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAnswer:
    """What an attempt was answered, and the digest of the request that it belongs to."""

    entry_id: EntryId
    request_digest: bytes
    answer: str


def first_answers(connection: Connection | Bare, attempts: Sequence[UUID]) -> dict[UUID, FirstAnswer]:
    """The answers that these attempts, at least one, were given before."""
    wanted = padded(attempts)
    return {
        attempt: FirstAnswer(entry_id=EntryId(entry), request_digest=digest, answer=answer)
        for attempt, entry, digest, answer in _first_answers(len(wanted)).rows(connection, *wanted)
    }


def insert_entries(connection: Connection | Bare, rows: Iterable[NewEntry]) -> None:
    _INSERT.many(connection, rows)


@cache
def _first_answers(count: int) -> Prepared:
    names = [f"attempt_{number}" for number in range(count)]
    wanted = select(_ENTRY.c.attempt_id, _ENTRY.c.id, _ENTRY.c.request_digest, _ENTRY.c.answer)
    among = [bindparam(name, type_=_ENTRY.c.attempt_id.type) for name in names]
    return Prepared(wanted.where(_ENTRY.c.attempt_id.in_(among)), names)


def entry(session: Session, entry_id: EntryId) -> Entry | None:
    return session.get(Entry, entry_id)


def newest(
    session: Session,
    *,
    sites: frozenset[SiteId] | AllSites,
    gates: frozenset[GateId] = frozenset(),
    site: SiteId | None,
    gate: GateId | None,
    before: EntryId | None,
    limit: int,
) -> Sequence[Entry]:
    """Entries of these sites, and of these gates beside them, the newest first; `before`: only older ones."""
    wanted = select(Entry).order_by(Entry.id.desc()).limit(limit)
    if not isinstance(sites, AllSites):
        wanted = wanted.where(or_(Entry.site.in_(sites), Entry.gate.in_(gates)) if gates else Entry.site.in_(sites))
    if site is not None:
        wanted = wanted.where(Entry.site == site)
    if gate is not None:
        wanted = wanted.where(Entry.gate == gate)
    if before is not None:
        wanted = wanted.where(Entry.id < before)
    return session.scalars(wanted).all()


def waiting_since_before(session: Session, moment: Instant, *, limit: int = 500) -> Sequence[Entry]:
    """Refers that were told before `moment` and that nobody has decided, the oldest first."""
    return session.scalars(
        select(Entry).where(WAITING, Entry.decided_at < moment).order_by(Entry.decided_at).limit(limit)
    ).all()


def settle(
    session: Session,
    entry_id: EntryId,
    *,
    verdict: Verdict,
    reason: Reason,
    by: str,
    because: str | None,
    words: str | None,
    now: Instant,
) -> bool:
    """Settle a refer that nobody has settled; false: somebody was faster."""
    row = session.execute(
        update(Entry)
        .where(Entry.id == entry_id, Entry.verdict == Verdict.REFER, Entry.settled_verdict.is_(None))
        .values(
            settled_verdict=verdict,
            settled_reason=reason,
            settled_by=by,
            settled_at=now,
            settled_because=because,
            settled_words=words,
        )
        .returning(Entry.id)
        .execution_options(synchronize_session=False)
    ).first()
    return row is not None
