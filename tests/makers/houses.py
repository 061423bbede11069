"""Houses for tests of what is done to a whole one: a data folder, and with a database its three schemas."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from deploy.folder import DataFolder
from deploy.house import closed_afterwards, existing_stores, newest_stores
from deploy.stores import ROOMS, open_stores, store_urls
from registry.settings import Settings
from registry.store import Store
from registry.store.migrating import migrate
from tests.conftest import AUDIT_KEY
from tests.makers.files import copy_of_empty
from tests.makers.rows import everything, fill

_ITS_OWN = frozenset({"mark"})
"""Tables with rows that say which house this is."""


@dataclass(frozen=True, slots=True)
class House:
    """A place for a house; nothing is there until it is made."""

    path: Path
    database: str | None = None

    @property
    def settings(self) -> Settings:
        url = None if self.database is None else SecretStr(self.database)
        return Settings(data_dir=self.path, store_url=url)

    @property
    def folder(self) -> DataFolder:
        return DataFolder(self.path)

    @property
    def words(self) -> list[str]:
        """How the command is told of it."""
        url = [] if self.database is None else ["--store-url", self.database]
        return ["--data-dir", str(self.path), *url]

    def make(self) -> Mapping[str, Store]:
        """Make it, empty, and open its stores. In files it begins with copies of what all migrations make."""
        if self.database is None and not self.path.exists():
            self.folder.prepare()
            for name, room in ROOMS.items():
                copy_of_empty(room, self.folder.store_file(name), migrate)
        return newest_stores(self.settings)

    def open(self) -> Mapping[str, Store]:
        """Open its stores without making a table in them."""
        self.folder.prepare()
        return open_stores(store_urls(self.settings), AUDIT_KEY)

    def made(self) -> "House":
        """Make it, empty."""
        with closed_afterwards(self.make()):
            return self

    def fill(self) -> Mapping[str, Mapping[str, int]]:
        """Make it with rows in every table; gives how many."""
        found = {}
        with closed_afterwards(self.make()) as stores:
            for name, store in stores.items():
                with store.engine.begin() as connection:
                    found[name] = fill(connection, store.room, but=_ITS_OWN)
        return found

    def rows(self) -> dict[str, dict[str, list[str]]]:
        """Every row, by room and table."""
        found = {}
        with closed_afterwards(existing_stores(self.settings)) as stores:
            for name, store in stores.items():
                with store.engine.begin() as connection:
                    found[name] = everything(connection, store.room)
        return found
