"""The three rooms' stores, opened and brought to the newest schema."""

from collections.abc import Mapping

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from deploy.folder import DataFolder
from gateway.room import ROOM as GATEWAY
from monitor.room import ROOM as MONITOR
from registry.problems import Refusal
from registry.room import ROOM as REGISTRY
from registry.settings import Settings
from registry.store import Room, Store, postgresql
from registry.store.migrating import configuration, migrate

ROOMS: Mapping[str, Room] = {room.name: room for room in (REGISTRY, GATEWAY, MONITOR)}


def store_urls(settings: Settings) -> dict[str, str]:
    """Where each room's store is: a file of the data folder, or a schema of the database that `store_url` names.

    Raises:
        Refusal: the store URL names none.
    """
    if settings.store_url is not None:
        return dict.fromkeys(ROOMS, _database(settings.store_url.get_secret_value()))
    folder = DataFolder(settings.data_dir)
    return {name: folder.store_url(name) for name in ROOMS}


def open_stores(urls: Mapping[str, str], audit_key: bytes) -> dict[str, Store]:
    """Open a store for each URL; the tables must be there already."""
    return {name: Store.open(ROOMS[name], url, audit_key=audit_key) for name, url in urls.items()}


def open_newest(settings: Settings, audit_key: bytes) -> dict[str, Store]:
    """Open the stores of all rooms and run the migrations that they lack."""
    stores = open_stores(store_urls(settings), audit_key)
    for store in stores.values():
        migrate(store)
    return stores


def is_newest(store: Store) -> bool:
    """Whether the store has the newest schema; nothing is changed.

    Raises:
        Refusal: the database cannot be used.
    """
    if not store.is_file:
        postgresql.reach(store.engine, store.room.name)
    head = ScriptDirectory.from_config(configuration(store.room)).get_current_head()
    with store.read() as session:
        return MigrationContext.configure(session.connection()).get_current_revision() == head


def newest_stores(settings: Settings) -> dict[str, Store]:
    """The same for a command that runs alone: the data folder is made when it is not there."""
    folder = DataFolder(settings.data_dir)
    folder.prepare()
    return open_newest(settings, folder.key("audit"))


def existing_stores(settings: Settings) -> dict[str, Store]:
    """The same for a command that only makes sense where there is something.

    Raises:
        Refusal: the data folder holds no store; a mistyped path must not look like an empty house.
    """
    folder = DataFolder(settings.data_dir)
    if settings.store_url is None and not (folder.path / "registry.db").exists():
        raise Refusal(f"There is no store in {folder.path}. Name the data folder with --data-dir.")
    return newest_stores(settings)


def stores_as_they_are(settings: Settings) -> dict[str, Store]:
    """Open the stores that there are, whatever their schema; none is made or migrated.

    Raises:
        Refusal: the data folder holds no store, or the database cannot be used.
    """
    urls = store_urls(settings)
    for name in urls if settings.store_url is None else ():
        if not (settings.data_dir / f"{name}.db").is_file():
            raise Refusal(f"There is no {name} store in {settings.data_dir}. Name the data folder with --data-dir.")
    stores = {name: Store.open(ROOMS[name], url) for name, url in urls.items()}
    if settings.store_url is not None:
        postgresql.reach(stores["registry"].engine, "Dayuan")
    return stores


def _database(written: str) -> str:
    """The URL of a database, with the driver that we use."""
    try:
        url = make_url(written)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in ("postgresql", "postgres") or not url.database:
        raise Refusal("The store URL is none of ours. Write postgresql+psycopg://user:password@host:5432/database.")
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
