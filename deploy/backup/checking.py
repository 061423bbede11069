"""Reading a backup through: whole, of a version that we know, and with as many rows as its head says."""

import gzip
import io
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alembic.script import ScriptDirectory
from pydantic import ValidationError

from deploy.backup.archive import Damaged, Member, read_archive
from deploy.backup.contents import FORMAT, MANIFEST, MEDIA, ROWS, Format, Head, Manifest
from deploy.stores import ROOMS
from registry.problems import Refusal
from registry.store.migrating import configuration

MOST_BYTES: Final = 1 << 28
"""Of the lines of one member, unpacked; ours have a few megabytes, and what was made to swell must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a table as lines."""

    room: str
    table: str
    lines: list[bytes]


@dataclass(frozen=True, slots=True)
class Whole:
    """The backup has been read to its end and is what was written."""

    head: Head
    missing_pictures: tuple[str, ...]


Part = Head | Rows | Member | Whole


def parts(file: Path, passphrase: bytes | None, *, told: Callable[[int, int], object]) -> Iterator[Part]:
    """What a backup holds: its head, rows, other members, and at last `Whole`.

    Nothing that was given may be kept when it ends by an exception. `told` hears bytes read and bytes in all.

    Raises:
        Refusal: no backup, of a newer version, sealed with another passphrase.
        Damaged: cut or altered.

    """
    size = file.stat().st_size if file.is_file() else 0
    counted: Counter[tuple[str, str]] = Counter()
    pictures = 0
    head: Head | None = None
    for member in read_archive(file, passphrase, read=lambda done: told(done, size)):
        if head is None:
            head = _head(member, file)
            yield head
        elif member.name == MANIFEST:
            manifest = Manifest.model_validate_json(member.data)
            said = {(name, table): n for name, room in head.rooms.items() for table, n in room.rows.items() if n}
            if counted != said or pictures + len(manifest.missing_pictures) != head.pictures:
                raise Damaged.of(file)
            yield Whole(head, manifest.missing_pictures)
        elif member.name.startswith(ROWS):
            rows = _rows(member, file)
            counted[rows.room, rows.table] += len(rows.lines)
            yield rows
        else:
            pictures += member.name.startswith(MEDIA)
            yield member


def check(file: Path, passphrase: bytes | None, *, told: Callable[[int, int], object]) -> Whole:
    """Read a backup through; raises as `parts` does."""
    for part in parts(file, passphrase, told=told):
        if isinstance(part, Whole):
            return part
    raise Damaged.of(file)


def _head(member: Member, file: Path) -> Head:
    try:
        said = Format.model_validate_json(member.data)
        known = said.format <= FORMAT
        head = Head.model_validate_json(member.data) if known else None
    except ValidationError:
        raise Damaged.of(file) from None
    if head is None or any(room.revision not in _revisions(name) for name, room in head.rooms.items()):
        raise Refusal(
            f"The backup {file} was written by a newer version of Dayuan ({said.product}). Install that version."
        )
    return head


def _revisions(name: str) -> set[str]:
    if name not in ROOMS:
        return set()
    return {script.revision for script in ScriptDirectory.from_config(configuration(ROOMS[name])).walk_revisions()}


def _rows(member: Member, file: Path) -> Rows:
    try:
        _, room, table, _ = member.name.split("/")
        lines = _unpacked(member.data).removesuffix(b"\n").split(b"\n")
    except (ValueError, OSError, EOFError, zlib.error):
        raise Damaged.of(file) from None
    return Rows(room, table, lines)


def _unpacked(data: bytes) -> bytes:
    """Unpack the lines of one member, and no more than a member of ours can have.

    Raises:
        ValueError: it would be more.

    """
    with gzip.open(io.BytesIO(data)) as stream:
        unpacked = stream.read(MOST_BYTES + 1)
    if len(unpacked) > MOST_BYTES:
        raise ValueError(len(unpacked))
    return unpacked
