"""Reading and writing the rows of alarms."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, delete, false, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from monitor.alarms.findings import Evidence, SignalKey, Standing
from monitor.alarms.models import Alarm, AlarmAlias, AlarmContribution, AlarmHistory
from registry.clock import Instant
from registry.ids import AlarmId, DeviceAddress, SiteId
from registry.messages.alarms import AlarmState

_seen = case((Alarm.state == AlarmState.NEW, 0), else_=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in the list: after this alarm. The order is unacknowledged first, then priority, then newest."""

    seen: int
    priority: int
    occurred_at: Instant
    row: int


def place_of(alarm: Alarm) -> Place:
    return Place(
        seen=int(alarm.state is not AlarmState.NEW),
        priority=alarm.priority,
        occurred_at=alarm.occurred_at,
        row=alarm.row,
    )


def listed(
    session: Session, *, sites: Collection[SiteId] | None, only_open: bool, after: Place | None, limit: int
) -> Sequence[Alarm]:
    """Alarms of these sites (None: of all), in the order of the one list."""
    query = select(Alarm).order_by(_seen, Alarm.priority, Alarm.occurred_at.desc(), Alarm.row.desc())
    if sites is not None:
        query = query.where(Alarm.site.in_(sites) if sites else false())
    if only_open:
        query = query.where(Alarm.state != AlarmState.CLOSED)
    if after is not None:
        query = query.where(_behind(after))
    return session.scalars(query.limit(limit)).all()


def _behind(place: Place) -> ColumnElement[bool]:
    return or_(
        _seen > place.seen,
        and_(_seen == place.seen, Alarm.priority > place.priority),
        and_(
            _seen == place.seen,
            Alarm.priority == place.priority,
            or_(
                Alarm.occurred_at < place.occurred_at,
                and_(Alarm.occurred_at == place.occurred_at, Alarm.row < place.row),
            ),
        ),
    )


def by_id(session: Session, alarm_id: AlarmId) -> Alarm | None:
    """The alarm of this id, or the one to which the id leads since earlier evidence came."""
    found = session.scalar(select(Alarm).where(Alarm.id == alarm_id))
    if found is not None:
        return found
    alias = select(AlarmAlias.alarm_row).where(AlarmAlias.id == alarm_id).scalar_subquery()
    return session.scalar(select(Alarm).where(Alarm.row == alias))


def open_by_priority(session: Session) -> Mapping[int, int]:
    """How many alarms are open, by priority; those of which there is none are left out."""
    counts = select(Alarm.priority, func.count()).where(Alarm.state != AlarmState.CLOSED).group_by(Alarm.priority)
    return dict(session.execute(counts.order_by(Alarm.priority)).tuples().all())


def stretches(
    session: Session, rule: str, *, since: Instant, until: Instant
) -> Sequence[tuple[SiteId, Instant, Instant]]:
    """The site, the beginning and the end of what a rule found that was over when it was raised, in this time."""
    query = select(Alarm.site, Alarm.occurred_at, Alarm.raised_at)
    query = query.where(Alarm.rule == rule, Alarm.raised_at > since, Alarm.raised_at <= until)
    return [(site, begin, end) for site, begin, end in session.execute(query.order_by(Alarm.occurred_at))]


def code_is_open(session: Session, code: str) -> bool:
    found = session.scalar(select(Alarm.row).where(Alarm.code == code, Alarm.state != AlarmState.CLOSED))
    return found is not None


def contributions(session: Session, rows: Collection[int]) -> Mapping[int, Sequence[AlarmContribution]]:
    """All signals of these alarms, each alarm's in the order in which they happened."""
    found: dict[int, list[AlarmContribution]] = defaultdict(list)
    query = (
        select(AlarmContribution)
        .where(AlarmContribution.alarm_row.in_(rows))
        .order_by(AlarmContribution.occurred_at, AlarmContribution.device, AlarmContribution.signal_id)
    )
    for contribution in session.scalars(query):
        found[contribution.alarm_row].append(contribution)
    return found


