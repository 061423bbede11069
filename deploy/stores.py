"""Where the three rooms' stores are, and opening them with the tables that they have. No migration is loaded for it."""

from collections.abc import Mapping

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from deploy.folder import DataFolder
from gateway.room import ROOM as GATEWAY
from monitor.room import ROOM as MONITOR
from registry.problems import Refusal
from registry.room import ROOM as REGISTRY
from registry.settings import Settings
from registry.store import Room, Store

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


def _database(written: str) -> str:
    """The URL of a database, with the driver that we use."""
    try:
        url = make_url(written)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in ("postgresql", "postgres") or not url.database:
        raise Refusal("The store URL is none of ours. Write postgresql+psycopg://user:password@host:5432/database.")
    if "@" in f"{url.host}{url.database}":
        raise Refusal("The store URL has more than one @. Write one that is in the password as %40, and % as %25.")
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
