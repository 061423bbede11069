"""An alarm's row as the document of CONTRACT 4."""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from monitor.alarms import queries
from monitor.alarms.findings import Picture
from monitor.alarms.models import Alarm, AlarmContribution
from registry.clock import parse_instant
from registry.ids import DeviceAddress
from registry.messages.alarms import AlarmDocument, AlarmFlag, Contribution, Explanation
from registry.messages.events import MediaReference

SHOWN_AT_EACH_END = 50
"""Signals in a document: the first and the last so many. At 450 bytes each that is less than 64 KiB, as an event may have;
a broker takes 1 MiB."""


def documents_of(session: Session, alarms: Sequence[Alarm]) -> Sequence[AlarmDocument]:
    """These alarms, in this order. One that rests on more signals than are shown is whole in the store only."""
    signals = queries.shown_contributions(session, [alarm.row for alarm in alarms], each_end=SHOWN_AT_EACH_END)
    return [_document(alarm, signals) for alarm in alarms]


def pictures_of(alarm: Alarm) -> Sequence[Picture]:
    """The pictures of the document's `media`, each with the device that made it and the moment."""
    return [
        Picture(
            media=MediaReference.model_validate(media),
            device=DeviceAddress.parse(media["device"]),
            occurred_at=parse_instant(media["occurred_at"]),
        )
        for media in alarm.media
    ]


def _document(alarm: Alarm, signals: Mapping[int, Sequence[AlarmContribution]]) -> AlarmDocument:
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
            for each in signals.get(alarm.row, ())
        ],
        explanation=Explanation(zh=alarm.explanation_zh, en=alarm.explanation_en),
        media=[MediaReference.model_validate(media) for media in alarm.media],
        plan_id=alarm.plan_id,
        assigned_to=alarm.assigned_to,
        verdict=alarm.verdict,
        version=alarm.version,
    )
