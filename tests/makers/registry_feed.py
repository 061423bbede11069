"""The registry of a house of tests, as its gates hear it."""

from collections.abc import Mapping
from dataclasses import dataclass

from registry.access.facts import AccessChanges, AccessFacts
from registry.access.reading import access_changes, load_access
from registry.ids import SiteId
from registry.store import Store
from tests.makers.gateway import RegistryByHand, access_facts


@dataclass(slots=True)
class RegistryFeed(RegistryByHand):
    """The registry of the same house; before there is a store, nobody is known."""

    store: Store | None = None

    def load(self) -> AccessFacts:
        if self.store is None:
            return access_facts()
        with self.store.read() as session:
            return load_access(session)

    def changes(self, since: Mapping[SiteId, int]) -> AccessChanges:
        assert self.store is not None
        with self.store.read() as session:
            return access_changes(session, since)
