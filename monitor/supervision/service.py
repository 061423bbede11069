"""Noticing who fell silent, and keeping what devices say of themselves. Called by the engine, in its transactions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from monitor.signals import queries as heard
from monitor.supervision import queries
from monitor.supervision.rules import (
    MISSED_BEATS,
    TYPES,
    Loss,
    incident_of,
    interval_of,
    lasting_of,
)
from registry.clock import Instant
from registry.devices.facts import Register
from registry.ids import DeviceAddress
from registry.messages.events import EVENT_DATA, Phase
from registry.store import Store

log = structlog.get_logger()

LOOKED = timedelta(seconds=3)
"""Whoever looked longer ago than this, or on a clock that was set, was deaf meanwhile and begins to listen anew. Ours."""
_NEVER = datetime.max.replace(tzinfo=UTC)
_BACK = timedelta(hours=1)
"""So far back two losses may be one incident, and what the broker told is taken up."""


class Watch:
    """Notices silences as long as we hear: what we could not hear ourselves is nobody's silence."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._looked_at: Instant | None = None
        self._since: Instant | None = None

    def look(self, register: Register, now: Instant, *, hears: bool) -> None:
        """Look at `now`; `hears`: whether the broker gives us what devices say."""
        before, self._looked_at = self._looked_at, now
        if not hears or before is None or not before <= now <= before + LOOKED:
            self._since = None
        if not hears:
            return
        self._since = since = self._since or now
        with self._store.read() as session:
            is_idle = not (
                _overdue(session, register, now, since) or _told(session, register, now) or queries.heard_again(session)
            )
        if not is_idle:
            with self._store.begin(now) as work:
                _notice(work.session, register, now, since)


def note_condition(session: Session, said: heard.Signal, upto: int) -> bool:
    """Keep what a signal of one of the `TYPES` says of its device; False: that was known.

    However late it comes, the stretches are those of all the signals up to position `upto`, in the order of their times.
    """
    condition, at = TYPES[said.type], said.occurred_at
    ends = EVENT_DATA[said.type].model_validate(said.data).state is Phase.END
    base = queries.condition_at(session, said.device, condition, at)
    is_open = base is not None and (base.until is None or base.until > at)
    if ends != is_open:  # it began or ended before
        return False
    since = base.since if base is not None and is_open else at
    told = [
        (each.occurred_at, each.received_at, EVENT_DATA[each.type].model_validate(each.data).state, each.id)
        for each in heard.signals_between(session, [said.device], since, _NEVER, types=[said.type], upto=upto)
    ]
    if base is not None and is_open:
        told.append((base.since, base.noticed_at, Phase.START, base.signal_id))
    queries.replace_conditions(session, said.device, condition, since, lasting_of(told))
    return True


def _overdue(session: Session, register: Register, now: Instant, since: Instant) -> list[Loss]:
    """Who has missed its heartbeats while we heard; each as an incident of its own yet."""
    intervals = {address: interval_of(device) for address, device in register.devices.items() if device.enabled}
    if not intervals:
        return []
    found = []
    for silent in queries.silent_before(session, now - MISSED_BEATS * min(intervals.values())):
        every = intervals.get(silent.device)
        if every is not None and now - max(silent.heard_at, since) > MISSED_BEATS * every:
            missed_at = max(silent.heard_at, since) + every
            found.append(
                Loss(
                    device=silent.device,
                    heard_at=silent.heard_at,
                    missed_at=missed_at,
                    noticed_at=now,
                    until=None,
                    incident="",
                )
            )
    return found


def _told(session: Session, register: Register, now: Instant) -> list[Loss]:
    """Whose connection the broker says is gone; not of devices that somebody has put out of use, nor of unknown ones."""
    rows = [(DeviceAddress.parse(row.device), row) for row in queries.new_absences(session, now - _BACK)]
    in_use = {device for device, _ in rows if device in register.devices and register.devices[device].enabled}
    return [
        Loss(device=device, heard_at=row.since, missed_at=row.since, noticed_at=now, until=row.until, incident="")
        for device, row in rows
        if device in in_use
    ]


def _notice(session: Session, register: Register, now: Instant, since: Instant) -> None:
    for device, lost_at, at in queries.heard_again(session):
        queries.end(session, device, lost_at, at)
        log.info("device-heard-again", device=device, lost_at=lost_at)
    known = queries.lost_since(session, now - _BACK)
    new = [*_told(session, register, now), *_overdue(session, register, now, since)]
    for loss in sorted(new, key=lambda each: (each.missed_at, each.device)):
        noticed = replace(loss, incident=incident_of(loss, known))
        queries.add(session, noticed)
        known.append(noticed)
        log.warning("device-lost", device=str(loss.device), heard_at=loss.heard_at, incident=noticed.incident)