def shown_contributions(
    session: Session, rows: Collection[int], *, each_end: int
) -> Mapping[int, Sequence[AlarmContribution]]:
    """The first and the last `each_end` signals of each of these alarms, in the order in which they happened."""
    place = (AlarmContribution.occurred_at, AlarmContribution.device, AlarmContribution.signal_id)
    backwards = tuple(column.desc() for column in place)
    counted = (
        select(
            AlarmContribution,
            func.row_number().over(partition_by=AlarmContribution.alarm_row, order_by=place).label("first"),
            func.row_number().over(partition_by=AlarmContribution.alarm_row, order_by=backwards).label("last"),
        )
        .where(AlarmContribution.alarm_row.in_(rows))
        .subquery()
    )
    shown = aliased(AlarmContribution, counted)
    query = select(shown).where(or_(counted.c.first <= each_end, counted.c.last <= each_end))
    found: dict[int, list[AlarmContribution]] = defaultdict(list)
    for contribution in session.scalars(query.order_by(counted.c.alarm_row, counted.c.first)):
        found[contribution.alarm_row].append(contribution)
    return found


def signals_of(session: Session, row: int) -> int:
    """How many signals the alarm rests on."""
    counted = select(func.count()).select_from(AlarmContribution).where(AlarmContribution.alarm_row == row)
    return session.scalar(counted) or 0


def history(session: Session, row: int) -> Sequence[AlarmHistory]:
    """What became of the alarm, oldest first."""
    query = select(AlarmHistory).where(AlarmHistory.alarm_row == row)
    return session.scalars(query.order_by(AlarmHistory.at, AlarmHistory.position)).all()


def standing(session: Session, *, site: SiteId, rule: str, key: str, since: Instant) -> Sequence[Standing]:
    """What stands of one rule and key, as far as its last signal or its closing is not before `since`."""
    last_signal = (
        select(AlarmContribution.alarm_row)
        .where(AlarmContribution.alarm_row == Alarm.row, AlarmContribution.occurred_at >= since)
        .exists()
    )
    alarms = session.scalars(
        select(Alarm)
        .where(Alarm.site == site, Alarm.rule == rule, Alarm.key == key)
        .where(or_(Alarm.closed_at >= since, last_signal))
        .order_by(Alarm.occurred_at, Alarm.row)
    ).all()
    signals = contributions(session, [alarm.row for alarm in alarms])
    return [
        Standing(
            id=alarm.id,
            occurred_at=alarm.occurred_at,
            closed_at=alarm.closed_at,
            evidence={evidence.key: evidence for evidence in map(_evidence, signals.get(alarm.row, ()))},
        )
        for alarm in alarms
    ]


def _evidence(contribution: AlarmContribution) -> Evidence:
    return Evidence(
        key=SignalKey(device=DeviceAddress.parse(contribution.device), id=contribution.signal_id),
        type=contribution.type,
        occurred_at=contribution.occurred_at,
    )


def add_evidence(session: Session, row: int, evidence: Collection[Evidence]) -> None:
    """Add those of the signals that the alarm does not rest on yet."""
    known = {
        (device, signal_id)
        for device, signal_id in session.execute(
            select(AlarmContribution.device, AlarmContribution.signal_id).where(AlarmContribution.alarm_row == row)
        )
    }
    session.add_all(
        AlarmContribution(
            alarm_row=row,
            device=str(signal.key.device),
            signal_id=signal.key.id,
            type=signal.type,
            occurred_at=signal.occurred_at,
        )
        for signal in evidence
        if (str(signal.key.device), signal.key.id) not in known
    )
    session.flush()


def absorb(session: Session, *, into: Alarm, absorbed: Alarm) -> None:
    """Make two alarms one: the signals, the history and every id of `absorbed` now belong to `into`."""
    mine, theirs = into.row, absorbed.row
    signals = contributions(session, [theirs]).get(theirs, ())
    moved = [_evidence(signal) for signal in signals]
    session.execute(delete(AlarmContribution).where(AlarmContribution.alarm_row == theirs))
    add_evidence(session, mine, moved)
    session.execute(update(AlarmHistory).where(AlarmHistory.alarm_row == theirs).values(alarm_row=mine))
    session.execute(update(AlarmAlias).where(AlarmAlias.alarm_row == theirs).values(alarm_row=mine))
    session.delete(absorbed)
    session.flush()


def lead(session: Session, alarm_id: AlarmId, row: int) -> None:
    """Make a former id lead to the alarm, if nothing bears it."""
    if session.get(AlarmAlias, alarm_id) is None:
        session.add(AlarmAlias(id=alarm_id, alarm_row=row))
        session.flush()


def stop_leading(session: Session, alarm_id: AlarmId) -> None:
    session.execute(delete(AlarmAlias).where(AlarmAlias.id == alarm_id))
