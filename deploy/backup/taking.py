"""Taking a backup: head, keys, rows of one moment, pictures, digests; checked before it stands under its name."""

import gzip
import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection

from deploy.backup.archive import ArchiveWriter, written_archive
from deploy.backup.checking import check
from deploy.backup.contents import AUDIT_HEADS, FORMAT, HEAD, KEYS, ROWS, Head, RoomHead
from deploy.backup.cut import Cut, cut
from deploy.backup.failing import in_plain_words
from deploy.backup.rows import Table, count_of, lines_of, revision_of, schema_name, tables_of
from deploy.folder import DataFolder
from registry.clock import Instant
from registry.ids import new_id
from registry.media.store import picture_path
from registry.problems import Refusal
from registry.store import Room, Store
from registry.store.migrating import steps

NOT_KEPT: Mapping[str, frozenset[str]] = {
    "registry": frozenset({"sessions", "pending_sign_ins"}),
    "gateway": frozenset(),
    "monitor": frozenset({"pulse", "site_lease"}),
}
"""What is true of a running house only: who is signed in or about to be, that an engine lives and acts for a site. These
tables are empty after a restore."""

_AT_ONCE = 2000
_PART_BYTES = 4 << 20
_AHEAD = 2
_SMALLER = 1
"""gzip's level: the next ones cost twice the time for a tenth of the size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What is in a backup."""

    head: Head
    missing_pictures: int


def take(
    stores: Mapping[str, Store],
    folder: DataFolder,
    file: Path,
    *,
    passphrase: bytes | None,
    with_keys: bool,
    now: Instant,
    told: Callable[[str, int, int], object],
) -> Taken:
    """Write a backup of the house to `file`, while it runs or not, and read it once through.

    `told` hears what is being done, how much of it is done, and how much there is.

    Raises:
        Refusal: the file cannot be written, or a store cannot be read.

    """
    heads = folder.audit_heads.read_bytes() if folder.audit_heads.exists() else b""  # before the moment: see `cut`
    keys = _keys(folder) if with_keys else {}

    def checked(part: Path) -> None:
        check(part, passphrase, told=lambda done, of: told("checking", done, of))

    writing = written_archive(file, passphrase, at=int(now.timestamp()), check=checked)
    with in_plain_words("backup"), writing as archive:
        with cut(stores) as moment:
            pictures = _pictures(moment)
            head = _head(moment, now, with_keys=with_keys, pictures=len(pictures))
            archive.put(HEAD, head.model_dump_json().encode())
            for name, key in keys.items():
                archive.put(f"{KEYS}{name}", key)
            archive.put(AUDIT_HEADS, heads)
            done = 0
            for part in _rows(moment, head):
                archive.put(part.name, part.packed.result())
                done += part.rows
                told("rows", done, head.rows)
        missing = tuple(_put_pictures(archive, folder.media, pictures, lambda n: told("pictures", n, len(pictures))))
        archive.finish(missing)
    return Taken(head=head, missing_pictures=len(missing))


@dataclass(frozen=True, slots=True)
class _Part:
    """Some rows of a table; they are packed while the next ones are read."""

    name: str
    rows: int
    packed: Future[bytes]


def _head(moment: Cut, now: Instant, *, with_keys: bool, pictures: int) -> Head:
    rooms = {name: _room_head(room, connection) for name, (room, connection) in moment.rooms.items()}
    return Head(
        format=FORMAT,
        product=version("dayuan"),
        id=str(new_id()),
        taken_at=now,
        store=moment.kind,
        with_keys=with_keys,
        pictures=pictures,
        rooms=rooms,
    )


def _room_head(room: Room, connection: Connection) -> RoomHead:
    revision = revision_of(connection, room)
    if revision is None:
        raise Refusal(f"There is no {room.name} store yet, so there is nothing to back up.")
    steps(room, revision)  # refuses one that we do not know
    tables = tuple(t for t in tables_of(connection, room) if t.name not in NOT_KEPT[room.name])
    return RoomHead(
        revision=revision, tables=tables, rows={table.name: count_of(connection, room, table.name) for table in tables}
    )


def _rows(moment: Cut, head: Head) -> Iterator[_Part]:
    """The parts of all tables, two ahead of whoever takes them."""
    with ThreadPoolExecutor(2, thread_name_prefix="backup") as packers:
        waiting: deque[_Part] = deque()
        for name, lines in _parts(moment, head):
            waiting.append(_Part(name, len(lines), packers.submit(_packed, lines)))
            if len(waiting) > _AHEAD:
                yield waiting.popleft()
        yield from waiting


def _parts(moment: Cut, head: Head) -> Iterator[tuple[str, list[bytes]]]:
    for name, (room, connection) in moment.rooms.items():
        for table in head.rooms[name].tables:
            lines: list[bytes] = []
            number = size = 0
            for some in lines_of(connection, room, table, at_once=_AT_ONCE):
                lines += some
                size += sum(map(len, some))
                if size > _PART_BYTES:
                    number += 1
                    yield _part_name(name, table, number), lines
                    lines, size = [], 0
            if lines:
                yield _part_name(name, table, number + 1), lines


def _part_name(room: str, table: Table, number: int) -> str:
    return f"{ROWS}{room}/{table.name}/{number:06}.jsonl.gz"


def _packed(lines: list[bytes]) -> bytes:
    return gzip.compress(b"\n".join(lines) + b"\n", compresslevel=_SMALLER, mtime=0)


def _pictures(moment: Cut) -> list[str]:
    """The digests of all pictures that the registry knows."""
    room, connection = moment.rooms["registry"]
    media = sa.table("media", sa.column("sha256"), schema=schema_name(connection, room))
    return list(connection.scalars(sa.select(media.c.sha256).distinct().order_by(media.c.sha256)))


def _put_pictures(
    archive: ArchiveWriter, media: Path, pictures: Sequence[str], told: Callable[[int], object]
) -> Iterator[str]:
    """Copy the pictures; gives those that are not there or not whole."""
    for number, sha256 in enumerate(pictures, start=1):
        file = picture_path(media, sha256)
        data = file.read_bytes() if file.is_file() else b""
        if hashlib.sha256(data).hexdigest() == sha256:
            archive.put_picture(sha256, data)
        else:
            yield sha256
        told(number)


def _keys(folder: DataFolder) -> dict[str, bytes]:
    """The files of the key folder by name, without what is just being written."""
    files = (file for file in sorted((folder.path / "keys").glob("*")) if not file.name.startswith("."))
    return {file.name: file.read_bytes() for file in files}
