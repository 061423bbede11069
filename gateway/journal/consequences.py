"""What follows of a decision beside its entry: presence, uses, crossings, a second person, wrong tries, the silent alarm."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import Connection

from gateway.checks import rules
from gateway.checks.question import Inside, Question, area_entered
from gateway.checks.shown import PinShown
from gateway.circumstances import queries
from gateway.circumstances.queries import NewPassage, Recent
from gateway.entries.announcing import attempt_key_of, auth_failed_event, decided_event, duress_event
from gateway.entries.models import PassageState
from gateway.entries.service import NOBODY
from gateway.journal.asked import Written
from gateway.journal.forms import Forms
from gateway.journal.surroundings import WRONG_TRIES, Surroundings, place_of
from gateway.presence.queries import Overtaken, Subject
from registry.access.facts import Direction
from registry.ids import EntryId, new_id
from registry.messages.reasons import Reason, Verdict
from registry.store.prepared import Bare


def follow(entry: Written, here: Surroundings) -> set[Subject]:
    """Let those who are decided next find the gates as they are after this decision. Gives who moved."""
    asked, question = entry.asked, entry.question
    is_granted = entry.decision.verdict is Verdict.GRANTED
    moved: set[Subject] = set()
    if isinstance(question.shown, PinShown):
        is_wrong = question.credential is None
        if (is_wrong or is_granted) and here.tried(asked, wrong=is_wrong):
            entry.ends_tries = True
    if is_granted:
        here.move(asked.subject, _after(question, entry.entry_id))
        moved.add(asked.subject)
        if is_watched(entry):
            here.occupy(question.lane.id)
        if _is_counted(entry) and question.credential is not None:
            here.use(question.credential.id)
    if question.direction is Direction.IN and entry.decision.verdict is not Verdict.DENIED:
        moved |= _beside(entry, here)
        here.came(_as_recent(entry), question.gate)
    return moved


def keep(
    connection: Connection | Bare, written: Sequence[Written], here: Surroundings, forms: Forms
) -> list[tuple[str, bytes]]:
    """Write down what follows of these entries, which are written; gives what the bus is told of it.

    Raises:
        Overtaken: the guard decided meanwhile about somebody whose second person came.

    """
    if here.used:
        queries.count_uses(connection, {credential: here.uses[credential] for credential in here.used})
    if here.tries:
        queries.keep_tries(connection, here.tries)
    watched = [entry for entry in written if is_watched(entry)]
    crossings = [_crossing(entry) for entry in watched]
    crossings += [_crossing_beside(entry, entry.beside, here) for entry in watched if entry.beside is not None]
    if crossings:
        queries.begin_passages(connection, crossings)
    seconds = {
        entry.beside.id: PassageState.PENDING if is_watched(entry) else None
        for entry in written
        if entry.beside is not None
    }
    if seconds and queries.let_in_beside(connection, seconds, NOBODY, here.now) != len(seconds):
        raise Overtaken
    forced = [entry for entry in written if entry.asked.is_duress]
    if forced:
        queries.keep_duress(connection, [(each.entry_id, each.question.site, here.now) for each in forced])
    return [*_signals(written, forms)]


def is_watched(entry: Written) -> bool:
    """Whether a sensor says of who is let in by this entry that they passed."""
    question = entry.question
    return question.lane.passage_seconds is not None and entry.decision.verdict is Verdict.GRANTED


def _is_counted(entry: Written) -> bool:
    question = entry.question
    credential = question.credential
    return credential is not None and credential.entries_allowed is not None and question.direction is Direction.IN


def _beside(entry: Written, here: Surroundings) -> set[Subject]:
    """Let in also the first of two people, when this is the second."""
    asked, question = entry.asked, entry.question
    if entry.decision.verdict is not Verdict.GRANTED or question.circumstances.beside is None:
        return set()
    first = here.second_of(asked)
    if first is None:
        return set()
    entry.beside = first
    here.settled(question.gate, first)
    subject = (question.site, first.subject)
    here.where_was(subject)
    entry.beside_was = here.inside[subject]
    if first.credential is not None and here.is_limited(first.credential):
        here.use(first.credential)
    here.move(subject, _after(question, first.id))
    return {subject}


def _after(question: Question, entry: EntryId) -> Inside | None:
    lane, direction = question.lane, question.direction
    area = area_entered(lane, direction)
    return rules.inside_after(direction, area, question.now, entry, out_is_inside=lane.out_is_inside)


def _as_recent(entry: Written) -> Recent:
    question, credential = entry.question, entry.question.credential
    return Recent(
        id=entry.entry_id,
        lane=question.lane.id,
        subject=entry.asked.subject[1],
        kind=question.shown.kind,
        key=question.shown.key,
        holder=credential.holder.id if credential is not None and credential.holder is not None else None,
        credential=None if credential is None else credential.id,
        verdict=entry.decision.verdict,
        reason=entry.decision.reason,
        settled=None,
        at=question.now,
    )


def _crossing(entry: Written) -> NewPassage:
    question, was, credential = entry.question, entry.question.inside, entry.question.credential
    return NewPassage(
        entry_id=entry.entry_id,
        site=question.site,
        gate=question.gate,
        lane=question.lane.id,
        subject=entry.asked.subject[1],
        credential_id=credential.id if _is_counted(entry) and credential is not None else None,
        until=question.now + timedelta(seconds=question.lane.passage_seconds or 0),
        was_area=None if was is None else was.area,
        was_since=None if was is None else was.since,
        was_entry_id=None if was is None else was.entry,
        was_forgiven=was is not None and was.forgiven,
    )


def _crossing_beside(entry: Written, first: Recent, here: Surroundings) -> NewPassage:
    """That of the first of two people, who passes with the second."""
    was = entry.beside_was
    return _crossing(entry)._replace(
        entry_id=first.id,
        subject=first.subject,
        credential_id=first.credential if here.is_limited(first.credential) else None,
        was_area=None if was is None else was.area,
        was_since=None if was is None else was.since,
        was_entry_id=None if was is None else was.entry,
        was_forgiven=was is not None and was.forgiven,
    )


def _signals(written: Iterable[Written], forms: Forms) -> Iterable[tuple[str, bytes]]:
    for entry in written:
        question, credential = entry.question, entry.question.credential
        site, gate, lane, now = question.site, question.gate, question.lane.id, question.now
        if entry.ends_tries:
            place = place_of(entry.asked)[1]
            yield auth_failed_event(
                event_id=new_id(), site=site, gate=gate, lane=lane, place=place, tries=WRONG_TRIES, now=now
            )
        if entry.asked.is_duress:  # whatever was answered: whoever stands there is forced
            holder = None if credential is None or credential.holder is None else credential.holder.id
            yield duress_event(entry_id=entry.entry_id, site=site, gate=gate, lane=lane, holder_id=holder, now=now)
        if entry.beside is not None:
            first = entry.beside
            yield decided_event(
                event_id=f"{first.id}/settled",
                entry_id=EntryId(first.id),
                site=site,
                gate=gate,
                lane=lane,
                direction=question.direction,
                verdict=Verdict.GRANTED,
                reason=Reason.OK,
                kind=first.kind,
                key=first.key,
                holder_id=first.holder,
                attempt_key=attempt_key_of(forms.secret, first.kind, first.key),
                now=now,
            )
