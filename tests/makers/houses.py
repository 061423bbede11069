"""Houses for tests of what is done to a whole one: a data folder, and with a database its three schemas."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from deploy.folder import DataFolder
from deploy.house import existing_stores, newest_stores, open_stores, store_urls
from registry.settings import Settings
from registry.store import Store
from tests.conftest import AUDIT_KEY
from tests.makers.rows import everything, fill


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
        """Make it, empty, and open its stores."""
        return newest_stores(self.settings)

    def open(self) -> Mapping[str, Store]:
        """Open its stores without making a table in them."""
        self.folder.prepare()
        return open_stores(store_urls(self.settings), AUDIT_KEY)

    def fill(self) -> Mapping[str, Mapping[str, int]]:
        """Make it with rows in every table; gives how many."""
        with ExitStack() as opened:
            found = {}
            for name, store in self.make().items():
                opened.callback(store.close)
                with store.engine.begin() as connection:
                    found[name] = fill(connection, store.room)
            return found

    def rows(self) -> dict[str, dict[str, list[str]]]:
        """Every row, by room and table."""
        with ExitStack() as opened:
            found = {}
            for name, store in existing_stores(self.settings).items():
                opened.callback(store.close)
                with store.engine.begin() as connection:
                    found[name] = everything(connection, store.room)
            return found
