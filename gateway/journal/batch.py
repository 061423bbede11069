"""One transaction of the journal: many attempts decided on what is inside at that moment, and written down together."""

from collections.abc import Sequence
from uuid import UUID

import orjson
from sqlalchemy import Connection

from gateway.checks import rules
from gateway.checks.answers import answer_of
from gateway.checks.attempts import Answered, Attempt, AttemptReused
from gateway.checks.circumstances import NOTHING_PARTICULAR
from gateway.checks.places import place
from gateway.checks.question import Question, area_entered
from gateway.checks.rules import Decision
from gateway.checks.snapshot import Snapshot
from gateway.checks.standing import Moment, choose
from gateway.circumstances import queries
from gateway.entries import queries as entries
from gateway.entries.announcing import announce_together, decided_event
from gateway.entries.models import PassageState
from gateway.entries.queries import FirstAnswer, NewEntry
from gateway.journal import consequences
from gateway.journal.asked import Asked, Written, as_ordinary
from gateway.journal.forms import Forms
from gateway.journal.surroundings import Surroundings
from gateway.presence import queries as presence
from gateway.presence.queries import Subject
from registry.clock import Instant
from registry.ids import EntryId, new_id
from registry.problems import Problem
from registry.store.prepared import Bare

Outcome = Answered | Problem
"""An answer, or why this one attempt has none."""


def write(
    connection: Connection | Bare, attempts: Sequence[Attempt], snapshot: Snapshot, forms: Forms, now: Instant
) -> list[Outcome]:
    """Decide and write down attempts, in their order; one outcome each.

    A problem of one attempt is its outcome and leaves the others alone. What is raised undoes them all.

    Raises:
        Overtaken, IntegrityError: another process was faster with one of them; try again, one by one.

    """
    if not attempts:
        return []
    answered = entries.first_answers(connection, [attempt.attempt_id for attempt in attempts])
    here = Surroundings(connection, snapshot, now, queries.closed_areas(connection))
    asked = [_asked(attempt, here) for attempt in attempts]
    here.read(one for one in asked if isinstance(one, Asked))
    moved: set[Subject] = set()
    written: dict[UUID, Written] = {}
    outcomes: list[Outcome] = []
    for attempt, one in zip(attempts, asked, strict=True):
        first = answered.get(attempt.attempt_id) or written.get(attempt.attempt_id)
        if first is not None:
            outcomes.append(_repeated(first, attempt))
        elif isinstance(one, Problem):
            outcomes.append(one)
        else:
            entry = _decided(one, here, forms)
            written[attempt.attempt_id] = entry
            moved |= consequences.follow(entry, here)
            outcomes.append(Answered(entry_id=entry.entry_id, body=entry.answer, verdict=entry.decision.verdict))
    if written:
        _keep(connection, list(written.values()), moved, here, forms)
    return outcomes


def _keep(
    connection: Connection | Bare, written: Sequence[Written], moved: set[Subject], here: Surroundings, forms: Forms
) -> None:
    entries.insert_entries(connection, [_row(entry, here.snapshot, forms) for entry in written])
    # In their order, so that two processes that move the same ones never wait for each other.
    presence.move(connection, here.before, {subject: here.inside[subject] for subject in sorted(moved)})
    announced = [_announcement(entry, forms) for entry in written]
    announced += consequences.keep(connection, written, here, forms)
    announce_together(connection, announced)


def _asked(attempt: Attempt, here: Surroundings) -> Asked | Problem:
    snapshot, now = here.snapshot, here.now
    try:
        gate, lane = place(snapshot, attempt)
    except Problem as problem:
        return problem
    timezone = snapshot.timezones[gate.site]
    known = snapshot.with_key(attempt.shown.kind, attempt.shown.key)
    schedules = snapshot.schedules(known, gate, now)
    closed = here.closed_to(lane, attempt.direction)
    moment = Moment(site=gate.site, gate=gate.id, now=now, timezone=timezone, schedules=schedules, closed=closed)
    credential = choose(known, moment)
    shown, is_duress = as_ordinary(attempt.shown, credential)
    return Asked(
        attempt=attempt,
        shown=shown,
        is_duress=is_duress,
        subject=(gate.site, rules.subject_of(shown, credential)),
        gate=gate,
        lane=lane,
        credential=credential,
        timezone=timezone,
        schedule=None if credential is None else schedules.get(credential.id),
    )


