"""Restoring a backup: into an empty data folder, and with a database into its empty schemas; wholly or not at all."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, delete, table

from deploy.backup.archive import Damaged, Member
from deploy.backup.checking import Part, Rows, Whole, check, parts
from deploy.backup.contents import AUDIT_HEADS, KEYS, MEDIA, Head
from deploy.backup.failing import in_plain_words
from deploy.backup.places import (
    files_in,
    move_in,
    refuse_filled,
    revisions_of_done,
    say_origin,
    schemas_in,
    staging_in,
    take_staging_away,
)
from deploy.backup.resuming import resume
from deploy.backup.rows import Table, count_of, count_on, schema_name, tables_of, write_lines
from deploy.backup.taking import NOT_KEPT
from deploy.folder import DataFolder
from deploy.stores import ROOMS
from registry.clock import Instant
from registry.media.store import picture_path
from registry.room import ROOM as REGISTRY
from registry.store import Room
from registry.store.migrating import dangling, upgrade

_KEY_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-.")
_HEX = frozenset("0123456789abcdef")
_SHA256_DIGITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came back."""

    head: Head
    missing_pictures: int
    newest: Mapping[str, str]
    """The revision of each room after its migrations."""


def restore(
    file: Path,
    folder: DataFolder,
    *,
    database: str | None,
    passphrase: bytes | None,
    now: Instant,
    told: Callable[[int, int], object],
) -> Restored:
    """Restore a backup into `folder` and, when one is named, into `database`; migrate it to the newest schema.

    Raises:
        Refusal: the folder or the database is not empty or cannot be written; the backup cannot be used.

    """
    with in_plain_words("restore"), ExitStack() as opened:
        if database is not None:
            if folder.restoring.exists() and (done := _finished(file, folder, database, passphrase, told)) is not None:
                return done
            refuse_filled(database)
        staging = opened.enter_context(staging_in(folder))
        read = parts(file, passphrase, told=told)
        head = next(read)
        assert isinstance(head, Head)  # noqa: S101 - what `parts` gives first
        making = _Making(file, head, staging, now)
        if database is None:
            with files_in(staging) as connections:
                restored = making.make(read, connections)
            move_in(staging)
            return restored
        with schemas_in(database) as connections:
            restored = making.make(read, connections)
            say_origin(connections[REGISTRY.name], head.id, staging)
            move_in(staging)
        return restored


def _finished(
    file: Path, folder: DataFolder, database: str, passphrase: bytes | None, told: Callable[[int, int], object]
) -> Restored | None:
    """Finish a restore of this very backup that was killed when all was in its place; None: there is none."""
    whole = check(file, passphrase, told=told)
    newest = revisions_of_done(database, whole.head.id, folder.restoring)
    if newest is None:
        return None
    take_staging_away(folder)
    return Restored(head=whole.head, missing_pictures=len(whole.missing_pictures), newest=newest)


@dataclass(frozen=True, slots=True)
class _Making:
    """Makes what a backup holds where it is not yet in its place."""

    file: Path
    head: Head
    staging: Path
    now: Instant

    def make(self, read: Iterator[Part], connections: Mapping[str, Connection]) -> Restored:
        for name, connection in connections.items():
            self._make_tables(connection, ROOMS[name])
        tables = {(room, table.name): table for room, said in self.head.rooms.items() for table in said.tables}
        for part in read:
            match part:
                case Rows(room, name, lines) if (room, name) in tables:
                    write_lines(connections[room], ROOMS[room], tables[room, name], lines)
                case Member():
                    self._keep(part)
                case Whole():
                    newest = {name: self._finish(connection, ROOMS[name]) for name, connection in connections.items()}
                    resume(connections, self.staging, self.head, self.now)
                    return Restored(head=self.head, missing_pictures=len(part.missing_pictures), newest=newest)
                case _:
                    break
        raise Damaged.of(self.file)

    def _make_tables(self, connection: Connection, room: Room) -> None:
        """Make the schema of the backup's own revision, with nothing in it."""
        said = self.head.rooms[room.name]
        upgrade(connection, room, said.revision)
        there = tables_of(connection, room)
        kept = {one.name for one in there} - NOT_KEPT[room.name]
        if kept != {one.name for one in said.tables} or not all(_is_like(one, there) for one in said.tables):
            raise Damaged.of(self.file)
        for one in reversed(there):
            connection.execute(delete(table(one.name, schema=schema_name(connection, room))))

    def _finish(self, connection: Connection, room: Room) -> str:
        """Make sure that all rows are there and fit together; migrate them; gives the newest revision."""
        counted = {name: count_of(connection, room, name) for name in self.head.rooms[room.name].rows}
        if counted != self.head.rooms[room.name].rows or dangling(connection) is not None:
            raise Damaged.of(self.file)
        count_on(connection, room)
        return upgrade(connection, room)

    def _keep(self, member: Member) -> None:
        """Write a member that is a file: none but ours, and nowhere else."""
        name = member.name
        if name == AUDIT_HEADS:
            if member.data:
                (self.staging / AUDIT_HEADS).write_bytes(member.data)
            return
        key = name.removeprefix(KEYS)
        if name.startswith(KEYS) and key and not key.startswith(".") and _KEY_SIGNS.issuperset(key):
            place = self.staging / "keys" / key
        elif (
            name.startswith(MEDIA) and len(name) == len(MEDIA) + _SHA256_DIGITS and _HEX.issuperset(name[len(MEDIA) :])
        ):
            place = picture_path(self.staging / "media", name.removeprefix(MEDIA))
        else:
            raise Damaged.of(self.file)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.write_bytes(member.data)


def _is_like(one: Table, there: tuple[Table, ...]) -> bool:
    return any(one.name == other.name and set(one.columns) == set(other.columns) for other in there)
