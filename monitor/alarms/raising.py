"""What the rules do with alarms: raise, correct, merge. Called by the engine, in the transaction of its position."""

from collections.abc import Collection, Mapping
from typing import Any

from monitor.alarms import queries, rules
from monitor.alarms.findings import Evidence, Finding
from monitor.alarms.models import Alarm
from monitor.alarms.recording import announce, leave_if_over, record
from monitor.alarms.rules import Act
from monitor.alarms.words import explain
from registry.clock import format_instant
from registry.ids import AlarmId, short_code
from registry.messages.alarms import AlarmDocument, AlarmFlag, AlarmState
from registry.messages.topics import alarm_topic
from registry.store import Work, outbox

MEDIA_SHOWN = 12
"""Pictures that an alarm carries at most, the earliest; the others stay with their signals."""


def raise_alarm(work: Work, finding: Finding) -> AlarmDocument:
    """Raise a new incident."""
    alarm = Alarm(
        id=finding.id,
        code=_free_code(work),
        site=finding.site,
        rule=finding.rule,
        key=finding.key,
        state=AlarmState.NEW,
        latched=finding.latched,
        raised_at=work.now,
        version=1,
        **_facts_of(finding),
    )
    queries.stop_leading(work.session, finding.id)
    work.session.add(alarm)
    work.session.flush()
    queries.add_evidence(work.session, alarm.row, finding.evidence)
    record(work, alarm, Act.RAISED, to_state=AlarmState.NEW)
    return announce(work, alarm)


def revise(
    work: Work, alarm_id: AlarmId, finding: Finding, *, absorbed: Collection[AlarmId] = ()
) -> AlarmDocument | None:
    """Let an open alarm stand as `finding` has it, and take in the open alarms that turn out to be the same incident.

    A latched alarm never loses evidence, count or priority by that. None: nothing became different.
    """
    alarm = _open(work, alarm_id)
    before = _state_of(work, alarm)
    for other_id in absorbed:
        _merge(work, into=alarm, absorbed=_open(work, other_id))
    _move_anchor(work, alarm, finding.id)
    facts = _facts_of(finding)
    if alarm.latched:
        facts["count"] = max(alarm.count, finding.count)
        facts["priority"] = min(alarm.priority, finding.priority)
    gone = AlarmFlag.RETURNED in finding.flags and AlarmFlag.RETURNED not in alarm.flags
    for name, value in facts.items():
        setattr(alarm, name, value)
    queries.add_evidence(work.session, alarm.row, finding.evidence)
    if gone:
        record(work, alarm, Act.RETURNED, to_state=alarm.state)
    leave_if_over(work, alarm)
    if _state_of(work, alarm) == before:
        return None
    return _written(work, alarm)


def add_late(work: Work, alarm_id: AlarmId, evidence: Collection[Evidence], finding: Finding) -> AlarmDocument:
    """Add to a closed incident what came too late for it; it stays closed."""
    alarm = queries.by_id(work.session, alarm_id)
    if alarm is None:
        raise LookupError(f"no alarm {alarm_id}")
    queries.add_evidence(work.session, alarm.row, evidence)
    _move_anchor(work, alarm, finding.id)
    alarm.occurred_at = min(alarm.occurred_at, finding.occurred_at)
    alarm.count = max(alarm.count, finding.count)
    alarm.media = _media(finding)
    alarm.flags = sorted({*alarm.flags, str(AlarmFlag.LATE_EVIDENCE)})
    record(work, alarm, Act.EVIDENCE_LATE, to_state=alarm.state)
    return _written(work, alarm)


def _open(work: Work, alarm_id: AlarmId) -> Alarm:
    alarm = queries.by_id(work.session, alarm_id)
    if alarm is None or alarm.state is AlarmState.CLOSED:
        raise LookupError(f"no open alarm {alarm_id}")
    return alarm


def _facts_of(finding: Finding) -> dict[str, Any]:
    explanation = explain(finding.explanation)
    return {
        "zone": finding.zone,
        "rule_version": finding.rule_version,
        "priority": finding.priority,
        "flags": sorted(str(flag) for flag in finding.flags),
        "occurred_at": finding.occurred_at,
        "count": finding.count,
        "explanation_zh": explanation.zh,
        "explanation_en": explanation.en,
        "media": _media(finding),
    }


def _media(finding: Finding) -> list[dict[str, Any]]:
    return [
        {
            **picture.media.model_dump(mode="json"),
            "device": str(picture.device),
            "occurred_at": format_instant(picture.occurred_at),
        }
        for picture in finding.pictures[:MEDIA_SHOWN]
    ]


def _state_of(work: Work, alarm: Alarm) -> Mapping[str, object]:
    columns = ("id", "state", "zone", "priority", "flags", "occurred_at", "count", "explanation_zh", "media")
    return {
        "signals": queries.signals_of(work.session, alarm.row),
        **{column: getattr(alarm, column) for column in columns},
    }


def _merge(work: Work, *, into: Alarm, absorbed: Alarm) -> None:
    topic, former, code = alarm_topic(absorbed.site, absorbed.id), absorbed.id, absorbed.code
    state = rules.merged_state(into.state, absorbed.state)
    into.count = max(into.count, absorbed.count)
    into.priority = min(into.priority, absorbed.priority)
    queries.absorb(work.session, into=into, absorbed=absorbed)
    queries.lead(work.session, former, into.row)
    record(work, into, Act.MERGED, to_state=state, words=code)
    outbox.announce(work.session, topic, b"", retain=True)


def _move_anchor(work: Work, alarm: Alarm, anchored: AlarmId) -> None:
    """Earlier evidence gives the alarm another id; the one that it had leads there."""
    if alarm.id == anchored:
        return
    former = alarm.id
    queries.stop_leading(work.session, anchored)
    alarm.id = anchored
    work.session.flush()
    queries.lead(work.session, former, alarm.row)
    outbox.announce(work.session, alarm_topic(alarm.site, former), b"", retain=True)


def _written(work: Work, alarm: Alarm) -> AlarmDocument:
    alarm.version += 1
    alarm.changed_by = None
    return announce(work, alarm)


def _free_code(work: Work) -> str:
    while queries.code_is_open(work.session, code := short_code("A")):
        pass
    return code
