"""What the gates know: the registry's facts in memory, immutable, at one version of each site."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, Self, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from registry.access.facts import (
    AccessChanges,
    AccessFacts,
    CredentialFacts,
    CredentialKind,
    DenyEntry,
    GateFacts,
    Passback,
)
from registry.clock import Clock, Instant
from registry.ids import AreaId, CredentialId, GateId, SiteId
from registry.problems import Unavailable

log = structlog.get_logger()

Key = tuple[CredentialKind, str]


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


@dataclass(frozen=True, slots=True, kw_only=True)
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
        return cls(
            # The lists live in the indexes from here on: kept here too they would be a second truth.
            facts=replace(facts, credentials=(), denied=()),
            credentials=credentials,
            denied=denied,
            by_key=_indexed(credentials.values()),
            denied_by_key=_indexed(denied.values()),
            timezones={site: ZoneInfo(name) for site, name in facts.timezones.items()},
        )

    def apply(self, changes: AccessChanges) -> "Snapshot":
        """The facts after these changes. Sites, gates and areas stay as they are: see `AccessChanges.structure_changed`."""
        credentials = dict(self.credentials)
        gone = changes.removed_credentials | {credential.id for credential in changes.credentials}
        keys = {_key(credentials[one]) for one in gone if one in credentials}
        for one in gone:
            credentials.pop(one, None)
        credentials.update({credential.id: credential for credential in changes.credentials})
        by_key = dict(self.by_key)
        for key in keys:
            by_key[key] = tuple(one for one in by_key[key] if one.id not in gone)
        for credential in changes.credentials:
            by_key[_key(credential)] = (*by_key.get(_key(credential), ()), credential)
        denied = {one: entry for one, entry in self.denied.items() if one not in changes.removed_denied}
        denied.update({entry.id: entry for entry in changes.denied})
        return replace(
            self,
            facts=replace(self.facts, versions={**self.facts.versions, **changes.versions}),
            credentials=credentials,
            denied=denied,
            by_key={key: found for key, found in by_key.items() if found},
            denied_by_key=_indexed(denied.values()),
        )

    def gate(self, gate: GateId) -> GateFacts | None:
        return self.facts.gates.get(gate)

    def version(self, site: SiteId) -> int:
        return self.facts.versions[site]

    def with_key(self, kind: CredentialKind, key: str) -> tuple[CredentialFacts, ...]:
        return self.by_key.get((kind, key), ())

    def denied_with_key(self, kind: CredentialKind, key: str) -> tuple[DenyEntry, ...]:
        return self.denied_by_key.get((kind, key), ())

    def passback(self, area: AreaId, kind: CredentialKind) -> Passback:
        """What the area does about this kind of subject; what is no counted area does nothing."""
        policy = self.facts.areas.get(area)
        if policy is None:
            return Passback.OFF
        return policy.passback_vehicles if kind is CredentialKind.PLATE else policy.passback_people


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
            self._take(self._feed.load())
        else:
            changes = self._feed.changes(self._snapshot.facts.versions)
            if changes.structure_changed:
                self._take(self._feed.load())
            elif changes.versions != self._snapshot.facts.versions:
                self._snapshot = self._snapshot.apply(changes)
        self.heard_at = self._clock.now()

    def _take(self, facts: AccessFacts) -> None:
        self._snapshot = Snapshot.of(facts)
        log.info("access-facts-loaded", credentials=len(facts.credentials), gates=len(facts.gates))


Indexed = TypeVar("Indexed", CredentialFacts, DenyEntry)


def _key(thing: CredentialFacts | DenyEntry) -> Key:
    return thing.kind, thing.key


def _indexed(things: Iterable[Indexed]) -> dict[Key, tuple[Indexed, ...]]:
    found: dict[Key, list[Indexed]] = {}
    for thing in things:
        found.setdefault(_key(thing), []).append(thing)
    return {key: tuple(those) for key, those in found.items()}
