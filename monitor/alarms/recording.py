"""Writing an alarm's change down and telling it; `service` does it for people, `raising` for the rules."""

from monitor.alarms import rules
from monitor.alarms.documents import documents_of
from monitor.alarms.models import Alarm, AlarmHistory
from monitor.alarms.rules import Act
from registry.messages.alarms import AlarmDocument, AlarmFlag, AlarmState, AlarmVerdict
from registry.messages.topics import alarm_topic
from registry.store import Work, outbox


def record(
    work: Work, alarm: Alarm, act: Act, *, to_state: AlarmState, by: str | None = None, words: str | None = None
) -> None:
    """Move an alarm and add the line to its history; `by` None: the rules."""
    work.session.add(
        AlarmHistory(
            alarm_row=alarm.row,
            at=work.now,
            actor=by,
            act=act,
            from_state=None if act is Act.RAISED else alarm.state,
            to_state=to_state,
            words=words,
        )
    )
    alarm.state = to_state


def announce(work: Work, alarm: Alarm) -> AlarmDocument:
    """Tell the bus how the alarm stands; once it is closed, that nothing is retained any more."""
    work.session.flush()
    [stands] = documents_of(work.session, [alarm])
    closed = alarm.state is AlarmState.CLOSED
    payload = b"" if closed else stands.model_dump_json().encode()
    outbox.announce(work.session, alarm_topic(alarm.site, alarm.id), payload, retain=True)
    return stands


def leave_if_over(work: Work, alarm: Alarm) -> None:
    """Close what is over by itself, was seen, and is not latched.

    Its verdict is `authorised`: what took place was as planned, and neither a false alarm nor a fault is counted for it.
    """
    if rules.leaves_by_itself(alarm.state, latched=alarm.latched, returned=AlarmFlag.RETURNED in alarm.flags):
        alarm.closed_at, alarm.verdict = work.now, AlarmVerdict.AUTHORISED
        record(work, alarm, Act.CLOSED, to_state=AlarmState.CLOSED)
