"""What the gates know: the registry's facts in memory, immutable, at one version of each site."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol, Self
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from gateway.checks.foreseen import Foreseen
from gateway.checks.known import Key, Known, keys_of
from gateway.checks.standing import NO_SCHEDULES, Schedule, schedules_at
from registry.access.facts import (
    AccessChanges,
    AccessFacts,
    AreaFacts,
    CredentialFacts,
    CredentialKind,
    DenyEntry,
    Direction,
    GateFacts,
    Passback,
)
from registry.access.roll import Roll
from registry.calendar.rules import NOTHING_KNOWN
from registry.clock import Clock, Instant
from registry.ids import AreaId, CredentialId, GateId, PersonId, SiteId
from registry.memory import without_collecting
from registry.problems import Unavailable

log = structlog.get_logger()
MOST_CHANGED = 5_000
"""When more credentials than this changed since the roll was read, it is read anew: what changed takes more room than a roll."""


class AccessFeed(Protocol):
    """The registry, as a gateway hears it."""

    def load(self) -> AccessFacts:
        """All facts, now."""
        ...

    def changes(self, since: Mapping[SiteId, int]) -> AccessChanges:
        """What became different after these versions; the same versions and nothing else when nothing did."""
        ...


class NothingKnown(Unavailable):
    slug = "nothing-known"
    title = "The gate has not heard from the registry yet"


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The facts, indexed by what is shown at a gate. A change makes a new one; who holds the old one keeps it whole."""

    facts: AccessFacts
    credentials: Known
    denied: Mapping[UUID, DenyEntry]
    denied_by_key: Mapping[Key, tuple[DenyEntry, ...]]
    timezones: Mapping[SiteId, ZoneInfo]

    @classmethod
    def of(cls, facts: AccessFacts) -> Self:
        credentials = Known(Roll.of(facts.credentials))
        denied = {entry.id: entry for entry in facts.denied}
        # The lists live in the indexes from here on: kept here too they would be a second truth.
        facts = replace(facts, credentials=(), denied=())
        timezones = {site: ZoneInfo(name) for site, name in facts.timezones.items()}
        return cls(
            facts=facts,
            credentials=credentials,
            denied=denied,
            denied_by_key=_indexed(denied.values()),
            timezones=timezones,
        )

    def apply(self, changes: AccessChanges) -> "Snapshot":
        """The facts after these changes. Sites, gates and areas stay as they are: see `AccessChanges.structure_changed`."""
        facts = replace(
            self.facts,
            versions={**self.facts.versions, **changes.versions},
            levels=self.facts.levels if changes.levels is None else changes.levels,
            calendars=self.facts.calendars if changes.calendars is None else changes.calendars,
        )
        credentials = self.credentials.after(changes.credentials, changes.removed_credentials)
        denied = _changed(self.denied, changes.denied, changes.removed_denied)
        denied_by_key = _indexed(denied.values()) if changes.denied or changes.removed_denied else self.denied_by_key
        after = replace(self, facts=facts, credentials=credentials, denied=denied, denied_by_key=denied_by_key)
        # The property would begin with nothing.
        after.__dict__["foreseen"] = self.foreseen.after(facts, credentials, denied_by_key, self._touched(changes))
        return after

    def _touched(self, changes: AccessChanges) -> set[Key]:
        """The keys of what changes, before and after."""
        gone = {*changes.removed_credentials, *(one.id for one in changes.credentials)}
        before = (self.credentials[id_] for id_ in gone if id_ in self.credentials)
        keys = {key for one in (*before, *changes.credentials) for key in keys_of(one)}
        no_longer = {*changes.removed_denied, *(line.id for line in changes.denied)}
        lines = (self.denied[id_] for id_ in no_longer if id_ in self.denied)
        return keys | {(line.kind, line.key) for line in (*lines, *changes.denied)}

    def gate(self, gate: GateId) -> GateFacts | None:
        return self.facts.gates.get(gate)

    def version(self, site: SiteId) -> int:
        return self.facts.versions[site]

    def with_key(self, kind: CredentialKind, key: str) -> tuple[CredentialFacts, ...]:
        return self.credentials.with_key(kind, key)

    def schedules(
        self, credentials: Iterable[CredentialFacts], gate: GateFacts, now: Instant
    ) -> Mapping[CredentialId, Schedule]:
        """What the levels of these credentials say at a gate, of those that have levels."""
        with_levels = [credential for credential in credentials if credential.levels]
        if not with_levels:
            return NO_SCHEDULES
        return schedules_at(
            with_levels,
            gate.id,
            now.astimezone(self.timezones[gate.site]),
            levels=self.facts.levels,
            calendar=self.facts.calendars.get(gate.site, NOTHING_KNOWN),
        )

    def denied_with_key(self, kind: CredentialKind, key: str) -> tuple[DenyEntry, ...]:
        return self.denied_by_key.get((kind, key), ())

    def area(self, area: AreaId) -> AreaFacts | None:
        """What the area asks of who comes in; None: nobody is counted there."""
        return self.facts.areas.get(area)

    def areas_entered(self, site: SiteId) -> frozenset[AreaId]:
        """The areas into which the gates of a site let somebody in."""
        gates = (gate for gate in self.facts.gates.values() if gate.site == site)
        return frozenset(lane.to_area for gate in gates for lane in gate.lanes if lane.direction is not Direction.OUT)

    def passback(self, area: AreaId, kind: CredentialKind) -> Passback:
        """What the area does about this kind of subject; what is no counted area does nothing."""
        policy = self.facts.areas.get(area)
        if policy is None:
            return Passback.OFF
        return policy.passback_vehicles if kind is CredentialKind.PLATE else policy.passback_people

    def sharing(self, credential: CredentialFacts) -> frozenset[str]:
        """The other plates of a vehicle's permit."""
        if credential.permit is None:
            return frozenset()
        own = self.credentials.get(credential.permit)
        beside = self.credentials.beside(credential.permit)
        plates = {one.key for one in beside} | ({own.key} if own is not None else set())
        return frozenset(plates - {credential.key})

    @cached_property
    def foreseen(self) -> Foreseen:
        """What the rules say of these facts, kept from the first time that they are asked."""
        return Foreseen(self.facts, self.timezones, self.credentials, self.denied_by_key)

    @cached_property
    def escorts(self) -> frozenset[PersonId]:
        """Who may escort others."""
        return frozenset(one for one, rights in self.credentials.people_with_rights().items() if rights.may_escort)

    @cached_property
    def first_people(self) -> frozenset[PersonId]:
        """Who may be the first in an area."""
        return frozenset(one for one, rights in self.credentials.people_with_rights().items() if rights.first_person)


