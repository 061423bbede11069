"""What the gates know: the registry's facts in memory, immutable, at one version of each site."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol, Self, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from gateway.checks.foreseen import Foreseen, Key
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
from registry.calendar.rules import NOTHING_KNOWN
from registry.clock import Clock, Instant
from registry.ids import AreaId, CredentialId, GateId, PersonId, SiteId
from registry.memory import without_collecting
from registry.problems import Unavailable

log = structlog.get_logger()


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
    credentials: Mapping[CredentialId, CredentialFacts]
    denied: Mapping[UUID, DenyEntry]
    by_key: Mapping[Key, tuple[CredentialFacts, ...]]
    denied_by_key: Mapping[Key, tuple[DenyEntry, ...]]
    timezones: Mapping[SiteId, ZoneInfo]

    @classmethod
    def of(cls, facts: AccessFacts) -> Self:
        credentials = {credential.id: credential for credential in facts.credentials}
        denied = {entry.id: entry for entry in facts.denied}
        # The lists live in the indexes from here on: kept here too they would be a second truth.
        facts = replace(facts, credentials=(), denied=())
        by_key, denied_by_key = _indexed(credentials.values()), _indexed(denied.values())
        timezones = {site: ZoneInfo(name) for site, name in facts.timezones.items()}
        return cls(
            facts=facts,
            credentials=credentials,
            denied=denied,
            by_key=by_key,
            denied_by_key=denied_by_key,
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
        by_key, keys = _indexed_anew(self.by_key, self.credentials, changes.credentials, changes.removed_credentials)
        denied_by_key, denied_keys = _indexed_anew(
            self.denied_by_key, self.denied, changes.denied, changes.removed_denied
        )
        after = replace(
            self,
            facts=facts,
            credentials=_changed(self.credentials, changes.credentials, changes.removed_credentials),
            denied=_changed(self.denied, changes.denied, changes.removed_denied),
            by_key=by_key,
            denied_by_key=denied_by_key,
        )
        # The property would begin with nothing.
        after.__dict__["foreseen"] = self.foreseen.after(facts, by_key, denied_by_key, keys | denied_keys)
        return after

    def gate(self, gate: GateId) -> GateFacts | None:
        return self.facts.gates.get(gate)

    def version(self, site: SiteId) -> int:
        return self.facts.versions[site]

    def with_key(self, kind: CredentialKind, key: str) -> tuple[CredentialFacts, ...]:
        return self.by_key.get((kind, key), ())

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
        beside = self.by_key.get(("beside", str(credential.permit)), ())
        plates = {one.key for one in beside} | ({own.key} if own is not None else set())
        return frozenset(plates - {credential.key})

    @cached_property
    def foreseen(self) -> Foreseen:
        """What the rules say of these facts, kept from the first time that they are asked."""
        return Foreseen(self.facts, self.timezones, self.by_key, self.denied_by_key)

    @cached_property
    def escorts(self) -> frozenset[PersonId]:
        """Who may escort others."""
        holders = (credential.holder for credential in self.credentials.values())
        return frozenset(one.id for one in holders if one is not None and one.rights.may_escort)

    @cached_property
    def first_people(self) -> frozenset[PersonId]:
        """Who may be the first in an area."""
        holders = (credential.holder for credential in self.credentials.values())
        return frozenset(one.id for one in holders if one is not None and one.rights.first_person)


class SnapshotKeeper:
    """Holds the newest snapshot. One thread polls; any thread reads `snapshot`, which is replaced whole."""

    def __init__(self, feed: AccessFeed, clock: Clock) -> None:
        self._feed = feed
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
                self._snapshot = self._snapshot.apply(changes)
        self.heard_at = self._clock.now()

    def _load(self) -> None:
        with without_collecting():
            facts = self._feed.load()
            self._snapshot = Snapshot.of(facts)
        log.info("access-facts-loaded", credentials=len(facts.credentials), gates=len(facts.gates))


Indexed = TypeVar("Indexed", CredentialFacts, DenyEntry)


def _keys(thing: CredentialFacts | DenyEntry) -> tuple[Key, ...]:
    """Under what it is found; a permit also by its number, which stands for its own plate, and a PIN by that of duress."""
    own = (thing.kind, thing.key)
    if not isinstance(thing, CredentialFacts):
        return (own,)
    if thing.duress_key is not None:
        return own, (thing.kind, thing.duress_key)
    keys: list[Key] = [own]
    if thing.permit_number is not None and thing.permit in {None, thing.id}:
        keys.append((CredentialKind.PERMIT, thing.permit_number))
    if thing.permit not in {None, thing.id}:
        keys.append(("beside", str(thing.permit)))
    return tuple(keys)


def _indexed(things: Iterable[Indexed]) -> dict[Key, tuple[Indexed, ...]]:
    found: dict[Key, list[Indexed]] = {}
    for thing in things:
        for key in _keys(thing):
            found.setdefault(key, []).append(thing)
    return {key: tuple(those) for key, those in found.items()}


def _changed(known: Mapping[Any, Indexed], new: Iterable[Indexed], removed: Iterable[UUID]) -> dict[Any, Indexed]:
    things = dict(known)
    for one in removed:
        things.pop(one, None)
    for thing in new:
        things[thing.id] = thing
    return things


def _indexed_anew(
    index: Mapping[Key, tuple[Indexed, ...]],
    known: Mapping[Any, Indexed],
    new: Collection[Indexed],
    removed: Iterable[UUID],
) -> tuple[Mapping[Key, tuple[Indexed, ...]], set[Key]]:
    """The index after a change, and what changed in it. The rest is not looked at: at the gates somebody waits meanwhile."""
    gone: set[UUID] = {*removed, *(thing.id for thing in new)}
    if not gone:
        return index, set()
    things: dict[Key, tuple[Indexed, ...]] = dict(index)
    before = {key for one in gone if one in known for key in _keys(known[one])}
    for key in before:
        left = tuple(thing for thing in things.pop(key) if thing.id not in gone)
        if left:
            things[key] = left
    for thing in new:
        for key in _keys(thing):
            things.setdefault(key, ())
            things[key] += (thing,)
    return things, before.union(*map(_keys, new))
