"""A past for the demo: entries and closed alarms, so that pages are measured on stores that have been in use."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import wait
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import uuid4

from sqlalchemy import insert

from gateway.checks.attempts import Attempt
from gateway.checks.shown import CardShown
from gateway.desk import Desk
from monitor.alarms.models import Alarm, AlarmContribution, AlarmHistory
from monitor.alarms.rules import Act
from registry.access.facts import Direction
from registry.clock import Instant
from registry.ids import GateId, SiteId, UserId, new_id, short_code
from registry.messages.alarms import AlarmState, AlarmVerdict
from registry.store import Store

_AT_ONCE = 500
_SITE, _ZONE, _BEAM = SiteId("oc1"), "oc1-perimeter-north", "oc1/beam/north-01"
_BY = "bench"


def make_entries(desk: Desk, gate: GateId, cards: Sequence[str], count: int) -> None:
    """Let people come and go through the gate's own journal; half of them are inside at the end."""
    attempts = _attempts(gate, cards, count)
    while some := list(islice(attempts, _AT_ONCE)):
        wait([desk.journal.submit(attempt) for attempt in some])


def _attempts(gate: GateId, cards: Sequence[str], count: int) -> Iterator[Attempt]:
    asker = UserId(new_id())
    for number in range(count):
        lap, card = divmod(number, len(cards))
        yield Attempt(
            attempt_id=uuid4(),
            asker=asker,
            asked_by=_BY,
            gate=gate,
            direction=Direction.OUT if (lap + card) % 2 else Direction.IN,
            shown=CardShown(raw=cards[card], key=cards[card]),
        )


def make_closed_alarms(store: Store, count: int, now: Instant) -> None:
    """Write alarms that were raised and closed in the year past, one every hour or so, each with a signal and its history."""
    moments = [now - timedelta(minutes=50) * number for number in range(1, count + 1)]
    rows = list(range(1, count + 1))
    with store.begin(now) as work:
        work.session.execute(insert(Alarm), [_alarm(row, at) for row, at in zip(rows, moments, strict=True)])
        contributions = [
            {
                "alarm_row": row,
                "device": _BEAM,
                "signal_id": f"bench-{row}",
                "type": "dayuan.beam.interrupted",
                "occurred_at": at,
            }
            for row, at in zip(rows, moments, strict=True)
        ]
        work.session.execute(insert(AlarmContribution), contributions)
        lines = [line for row, at in zip(rows, moments, strict=True) for line in _history(row, at)]
        work.session.execute(insert(AlarmHistory), lines)


def _alarm(row: int, at: Instant) -> Mapping[str, Any]:
    return {
        "row": row,
        "id": new_id(),
        "code": short_code("A"),
        "site": _SITE,
        "zone": _ZONE,
        "rule": "B02",
        "rule_version": 1,
        "key": _ZONE,
        "priority": 2,
        "state": AlarmState.CLOSED,
        "flags": [],
        "latched": True,
        "occurred_at": at,
        "raised_at": at,
        "closed_at": at + timedelta(minutes=5),
        "count": 1,
        "explanation_zh": "北侧周界有人越界。",
        "explanation_en": "Somebody crossed the north perimeter.",
        "media": [],
        "verdict": AlarmVerdict.NUISANCE,
        "cause": "鸟",
        "version": 3,
        "changed_by": _BY,
    }


def _history(row: int, at: Instant) -> Iterator[Mapping[str, Any]]:
    steps = (
        (Act.RAISED, None, AlarmState.NEW),
        (Act.ACKNOWLEDGED, AlarmState.NEW, AlarmState.ACKNOWLEDGED),
        (Act.CLOSED, AlarmState.ACKNOWLEDGED, AlarmState.CLOSED),
    )
    for minutes, (act, before, after) in enumerate(steps):
        yield {
            "alarm_row": row,
            "at": at + timedelta(minutes=minutes),
            "actor": _BY if before else None,
            "act": act,
            "from_state": before,
            "to_state": after,
            "words": None,
        }
