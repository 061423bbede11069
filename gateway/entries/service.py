"""Settling a refer: the guard decides it, or nobody does in time."""

from typing import Literal

from sqlalchemy.orm import Session

from gateway.circumstances import queries as gates
from gateway.entries import queries
from gateway.entries.announcing import attempt_key_of, decided_event
from gateway.entries.models import Entry
from gateway.passages import service as passages
from registry import audit
from registry.clock import Instant
from registry.ids import CredentialId, EntryId
from registry.messages.reasons import Reason, Verdict
from registry.problems import Conflict, NotFound, Unprocessable
from registry.store import outbox

NOBODY = "dayuan"
"""Who settles what nobody decided in time."""

GuardVerdict = Literal[Verdict.GRANTED, Verdict.DENIED]


class NoSuchEntry(NotFound):
    slug = "no-such-entry"
    title = "There is no such entry here"


class NothingToDecide(Unprocessable):
    slug = "nothing-to-decide"
    title = "The gate decided this itself"


class AlreadyDecided(Conflict):
    slug = "already-decided"
    title = "Somebody decided this before you"


def decide_refer(
    session: Session,
    entry: Entry,
    *,
    verdict: GuardVerdict,
    because: str,
    words: str,
    by: str,
    attempt_key: bytes,
    now: Instant,
) -> Entry:
    """Settle a refer as the guard says. Presence changes only now; anti-passback is not asked, for the guard has looked.

    Raises:
        NothingToDecide: it was no refer.
        AlreadyDecided: it is settled; the problem names by whom.

    """
    if entry.verdict is not Verdict.REFER:
        raise NothingToDecide("Only what was referred to the guard is decided here.")
    reason = Reason.OK_GUARD if verdict is Verdict.GRANTED else Reason.GUARD_REFUSED
    entry_id = EntryId(entry.id)
    _wait_for_gate(session, entry)
    if not queries.settle(
        session, entry_id, verdict=verdict, reason=reason, by=by, because=because, words=words or None, now=now
    ):
        session.refresh(entry)
        raise AlreadyDecided(
            f"{entry.settled_by} has decided this already: {entry.settled_verdict}.",
            decided_by=entry.settled_by,
            verdict=entry.settled_verdict,
        )
    session.refresh(entry)
    if verdict is Verdict.GRANTED:
        passages.let_in(session, entry, now)
    _announce_settled(session, entry, attempt_key, now)
    facts = {"verdict": verdict.value, "because": because, "words": audit.Personal(words), "gate": entry.gate}
    audit.record(
        session, actor=by, action="entry-decided", site=entry.site, subject=str(entry.id), facts=facts, now=now
    )
    return entry


def _wait_for_gate(session: Session, entry: Entry) -> None:
    """Decide before or after the gate lets in a second person beside this one, and not while: each would wait for the other.

    Taken before anything is written, and in the gate's own order.
    """
    names = [gates.lane_of(entry.lane)]
    if entry.credential_id is not None:
        names.append(gates.use_of(CredentialId(entry.credential_id)))
    gates.lock(session.connection(), names)


def close_undecided(session: Session, *, told_before: Instant, attempt_key: bytes, now: Instant) -> int:
    """Settle as refused every refer told before that moment which nobody decided; gives how many."""
    closed = 0
    for entry in queries.waiting_since_before(session, told_before):
        settled = queries.settle(
            session,
            EntryId(entry.id),
            verdict=Verdict.DENIED,
            reason=Reason.UNDECIDED,
            by=NOBODY,
            because=None,
            words=None,
            now=now,
        )
        if settled:
            session.refresh(entry)
            _announce_settled(session, entry, attempt_key, now)
            closed += 1
    return closed


def _announce_settled(session: Session, entry: Entry, attempt_key: bytes, now: Instant) -> None:
    topic, payload = decided_event(
        event_id=f"{entry.id}/settled",
        entry_id=EntryId(entry.id),
        site=entry.site,
        gate=entry.gate,
        lane=entry.lane,
        direction=entry.direction,
        verdict=entry.settled_verdict or entry.verdict,
        reason=entry.settled_reason or entry.reason,
        kind=entry.credential_kind,
        key=entry.credential_key,
        holder_id=entry.holder_id,
        attempt_key=attempt_key_of(attempt_key, entry.credential_kind, entry.credential_key),
        now=now,
    )
    outbox.announce(session, topic, payload)
