"""What is so at the gates while one batch is decided: read where it matters, and kept true with each that is let in.

For one transaction. Everything that two processes could both take the last of is locked before it is read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection

from gateway.checks.circumstances import (
    ESCORT_WITHIN,
    NOTHING_PARTICULAR,
    PLATE_WITHIN,
    SECOND_WITHIN,
    Circumstances,
    Closed,
    LaneBusy,
    rights_of,
)
from gateway.checks.question import Inside, area_entered
from gateway.checks.rules import person_subject
from gateway.checks.shown import PermitShown, PinShown
from gateway.checks.snapshot import Snapshot
from gateway.circumstances import queries
from gateway.circumstances.queries import Place, Recent, Tries
from gateway.journal.asked import Asked
from gateway.presence import queries as presence
from gateway.presence.queries import Subject
from registry.access.facts import AreaFacts, CredentialKind, Direction, LaneFacts
from registry.clock import Instant
from registry.ids import AreaId, CredentialId, GateId, LaneId, SiteId
from registry.messages.reasons import Reason, Verdict
from registry.store.prepared import Bare

WRONG_TRIES = 5
"""So many wrong PINs in a row raise a signal (GB 50396-2007, 5.1.5) and block the reader."""
BLOCKED_FOR = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(minutes=10)
"""Wrong PINs longer ago than this are not in a row with another."""
_PEOPLE = frozenset({CredentialKind.CARD, CredentialKind.QR, CredentialKind.PIN})


@dataclass(slots=True)
class Surroundings:
    """The gates as they are in this transaction. `inside`: where everybody is by now; the batch changes it."""

    connection: Connection | Bare
    snapshot: Snapshot
    now: Instant
    closed: Mapping[AreaId, Closed]
    inside: dict[Subject, Inside | None] = field(default_factory=dict)
    before: dict[Subject, Inside] = field(default_factory=dict)
    """Where they were when the transaction began."""
    tries: dict[Place, Tries] = field(default_factory=dict)
    used: set[CredentialId] = field(default_factory=set)
    """Of which credentials this batch has changed `uses`."""
    uses: dict[CredentialId, int] = field(default_factory=dict)
    _counts: dict[tuple[SiteId, AreaId], list[int]] = field(default_factory=dict)
    """People and vehicles in an area."""
    _lanes: dict[LaneId, LaneBusy | None] = field(default_factory=dict)
    _recent: dict[GateId, list[Recent]] = field(default_factory=dict)
    _came: dict[GateId, list[Recent]] = field(default_factory=dict)
    """In this batch, at gates of which nobody has asked yet who came."""

    def read(self, asked: Iterable[Asked]) -> None:
        """Lock what these attempts may take the last of, then find out where everybody is of whom they ask."""
        asked = list(asked)
        queries.lock(self.connection, [name for one in asked for name in self._contested(one)])
        subjects = {one.subject for one in asked}.union(*map(self._watched, asked))
        self.before = presence.seen(self.connection, subjects)
        self.inside = dict(self.before)

    def of(self, asked: Asked) -> Circumstances:
        """What is so for one attempt."""
        credential, lane = asked.credential, asked.lane
        if credential is None:
            return NOTHING_PARTICULAR
        found: dict[str, object] = {}
        if (closed := self.closed_to(lane, asked.attempt.direction)) is not None:
            found["closed"] = closed
        if isinstance(asked.shown, PinShown) and (until := self._tries(asked).blocked_until) is not None:
            found["blocked_until"] = until
        if lane.interlock and (busy := self._busy(asked)) is not None:
            found["lane"] = busy
        if asked.attempt.direction is Direction.IN:
            if isinstance(asked.shown, PermitShown) and (plate := self._plate_at(asked)) is not None:
                found["plate_read"] = plate
                found["plate_is_the_permits"] = plate == credential.key or plate in self.snapshot.sharing(credential)
            if asked.shown.kind in _PEOPLE:
                self._of_a_person(asked, found)
            if credential.entries_allowed is not None:
                found["uses"] = self._used(credential.id)
            if (area := self._area(asked)) is not None:
                self._room(asked, area, found)
            plates = self.snapshot.sharing(credential)
            sharing = next((one for one in sorted(plates) if self.inside.get((asked.gate.site, f"plate:{one}"))), None)
            if sharing is not None:
                found["sharing"] = sharing
        return Circumstances(**found) if found else NOTHING_PARTICULAR  # type: ignore[arg-type]

    def closed_to(self, lane: LaneFacts, direction: Direction) -> Closed | None:
        """What asks for clearance of who comes in by a lane; who goes out is asked for none."""
        if not self.closed or direction is Direction.OUT:
            return None
        return self.closed.get(area_entered(lane, direction))

    def move(self, subject: Subject, inside: Inside | None) -> None:
        """Count somebody where they are now."""
        was = self.inside.get(subject)
        place = presence.is_vehicle(subject[1])
        for there, change in ((was, -1), (inside, 1)):
            if there is not None and (counts := self._counts.get((subject[0], there.area))) is not None:
                counts[place] += change
        self.inside[subject] = inside

    def came(self, one: Recent, gate: GateId) -> None:
        """Somebody was let in, or waits for a second person; those who come next may be asked about it."""
        those = self._recent if gate in self._recent else self._came
        those.setdefault(gate, []).append(one)

    def use(self, credential: CredentialId) -> None:
        self.uses[credential] = self._used(credential) + 1
        self.used.add(credential)

    def occupy(self, lane: LaneId) -> None:
        """Somebody was let in whom the sensor has not seen yet."""
        self._lanes[lane] = LaneBusy.CROSSING

    def tried(self, asked: Asked, *, wrong: bool) -> bool:
        """A PIN was typed. Whether it was the last wrong one in a row, and a signal is due."""
        known = self._tries(asked)
        if not wrong:
            known.count, known.last_at, known.blocked_until = 0, None, None
            return False
        if known.blocked_until is not None and self.now < known.blocked_until:
            return False
        if known.last_at is not None and self.now - known.last_at > FORGOTTEN_AFTER:
            known.count = 0
        known.count, known.last_at, known.blocked_until = known.count + 1, self.now, None
        if known.count < WRONG_TRIES:
            return False
        known.count, known.blocked_until = 0, self.now + BLOCKED_FOR
        return True

    def second_of(self, asked: Asked) -> Recent | None:
        """Another person who waits at the lane for a second, the last to come; not one who has come in since."""
        site, area = asked.gate.site, area_entered(asked.lane, asked.attempt.direction)
        for one in reversed(self._recently(asked.gate.id)):
            waits = one.reason is Reason.SECOND_PERSON_MISSING and one.settled is None
            is_near = one.lane == asked.lane.id and self.now - one.at <= SECOND_WITHIN
            if waits and is_near and one.subject != asked.subject[1]:
                self.where_was((site, one.subject))
                there = self.inside[site, one.subject]
                came_in_since = there is not None and there.area == area and there.since >= one.at
                if not came_in_since and self._has_a_use(one):
                    return one
        return None

    def is_limited(self, credential: CredentialId | None) -> bool:
        """Whether it lets in so many times only."""
        known = None if credential is None else self.snapshot.credentials.get(credential)
        return known is not None and known.entries_allowed is not None

    def _has_a_use(self, waiting: Recent) -> bool:
        known = None if waiting.credential is None else self.snapshot.credentials.get(waiting.credential)
        if known is None or known.entries_allowed is None:
            return True
        queries.lock(self.connection, [queries.use_of(known.id)])
        return self._used(known.id) < known.entries_allowed

    def settled(self, gate: GateId, waiting: Recent) -> None:
        """The second person came."""
        those = self._recently(gate)
        those[those.index(waiting)] = waiting._replace(settled=Verdict.GRANTED)

    def where_was(self, subject: Subject) -> None:
        """Find out where somebody is of whom no attempt of this batch asks."""
        if subject not in self.inside:
            self.before |= presence.seen(self.connection, [subject])
            self.inside[subject] = self.before.get(subject)

    def _of_a_person(self, asked: Asked, found: dict[str, object]) -> None:
        area = self._area(asked)
        if asked.credential is not None and rights_of(asked.credential).needs_escort:
            escort = self._escort(asked.gate.id)
            if escort is not None:
                found["escort"] = escort.id
        if area is None:
            return
        if area.two_person:
            found["asks_for_two"] = True
            if (second := self.second_of(asked)) is not None:
                found["beside"] = second.id
        if area.first_person:
            found["first_is_in"] = any(self._is_in(asked.gate.site, area.id, one) for one in self._first_subjects())

    def _room(self, asked: Asked, area: AreaFacts, found: dict[str, object]) -> None:
        is_vehicle = asked.shown.kind not in _PEOPLE
        capacity = area.capacity_vehicles if is_vehicle else area.capacity_people
        if capacity is not None:
            key = asked.gate.site, area.id
            if key not in self._counts:
                self._counts[key] = self._counted(key)
            # Who waits for this one as the second comes in too.
            counted = self._counts[key][is_vehicle] + ("beside" in found)
            found["capacity"], found["counted"] = capacity, counted

    def _counted(self, key: tuple[SiteId, AreaId]) -> list[int]:
        """How many people and vehicles are in an area by now: those of the store, with what this batch has changed."""
        there = list(presence.counted(self.connection, *key))
        for subject, now in self.inside.items():
            was = self.before.get(subject)
            if subject[0] == key[0]:
                change = (now is not None and now.area == key[1]) - (was is not None and was.area == key[1])
                there[presence.is_vehicle(subject[1])] += change
        return there

    def _area(self, asked: Asked) -> AreaFacts | None:
        return self.snapshot.area(area_entered(asked.lane, asked.attempt.direction))

    def _is_in(self, site: SiteId, area: AreaId, subject: str) -> bool:
        there = self.inside.get((site, subject))
        return there is not None and there.area == area

    def _first_subjects(self) -> list[str]:
        return [person_subject(person) for person in self.snapshot.first_people]

    def _plate_at(self, asked: Asked) -> str | None:
        """The plate that stands at the lane, as its camera reads it; not one that has been let in since."""
        read = queries.plate_read(self.connection, asked.gate.site, asked.lane.id)
        if read is None or not timedelta(0) <= self.now - read[1] <= PLATE_WITHIN:
            return None
        since = (one for one in self._recently(asked.gate.id) if one.lane == asked.lane.id and one.at >= read[1])
        has_gone = any(Verdict.GRANTED in (one.verdict, one.settled) for one in since)
        return None if has_gone else read[0]

    def _escort(self, gate: GateId) -> Recent | None:
        for one in reversed(self._recently(gate)):
            came_in = Verdict.GRANTED in (one.verdict, one.settled)
            if came_in and one.holder in self.snapshot.escorts and self.now - one.at <= ESCORT_WITHIN:
                return one
        return None

    def _recently(self, gate: GateId) -> list[Recent]:
        if gate not in self._recent:
            before = queries.recent(self.connection, gate, self.now, max(ESCORT_WITHIN, SECOND_WITHIN))
            self._recent[gate] = before + self._came.pop(gate, [])
        return self._recent[gate]

    def _tries(self, asked: Asked) -> Tries:
        place = place_of(asked)
        if place not in self.tries:
            known = self.tries[place] = queries.tries(self.connection, place)
            if known.blocked_until is not None and known.blocked_until - self.now > BLOCKED_FOR:
                known.blocked_until = None  # the clock was ahead, and has been put right since
        return self.tries[place]

    def _used(self, credential: CredentialId) -> int:
        if credential not in self.uses:
            self.uses[credential] = queries.uses(self.connection, credential)
        return self.uses[credential]

    def _busy(self, asked: Asked) -> LaneBusy | None:
        lane = asked.lane.id
        if lane not in self._lanes:
            barrier, is_crossed = queries.busy_lane(self.connection, asked.gate.site, lane)
            crossing = LaneBusy.CROSSING if is_crossed else None
            self._lanes[lane] = LaneBusy(barrier) if barrier is not None else crossing
        return self._lanes[lane]

    def _watched(self, asked: Asked) -> set[Subject]:
        """Of whom else an attempt asks where they are."""
        site, credential = asked.gate.site, asked.credential
        if credential is None or asked.attempt.direction is Direction.OUT:
            return set()
        others = {(site, f"plate:{plate}") for plate in self.snapshot.sharing(credential)}
        area = self._area(asked)
        if area is not None and area.first_person and asked.shown.kind in _PEOPLE:
            others |= {(site, subject) for subject in self._first_subjects()}
        return others

    def _contested(self, asked: Asked) -> Iterable[str]:
        """Names of what two processes could both take the last of."""
        credential, site = asked.credential, asked.gate.site
        if isinstance(asked.shown, PinShown):
            yield f"tries {site} {place_of(asked)[1]}"
        if asked.lane.interlock:
            yield queries.lane_of(asked.lane.id)
        if credential is None or asked.attempt.direction is Direction.OUT:
            return
        if credential.entries_allowed is not None:
            yield queries.use_of(credential.id)
        if credential.permit is not None and self.snapshot.sharing(credential):
            yield f"permit {credential.permit}"
        area = self._area(asked)
        if area is not None and (area.capacity_people is not None or area.capacity_vehicles is not None):
            yield f"area {area.id}"
        if area is not None and area.two_person:
            yield queries.lane_of(asked.lane.id)


def place_of(asked: Asked) -> Place:
    """Where wrong PINs are counted: at the reader, or in the lane where none is named."""
    return asked.gate.site, asked.attempt.reader or asked.lane.id
