"""How alarms stand, as the rules see it: canonical JSON lines, the same for the same evidence.

Without what a person did, and without how an alarm came to stand so: code, version and the moment of its raising.
"""

from collections.abc import Iterator

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.alarms import queries
from monitor.alarms.models import Alarm
from registry.clock import Instant
from registry.ids import SiteId
from registry.messages.alarms import AlarmFlag

_OF_RULES = frozenset({AlarmFlag.RETURNED, AlarmFlag.CONFIRMED, AlarmFlag.LATE_EVIDENCE})


def export(session: Session, *, since: Instant, until: Instant, site: SiteId | None) -> Iterator[bytes]:
    """The alarms of what happened in `since <= occurred_at < until`, one a line, by time and id; `site` None: of all."""
    query = select(Alarm).where(Alarm.occurred_at >= since, Alarm.occurred_at < until)
    if site is not None:
        query = query.where(Alarm.site == site)
    for alarm in session.scalars(query.order_by(Alarm.occurred_at, Alarm.id)).all():
        signals = queries.contributions(session, [alarm.row]).get(alarm.row, ())
        document = {
            "id": alarm.id,
            "site": alarm.site,
            "zone": alarm.zone,
            "rule": alarm.rule,
            "rule_version": alarm.rule_version,
            "key": alarm.key,
            "priority": alarm.priority,
            "flags": [flag for flag in sorted(alarm.flags) if flag in _OF_RULES],
            "occurred_at": alarm.occurred_at,
            "count": alarm.count,
            "contributing": [[each.device, each.signal_id, each.type, each.occurred_at] for each in signals],
            "explanation": {"zh": alarm.explanation_zh, "en": alarm.explanation_en},
            "media": alarm.media,
        }
        yield orjson.dumps(document, option=orjson.OPT_SORT_KEYS) + b"\n"
