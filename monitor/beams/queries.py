"""What beams said lately, and the record of walk tests."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from monitor.beams.models import WalkTest, WalkTestResult
from monitor.beams.rules import BEFORE_THAT, DEGRADED, INTERRUPTED, SINCE_THEN, STANDING, TESTED, Level
from monitor.signals.models import DevicePresenceRow, SignalRow
from registry.clock import Instant
from registry.ids import DeviceAddress, SiteId
from registry.messages.events import BeamInterrupted, Phase


class Said(NamedTuple):
    """An interruption that a pair told of."""

    beam: DeviceAddress
    at: Instant
    data: BeamInterrupted


def interruptions(
    session: Session, beams: Collection[DeviceAddress], *, since: Instant, until: Instant
) -> Sequence[Said]:
    """What began in `since <= occurred_at <= until`, by event time."""
    rows = session.execute(
        select(SignalRow.device, SignalRow.occurred_at, SignalRow.data)
        .where(SignalRow.device.in_([str(beam) for beam in beams]), SignalRow.type == INTERRUPTED)
        .where(SignalRow.occurred_at >= since, SignalRow.occurred_at <= until)
        .order_by(SignalRow.occurred_at, SignalRow.position)
    )
    return [
        Said(DeviceAddress.parse(device), at, BeamInterrupted.model_validate_json(data)) for device, at, data in rows
    ]


def standing(
    session: Session, beams: Collection[DeviceAddress], *, since: Instant
) -> Mapping[DeviceAddress, Mapping[str, Instant]]:
    """Of each pair the types whose last word since then was a start, with its moment."""
    rows = session.execute(
        select(SignalRow.device, SignalRow.type, SignalRow.occurred_at, SignalRow.data)
        .where(SignalRow.device.in_([str(beam) for beam in beams]), SignalRow.type.in_(STANDING))
        .where(SignalRow.occurred_at >= since)
        .order_by(SignalRow.occurred_at, SignalRow.position)
    )
    found: dict[DeviceAddress, dict[str, Instant]] = defaultdict(dict)
    for device, type_, at, data in rows:
        last = found[DeviceAddress.parse(device)]
        last.pop(type_, None)
        if orjson.loads(data).get("state") == Phase.START:
            last[type_] = at
    return found


def levels(
    session: Session, beams: Collection[DeviceAddress], *, now: Instant
) -> Mapping[DeviceAddress, Sequence[Level]]:
    """The levels that each pair told in the stretches that a trend looks at."""
    rows = session.execute(
        select(SignalRow.device, SignalRow.occurred_at, SignalRow.data)
        .where(SignalRow.device.in_([str(beam) for beam in beams]), SignalRow.type.in_((DEGRADED, INTERRUPTED)))
        .where(SignalRow.occurred_at > now - SINCE_THEN - BEFORE_THAT, SignalRow.occurred_at <= now)
        .order_by(SignalRow.occurred_at, SignalRow.position)
    )
    found: dict[DeviceAddress, list[Level]] = defaultdict(list)
    for device, at, data in rows:
        level = orjson.loads(data).get("level_db")
        if isinstance(level, int | float):
            found[DeviceAddress.parse(device)].append(Level(at, float(level)))
    return found


def connections(session: Session, beams: Collection[DeviceAddress]) -> Mapping[DeviceAddress, bool | None]:
    """Whether each pair is connected, as it last said."""
    rows = session.execute(
        select(DevicePresenceRow.device, DevicePresenceRow.online).where(
            DevicePresenceRow.device.in_([str(beam) for beam in beams])
        )
    )
    return {DeviceAddress.parse(device): online for device, online in rows}


def last_tested(
    session: Session, beams: Collection[DeviceAddress], *, since: Instant
) -> Mapping[DeviceAddress, Instant]:
    """When each pair was last broken on purpose and heard: in one of our tests, or in one that it ran itself and passed."""
    names = [str(beam) for beam in beams]
    ours = session.execute(
        select(WalkTestResult.device, func.max(WalkTestResult.heard_at))
        .where(WalkTestResult.device.in_(names))
        .group_by(WalkTestResult.device)
    )
    found = {DeviceAddress.parse(device): at for device, at in ours if at is not None}
    own = session.execute(
        select(SignalRow.device, SignalRow.occurred_at, SignalRow.data)
        .where(SignalRow.device.in_(names), SignalRow.type == TESTED, SignalRow.occurred_at >= since)
        .order_by(SignalRow.occurred_at)
    )
    for device, at, data in own:
        beam = DeviceAddress.parse(device)
        if orjson.loads(data).get("passed") is True and at > found.get(beam, since):
            found[beam] = at
    return found


def open_test(session: Session, site: SiteId) -> WalkTest | None:
    return session.scalar(
        select(WalkTest).where(WalkTest.site == site, WalkTest.ended_at.is_(None)).order_by(WalkTest.started_at.desc())
    )


class Ended(NamedTuple):
    """A finished test: of how many pairs, and how many were heard."""

    test: WalkTest
    pairs: int
    heard: int


def ended_tests(session: Session, site: SiteId, *, limit: int) -> Sequence[Ended]:
    """The newest first."""
    counted = (
        select(WalkTest, func.count(WalkTestResult.device), func.count(WalkTestResult.heard_at))
        .outerjoin(WalkTestResult, WalkTestResult.test == WalkTest.id)
        .where(and_(WalkTest.site == site, WalkTest.ended_at.is_not(None)))
        .group_by(WalkTest.id)
        .order_by(WalkTest.started_at.desc())
        .limit(limit)
    )
    return [Ended(test, pairs, heard) for test, pairs, heard in session.execute(counted)]


def test_by_id(session: Session, test: UUID) -> WalkTest | None:
    return session.get(WalkTest, test)


def results(session: Session, test: UUID) -> Mapping[DeviceAddress, Instant | None]:
    """What a finished test found, in the order of addresses."""
    rows = session.execute(
        select(WalkTestResult.device, WalkTestResult.heard_at)
        .where(WalkTestResult.test == test)
        .order_by(WalkTestResult.device)
    )
    return {DeviceAddress.parse(device): at for device, at in rows}
