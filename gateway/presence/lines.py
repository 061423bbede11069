"""The muster list: everybody who may be inside a compound, each sure or doubted, with the ground for it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from gateway.checks.snapshot import Snapshot
from gateway.checks.standing import Moment
from gateway.entries.models import PassageState
from gateway.presence import records
from gateway.presence.models import PresenceLimit
from gateway.presence.records import Doubtful, Ground, Stray
from gateway.presence.rules import (
    DEFAULT_LIMITS,
    Kind,
    Known,
    Standing,
    assess,
    has_ended,
    kind_of,
    learned_limit,
    passed_together,
)
from registry.access.facts import CredentialFacts, CredentialKind, Direction
from registry.clock import Instant
from registry.ids import AreaId, CredentialId, GateId, LaneId, PersonId, SiteId
from registry.messages.reasons import Reason
from registry.plates.grammar import Plate, parse_plate

UNNAMED_FOR = timedelta(hours=12)
"""Who came in without a check is looked for so long; nobody sees him leave."""


class LimitBy(StrEnum):
    """Whence it is known how long a kind is surely inside."""

    SAID = "said"
    """The compound's officer has said it."""
    LEARNED = "learned"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """For how long somebody of a kind is surely inside."""

    lasts: timedelta
    by: LimitBy


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One that may be inside."""

    subject: str
    kind: Kind
    is_named: bool
    """False: somebody passed and nobody knows who."""
    holder_id: PersonId | None
    name: str | None
    shown_kind: CredentialKind | None
    shown: str
    """A plate as it stands on the vehicle, a card by its number; empty: nothing that one could read."""
    unit_zh: str | None
    unit_en: str | None
    area: AreaId
    gate: GateId
    """Where it was seen last, at `since`."""
    since: Instant
    entry_id: UUID | None
    standing: Standing
    forgiven_at: Instant | None = None

    @property
    def is_vehicle(self) -> bool:
        return self.kind is Kind.VEHICLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """All that may be inside a compound at a moment: by unit, then by name."""

    site: SiteId
    at: Instant
    lines: Sequence[Line]
    limits: Mapping[Kind, Limit]


def who_is_inside(session: Session, snapshot: Snapshot | None, site: SiteId, now: Instant) -> Inside:
    """Everybody who may be inside; nobody is left out because it is doubtful.

    `snapshot` None: nothing was heard from the registry yet. Who must be looked for in a fire is known without it.
    """
    limits = limits_of(session, snapshot, site)
    reading = _Reading(snapshot, site, now, {kind: limit.lasts for kind, limit in limits.items()})
    since = now - records.LOOK_BACK
    lines = reading.lines(
        records.inside(session, site),
        records.leaving(session, site),
        _of_each(records.doubtful(session, site, since)),
        records.strays(session, site, since),
    )
    unseen = [line.subject for line in lines if line.subject not in reading.counted and line.is_named]
    passed = records.last_let_through(session, site, unseen, since) if unseen else {}
    # Who was let in, was not seen to pass, and was let through since is where that entry says.
    found = [line for line in lines if line.subject not in passed or passed[line.subject] <= line.since]
    return Inside(site=site, at=now, lines=sorted(found, key=_by_unit_and_name), limits=limits)


def limits_of(session: Session, snapshot: Snapshot | None, site: SiteId) -> Mapping[Kind, Limit]:
    """For how long each kind is surely inside: as somebody said, else as the last stays teach, else as usual."""
    stays: dict[Kind, list[timedelta]] = defaultdict(list)
    missed: dict[Kind, int] = defaultdict(int)
    for crossing in records.crossings(session, site):
        known = _credential(snapshot, crossing.credential_id)
        kind = kind_of(known, crossing.credential_kind)
        if crossing.stay is None:
            missed[kind] += 1
        else:
            stays[kind].append(crossing.stay)
    said = records.limits_said(session, site)
    return {kind: _limit(kind, said, learned_limit(stays[kind], missed[kind])) for kind in Kind}


def _limit(kind: Kind, said: Mapping[Kind, PresenceLimit], learned: timedelta | None) -> Limit:
    if kind in said:
        return Limit(lasts=timedelta(hours=said[kind].hours), by=LimitBy.SAID)
    if learned is not None:
        return Limit(lasts=learned, by=LimitBy.LEARNED)
    return Limit(lasts=DEFAULT_LIMITS[kind], by=LimitBy.DEFAULT)


class _Reading:
    """Makes lines of records, on one snapshot at one moment."""

    def __init__(self, snapshot: Snapshot | None, site: SiteId, now: Instant, limits: Mapping[Kind, timedelta]) -> None:
        self._snapshot = snapshot
        self._site = site
        self._now = now
        self._limits = limits
        self.counted: set[str] = set()
        """Who is counted inside, and is not only doubted to be."""

    def lines(
        self,
        inside: Sequence[Ground],
        leaving: Sequence[Ground],
        doubtful: Mapping[str, Sequence[Doubtful]],
        strays: Sequence[Stray],
    ) -> list[Line]:
        self.counted = {ground.subject for ground in inside}
        came: dict[LaneId, list[Instant]] = defaultdict(list)
        for stray in strays:
            if stray.direction is Direction.IN:
                came[stray.lane].append(stray.at)
        lines = [self._counted(ground, doubtful.get(ground.subject, ()), came) for ground in inside]
        lines += [self._line(ground, not_seen_out=True) for ground in leaving]
        self.counted.update(ground.subject for ground in leaving)
        for subject, found in doubtful.items():
            came_unseen = [one.ground for one in found if one.direction is Direction.IN and not one.was_refused]
            if subject not in self.counted and came_unseen:
                lines.append(self._line(came_unseen[-1], not_seen_in=True))
        oldest = self._now - UNNAMED_FOR
        lines += [self._unnamed(one) for one in strays if one.direction is Direction.IN and one.at >= oldest]
        return lines

    def _counted(self, ground: Ground, doubtful: Sequence[Doubtful], came: Mapping[LaneId, Sequence[Instant]]) -> Line:
        later = [one for one in doubtful if one.ground.decided_at > ground.since]
        return self._line(
            ground,
            is_passing=ground.passage is PassageState.PENDING,
            not_seen_in=ground.passage is PassageState.TIMED_OUT,
            not_seen_out=any(one.direction is Direction.OUT and not one.was_refused for one in later),
            was_inside=ground.reason is Reason.OK_SOFT_PASSBACK,
            tried_again=any(one.was_refused for one in later),
            not_alone=passed_together(ground.decided_at, came.get(ground.lane, ())),
        )

    def _line(self, ground: Ground, **doubts: bool) -> Line:
        credential = _credential(self._snapshot, ground.credential_id)
        kind = kind_of(credential, ground.credential_kind)
        ended = self._has_ended(ground, credential)
        known = Known(kind=kind, since=ground.since, credential_ended=ended, **doubts)
        return Line(
            subject=ground.subject,
            kind=kind,
            is_named=True,
            holder_id=ground.holder_id,
            name=ground.name,
            shown_kind=ground.credential_kind,
            shown=written(ground.credential_kind, ground.credential_key),
            unit_zh=ground.unit_zh,
            unit_en=ground.unit_en,
            area=ground.area,
            gate=ground.gate,
            since=ground.since,
            entry_id=ground.entry_id,
            standing=assess(known, self._limits, self._now),
            forgiven_at=ground.forgiven_at,
        )

    def _has_ended(self, ground: Ground, credential: CredentialFacts | None) -> bool:
        if self._snapshot is None or ground.credential_id is None:
            return False
        if credential is None:  # it was there when it let in
            return True
        timezone = self._snapshot.timezones[self._site]
        return has_ended(credential, Moment(site=self._site, gate=ground.gate, now=self._now, timezone=timezone))

    def _unnamed(self, stray: Stray) -> Line:
        gate = None if self._snapshot is None else self._snapshot.gate(stray.gate)
        lanes = () if gate is None else gate.lanes
        area = next((lane.to_area for lane in lanes if lane.id == stray.lane), AreaId(""))
        known = Known(kind=Kind.VISITOR, since=stray.at, not_alone=True)
        return Line(
            subject=f"unnamed:{stray.id}",
            kind=Kind.VISITOR,
            is_named=False,
            holder_id=None,
            name=None,
            shown_kind=None,
            shown="",
            unit_zh=None,
            unit_en=None,
            area=area,
            gate=stray.gate,
            since=stray.at,
            entry_id=None,
            standing=assess(known, self._limits, self._now),
        )


def written(kind: CredentialKind, key: str) -> str:
    """What was shown, as a person reads it; a QR pass and a PIN have nothing that one could read."""
    match kind:
        case CredentialKind.PLATE:
            plate = parse_plate(key)
            return plate.display if isinstance(plate, Plate) else key
        case CredentialKind.QR | CredentialKind.PIN | CredentialKind.ID_NUMBER:
            return ""
        case _:
            return key


def _credential(snapshot: Snapshot | None, credential_id: UUID | None) -> CredentialFacts | None:
    return None if credential_id is None or snapshot is None else snapshot.credentials.get(CredentialId(credential_id))


def _of_each(doubtful: Iterable[Doubtful]) -> Mapping[str, Sequence[Doubtful]]:
    found: dict[str, list[Doubtful]] = defaultdict(list)
    for one in doubtful:
        found[one.ground.subject].append(one)
    return found


def _by_unit_and_name(line: Line) -> tuple[bool, str, bool, str, str]:
    unit = line.unit_zh or line.unit_en or ""
    return not unit, unit, line.is_vehicle, line.name or "", line.subject
