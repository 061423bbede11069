"""An alarm's row as the document of CONTRACT 4."""

from collections.abc import Sequence

from monitor.alarms.models import Alarm, AlarmContribution
from registry.messages.alarms import AlarmDocument, AlarmFlag, Contribution, Explanation
from registry.messages.events import MediaReference


def document_of(alarm: Alarm, contributions: Sequence[AlarmContribution]) -> AlarmDocument:
    return AlarmDocument(
        id=alarm.id,
        code=alarm.code,
        site=alarm.site,
        zone=alarm.zone,
        rule=alarm.rule,
        rule_version=alarm.rule_version,
        priority=alarm.priority,
        state=alarm.state,
        flags=[AlarmFlag(flag) for flag in alarm.flags],
        occurred_at=alarm.occurred_at,
        raised_at=alarm.raised_at,
        count=alarm.count,
        contributing=[
            Contribution(signal_id=each.signal_id, device=each.device, type=each.type, occurred_at=each.occurred_at)
            for each in contributions
        ],
        explanation=Explanation(zh=alarm.explanation_zh, en=alarm.explanation_en),
        media=[MediaReference.model_validate(media) for media in alarm.media],
        plan_id=alarm.plan_id,
        assigned_to=alarm.assigned_to,
        verdict=alarm.verdict,
        version=alarm.version,
    )