class SnapshotKeeper:
    """Holds the newest snapshot. One thread polls; any thread reads `snapshot`, which is replaced whole."""

    def __init__(self, feed: AccessFeed, clock: Clock, *, most_changed: int = MOST_CHANGED) -> None:
        self._feed = feed
        self._most_changed = most_changed
        self._clock = clock
        self._snapshot: Snapshot | None = None
        self.heard_at: Instant | None = None
        """When the registry last answered, be it that nothing changed."""

    @property
    def snapshot(self) -> Snapshot:
        """The newest facts.

        Raises:
            NothingKnown: the registry has not answered once since the start.

        """
        if self._snapshot is None:
            raise NothingKnown("Nothing is known of passes yet. Wait a few seconds and show it again.")
        return self._snapshot

    def poll(self) -> None:
        """Ask the registry once; whatever the feed raises is raised on, and the facts stay as they were."""
        if self._snapshot is None:
            self._load()
        else:
            changes = self._feed.changes(self._snapshot.facts.versions)
            if changes.structure_changed:
                self._load()
            elif changes.versions != self._snapshot.facts.versions:
                after = self._snapshot.apply(changes)
                if after.credentials.changes > self._most_changed:
                    self._load()
                else:
                    self._snapshot = after
        self.heard_at = self._clock.now()

    def _load(self) -> None:
        with without_collecting():
            facts = self._feed.load()
            self._snapshot = Snapshot.of(facts)
        log.info("access-facts-loaded", credentials=len(facts.credentials), gates=len(facts.gates))


def _indexed(lines: Iterable[DenyEntry]) -> Mapping[Key, tuple[DenyEntry, ...]]:
    found: dict[Key, tuple[DenyEntry, ...]] = {}
    for line in lines:
        key = line.kind, line.key
        found[key] = (*found.get(key, ()), line)
    return found


def _changed(
    known: Mapping[UUID, DenyEntry], new: Iterable[DenyEntry], removed: Collection[UUID]
) -> Mapping[UUID, DenyEntry]:
    return {id_: line for id_, line in known.items() if id_ not in removed} | {line.id: line for line in new}