def _repeated(first: FirstAnswer | Written, attempt: Attempt) -> Outcome:
    if first.request_digest != attempt.digest:
        return AttemptReused("This attempt_id stands for another request. Send a new one with a new attempt_id.")
    return Answered(entry_id=first.entry_id, body=first.answer)


def _decided(asked: Asked, here: Surroundings, forms: Forms) -> Written:
    attempt, lane, snapshot = asked.attempt, asked.lane, here.snapshot
    direction = attempt.direction
    kind, key = rules.stands_for(asked.shown, asked.credential)
    entered = area_entered(lane, direction)
    area = snapshot.area(entered)
    question = Question(
        shown=asked.shown,
        site=asked.gate.site,
        gate=asked.gate.id,
        lane=lane,
        direction=direction,
        denied=snapshot.denied_with_key(kind, key),
        credential=asked.credential,
        inside=here.inside.get(asked.subject),
        passback=snapshot.passback(entered, kind),
        passback_minutes=None if area is None else area.passback_minutes,
        timezone=asked.timezone,
        now=here.now,
        schedule=asked.schedule,
        circumstances=here.of(asked),
    )
    decision = _foreseen(question, snapshot) or rules.decide(question)
    entry_id = EntryId(new_id())
    answer = answer_of(
        question,
        decision,
        forms.told(question.credential),
        attempt_id=attempt.attempt_id,
        entry_id=entry_id,
        snapshot=snapshot.version(question.site),
    )
    return Written(
        asked=asked,
        question=question,
        decision=decision,
        entry_id=entry_id,
        request_digest=attempt.digest,
        answer=answer,
    )


def _foreseen(question: Question, snapshot: Snapshot) -> Decision | None:
    """What was known before anybody asked; None: the rules must be."""
    if question.inside is not None or question.circumstances is not NOTHING_PARTICULAR:
        return None
    return snapshot.foreseen.verdict(question.shown, question.gate, question.now)


def _row(entry: Written, snapshot: Snapshot, forms: Forms) -> NewEntry:
    attempt, question, decision = entry.asked.attempt, entry.question, entry.decision
    credential, shown = question.credential, question.shown
    holder = credential.holder if credential is not None else None
    return NewEntry(
        id=entry.entry_id,
        attempt_id=attempt.attempt_id,
        request_digest=entry.request_digest,
        asked_by=attempt.asked_by,
        reader=attempt.reader,
        site=question.site,
        gate=question.gate,
        lane=question.lane.id,
        direction=question.direction,
        area=area_entered(question.lane, question.direction),
        subject=entry.asked.subject[1],
        credential_kind=shown.kind,
        credential_key=shown.key,
        credential_id=credential.id if credential is not None else None,
        holder_id=holder.id if holder is not None else None,
        holder_name=holder.name if holder is not None else None,
        unit_zh=holder.unit_zh if holder is not None else None,
        unit_en=holder.unit_en if holder is not None else None,
        verdict=decision.verdict,
        reason=decision.reason,
        decided_at=question.now,
        occurred_at=attempt.occurred_at,
        media=orjson.dumps(attempt.media).decode() if attempt.media else None,
        snapshot=snapshot.version(question.site),
        question=forms.question(question),
        answer=entry.answer,
        passage=PassageState.PENDING if consequences.is_watched(entry) else None,
    )


def _announcement(entry: Written, forms: Forms) -> tuple[str, bytes]:
    question, decision = entry.question, entry.decision
    shown, credential = question.shown, question.credential
    return decided_event(
        event_id=entry.entry_id,
        entry_id=entry.entry_id,
        site=question.site,
        gate=question.gate,
        lane=question.lane.id,
        direction=question.direction,
        verdict=decision.verdict,
        reason=decision.reason,
        kind=shown.kind,
        key=shown.key,
        holder_id=credential.holder.id if credential is not None and credential.holder is not None else None,
        attempt_key=forms.attempt_key(question),
        now=question.now,
    )
