"""What people do with alarms: one use case each, in one transaction."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from monitor.alarms import queries, rules
from monitor.alarms.documents import documents_of, pictures_of
from monitor.alarms.findings import Picture
from monitor.alarms.models import Alarm
from monitor.alarms.problems import AlarmChanged, AlarmUnknown, HandlerUnknown, NotNow, OfficerNeeded, WordsNeeded
from monitor.alarms.recording import announce, leave_if_over, record
from monitor.alarms.rules import Act, Closing, Moved, Refusal
from registry import audit
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.clock import Instant
from registry.ids import AlarmId, SiteId
from registry.messages.alarms import AlarmDocument, AlarmState
from registry.store import Work

_WHY_NOT = {
    Refusal.ACKNOWLEDGED_ALREADY: "It is acknowledged already.",
    Refusal.NOT_ACKNOWLEDGED: "Acknowledge it first.",
    Refusal.STEP_BACK: "It is at this step already, or past it.",
    Refusal.CLOSED_ALREADY: "It is closed; what is closed stays closed.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A line of an alarm's history. `who` None: the rules."""

    at: Instant
    what: Act
    who: str | None
    from_state: AlarmState | None
    to_state: AlarmState
    words: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of the list; `after` is where the next one begins, None at the end."""

    items: Sequence[AlarmDocument]
    after: queries.Place | None


def alarms(
    session: Session,
    *,
    sites: Collection[SiteId] | None,
    only_open: bool = True,
    after: queries.Place | None = None,
    limit: int = 100,
) -> Page:
    """The one list of alarms of these sites (None: of all): unacknowledged first, then priority, then newest."""
    found = queries.listed(session, sites=sites, only_open=only_open, after=after, limit=limit + 1)
    shown = found[:limit]
    return Page(
        items=documents_of(session, shown),
        after=queries.place_of(shown[-1]) if len(found) > limit else None,
    )


def alarm(session: Session, alarm_id: AlarmId) -> AlarmDocument:
    """One alarm by its id, or by an id that it once had.

    Raises:
        AlarmUnknown: no alarm ever had it.

    """
    [found] = documents_of(session, [_known(session, alarm_id)])
    return found


def pictures(session: Session, alarm_id: AlarmId) -> Sequence[Picture]:
    """The pictures of an alarm, each with the signal that it came with.

    Raises:
        AlarmUnknown: there is none.

    """
    return pictures_of(_known(session, alarm_id))


def signals_of(session: Session, alarm_id: AlarmId) -> int:
    """How many signals an alarm rests on; its document names the first and the last of many.

    Raises:
        AlarmUnknown: there is none.

    """
    return queries.signals_of(session, _known(session, alarm_id).row)


def history(session: Session, alarm_id: AlarmId) -> Sequence[Change]:
    """What became of an alarm, oldest first.

    Raises:
        AlarmUnknown: there is none.

    """
    row = _known(session, alarm_id).row
    return [
        Change(
            at=line.at,
            what=line.act,
            who=line.actor,
            from_state=line.from_state,
            to_state=line.to_state,
            words=line.words,
        )
        for line in queries.history(session, row)
    ]


def acknowledge(work: Work, alarm_id: AlarmId, *, version: int, by: Principal) -> AlarmDocument:
    """Say that somebody has seen it. What is over by itself and not latched leaves the list with that.

    Raises:
        AlarmUnknown, AlarmChanged, NotNow: see there.

    """
    alarm = _to_change(work.session, alarm_id, version, by)
    _move(work, alarm, rules.acknowledge(alarm.state), Act.ACKNOWLEDGED, by=by)
    leave_if_over(work, alarm)
    return _changed(work, alarm, "alarm-acknowledged", by)


def assign(
    work: Work, alarm_id: AlarmId, *, version: int, to: str, by: Principal, is_handler: Callable[[str, SiteId], bool]
) -> AlarmDocument:
    """Say who is to see to it: the one who asks, or somebody who handles alarms at that site.

    Raises:
        AlarmUnknown, AlarmChanged, NotNow, HandlerUnknown: see there.

    """
    alarm = _to_change(work.session, alarm_id, version, by)
    if to != by.name and not is_handler(to, alarm.site):
        raise HandlerUnknown(f"Nobody named {to!r} handles alarms at {alarm.site}.")
    _move(work, alarm, rules.assign(alarm.state), Act.ASSIGNED, by=by, words=to)
    before, alarm.assigned_to = alarm.assigned_to, to
    return _changed(work, alarm, "alarm-assigned", by, to=to, to_before=before)


def advance(work: Work, alarm_id: AlarmId, *, version: int, to: AlarmState, by: Principal) -> AlarmDocument:
    """Say how far people have come: `to` is verifying, dispatched or contained.

    Raises:
        AlarmUnknown, AlarmChanged, NotNow: see there.

    """
    alarm = _to_change(work.session, alarm_id, version, by)
    before = alarm.state
    _move(work, alarm, rules.advance(before, to), Act(to), by=by)
    return _changed(work, alarm, "alarm-advanced", by, to=str(to), to_before=str(before))


def close(work: Work, alarm_id: AlarmId, *, version: int, closing: Closing, by: Principal) -> AlarmDocument:
    """End it with a verdict.

    Raises:
        OfficerNeeded: it is of priority 1 and `by` is no security officer of the site.
        WordsNeeded: it is of priority 1 or 2 and neither cause nor evidence was given.
        AlarmUnknown, AlarmChanged, NotNow: see there.

    """
    alarm = _to_change(work.session, alarm_id, version, by)
    outcome = rules.close(
        alarm.state,
        priority=alarm.priority,
        closing=closing,
        by_officer=by.may(Permission.ALARMS_CLOSE_PRIORITY_1, alarm.site),
    )
    words = " · ".join(words for words in (closing.cause, closing.evidence) if words) or None
    _move(work, alarm, outcome, Act.CLOSED, by=by, words=words)
    alarm.closed_at, alarm.verdict = work.now, closing.verdict
    alarm.cause, alarm.evidence = closing.cause, closing.evidence
    return _changed(work, alarm, "alarm-closed", by, verdict=str(closing.verdict))


def _known(session: Session, alarm_id: AlarmId) -> Alarm:
    alarm = queries.by_id(session, alarm_id)
    if alarm is None:
        raise AlarmUnknown
    return alarm


def _to_change(session: Session, alarm_id: AlarmId, version: int, by: Principal) -> Alarm:
    alarm = _known(session, alarm_id)
    by.require(Permission.ALARMS_HANDLE, alarm.site)
    session.refresh(alarm, with_for_update=True)
    if alarm.version != version:
        winner = alarm.changed_by or "New evidence"
        raise AlarmChanged(
            f"{winner} was faster. Look at the alarm again.", winner=alarm.changed_by, version=alarm.version
        )
    return alarm


def _move(
    work: Work, alarm: Alarm, outcome: Moved | Refusal, act: Act, *, by: Principal, words: str | None = None
) -> None:
    match outcome:
        case Moved(state=state):
            record(work, alarm, act, to_state=state, by=by.name, words=words)
        case Refusal.OFFICER_NEEDED:
            raise OfficerNeeded("A priority 1 alarm is closed by a security officer. Ask the one on duty.")
        case Refusal.WORDS_NEEDED:
            raise WordsNeeded("Say what caused it, or what you have seen that shows it.")
        case _:
            raise NotNow(_WHY_NOT[outcome], state=alarm.state)


def _changed(work: Work, alarm: Alarm, action: str, by: Principal, **facts: object) -> AlarmDocument:
    alarm.version += 1
    alarm.changed_by = by.name
    audit.record(
        work.session,
        actor=by.name,
        action=action,
        site=alarm.site,
        subject=f"alarm:{alarm.id}",
        facts={"code": alarm.code, "version": alarm.version, **facts},
        now=work.now,
    )
    return announce(work, alarm)
