"""The three rooms' stores, looked over and brought to the newest schema; who finds them so opens `deploy.stores`."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from deploy.folder import DataFolder, write_private
from deploy.keys import fingerprints, refuse_strange_keys
from deploy.stores import ROOMS, open_stores, store_urls
from registry.clock import SystemClock
from registry.marks.service import keep, marks
from registry.problems import Refusal
from registry.room import ROOM as REGISTRY
from registry.settings import Settings
from registry.store import Store, postgresql
from registry.store.files import look_over
from registry.store.migrating import current_revision, migrate, newest
from registry.store.unusable import PUT_BACK


def open_newest(settings: Settings, audit_key: bytes) -> dict[str, Store]:
    """Open the stores of all rooms and run the migrations that they lack."""
    stores = open_stores(store_urls(settings), audit_key)
    for store in stores.values():
        migrate(store)
    return stores


def open_house(
    settings: Settings,
    rooms: Iterable[str] = ROOMS,
    bring: Callable[[Store], object] = migrate,
    *,
    was_left_open: bool = False,
) -> dict[str, Store]:
    """Open the stores of these rooms of a house whose folder is prepared, the registry's among them; `bring` migrates.

    The keys of the folder are then those that the house was made with, and no store was lost. `was_left_open`: nobody
    else runs on this folder, so that whatever a run that was killed left in the stores is looked at first.

    Raises:
        Refusal: a key or a store is lost, damaged or another house's, or a database cannot be used.
    """
    folder = DataFolder(settings.data_dir)
    urls = store_urls(settings)
    refuse_half_restored(folder)
    if settings.store_url is None:
        _refuse_house_in_database(folder)
        for name in rooms:
            look_over(folder.store_file(name), name, was_left_open=was_left_open)
        _refuse_lost_register(folder)
    with closing(Store.open(REGISTRY, urls[REGISTRY.name])) as registry:
        bring(registry)
        known = _marks(registry)
        refuse_strange_keys(folder, known)
    stores = open_stores({name: urls[name] for name in rooms}, folder.key("audit"))
    try:
        for name, store in stores.items():
            if name != REGISTRY.name:
                _refuse_lost(store, known)
                bring(store)
        _mark(folder, stores, known)
        if settings.store_url is not None:
            write_private(folder.database, f"{postgresql.where(stores[REGISTRY.name].engine)}\n".encode())
    except BaseException:
        for store in stores.values():
            store.close()
        raise
    return stores


def refuse_half_restored(folder: DataFolder) -> None:
    """Raises: Refusal: a restore into this folder was killed."""
    if folder.restoring.exists():
        raise Refusal(f"A restore into {folder.path} was ended before it was done. Run it again.")


def _refuse_house_in_database(folder: DataFolder) -> None:
    """A forgotten DAYUAN_STORE_URL must not make an empty house of files beside the one in the database."""
    if folder.database.exists() and not _size(folder.store_file(REGISTRY.name)):
        raise Refusal(
            f"The house of {folder.path} is in the database {folder.database.read_text(encoding='utf-8').strip()}. "
            "Set DAYUAN_STORE_URL, or name the file of settings with --config."
        )


def _refuse_lost_register(folder: DataFolder) -> None:
    """The registry's store is the first to be made: without it there can be no other."""
    others = [name for name in ROOMS if name != REGISTRY.name and _size(folder.store_file(name))]
    if others and not _size(folder.store_file(REGISTRY.name)):
        file = folder.store_file(REGISTRY.name)
        raise Refusal(f"The registry store {file} is lost, but that of the {others[0]} is there. {PUT_BACK}")


def _refuse_lost(store: Store, known: Mapping[str, str]) -> None:
    if f"store:{store.room.name}" not in known:
        return
    is_there = not store.is_file or _size(Path(store.engine.url.database or ""))  # to open a file is to make it
    if not is_there or current_revision(store) is None:
        raise Refusal(f"The {store.room.name} store is lost, and this house had one. {PUT_BACK}")


def _marks(registry: Store) -> dict[str, str]:
    """What the house was made with; nothing, where whoever brings the registry to its newest schema was told to stop."""
    if not is_newest(registry):
        return {}
    with registry.read() as session:
        return marks(session)


def _mark(folder: DataFolder, stores: Mapping[str, Store], known: Mapping[str, str]) -> None:
    """Make the keys that the house never had, and write down what belongs to it from now on."""
    registry = stores[REGISTRY.name]
    if not is_newest(registry):
        return
    found = {**fingerprints(folder), **{f"store:{name}": "made" for name in stores}}
    if not found.keys() <= known.keys():
        with registry.begin(SystemClock().now()) as work:
            keep(work.session, found)


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def is_newest(store: Store) -> bool:
    """Whether the store has the newest schema; nothing is changed.

    Raises:
        Refusal: the database cannot be used.
    """
    if not store.is_file:
        postgresql.reach(store.engine, store.room.name)
    return current_revision(store) == newest(store.room)


def newest_stores(settings: Settings, bring: Callable[[Store], object] = migrate) -> dict[str, Store]:
    """The same for a command that runs alone: the data folder is made when it is not there."""
    folder = DataFolder(settings.data_dir)
    refuse_half_restored(folder)
    folder.prepare()
    return open_house(settings, bring=bring, was_left_open=folder.is_idle())


def existing_stores(settings: Settings) -> dict[str, Store]:
    """The same for a command that only makes sense where there is something.

    Raises:
        Refusal: the data folder holds no store; a mistyped path must not look like an empty house.
    """
    folder = DataFolder(settings.data_dir)
    if settings.store_url is None and not (folder.path / "registry.db").exists():
        _refuse_house_in_database(folder)
        raise Refusal(f"There is no store in {folder.path}. Name the data folder with --data-dir.")
    return newest_stores(settings)


def stores_as_they_are(settings: Settings) -> dict[str, Store]:
    """Open the stores that there are, whatever their schema; none is made or migrated.

    Raises:
        Refusal: the data folder holds no store, or the database cannot be used.
    """
    urls = store_urls(settings)
    if settings.store_url is None:
        _refuse_house_in_database(DataFolder(settings.data_dir))
    for name in urls if settings.store_url is None else ():
        if not (settings.data_dir / f"{name}.db").is_file():
            raise Refusal(f"There is no {name} store in {settings.data_dir}. Name the data folder with --data-dir.")
    stores = {name: Store.open(ROOMS[name], url) for name, url in urls.items()}
    if settings.store_url is not None:
        postgresql.reach(stores["registry"].engine, "Dayuan")
    return stores


@contextmanager
def closed_afterwards(stores: Mapping[str, Store]) -> Iterator[Mapping[str, Store]]:
    """Close the stores when the block ends."""
    try:
        yield stores
    finally:
        for store in stores.values():
            store.close()
