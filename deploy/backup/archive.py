"""The file of a backup: a tar archive, whose last member but one holds the digests of the others, and may be sealed.

It is written beside its place and moved there when it is whole; any program for tar archives opens one that is not sealed.
"""

import fcntl
import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from deploy.backup.contents import HEAD, MANIFEST, MEDIA, SEAL, Manifest
from deploy.backup.sealing import MAGIC, NotOpened, Opener, Sealer
from registry.problems import Refusal

_MOST_BYTES = 1 << 28
"""Of one member; ours are far smaller, and a damaged length must not fill the memory."""


@dataclass(slots=True)
class ArchiveWriter:
    """Adds members, one after the other."""

    tar: tarfile.TarFile
    at: int
    """Unix time of every member."""
    _digests: dict[str, str] = field(init=False, default_factory=dict)

    def put(self, name: str, data: bytes) -> None:
        """Add a member whose digest the manifest keeps."""
        self._digests[name] = hashlib.sha256(data).hexdigest()
        self._add(name, data)

    def put_picture(self, sha256: str, data: bytes) -> None:
        self._add(f"{MEDIA}{sha256}", data)

    def finish(self, missing_pictures: tuple[str, ...]) -> None:
        manifest = Manifest(members=self._digests, missing_pictures=missing_pictures).model_dump_json().encode()
        self._add(MANIFEST, manifest)
        self._add(SEAL, hashlib.sha256(manifest).hexdigest().encode())

    def _add(self, name: str, data: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.mode = len(data), self.at, 0o600
        self.tar.addfile(info, io.BytesIO(data))
        self.tar.getmembers().clear()  # it would keep a record of each


@contextmanager
def written_archive(
    file: Path, passphrase: bytes | None, *, at: int, check: Callable[[Path], object]
) -> Iterator[ArchiveWriter]:
    """Give the writer of a new archive; when the block ends well and `check` finds it whole, it stands at `file`.

    Raises:
        Refusal: there is such a file already, another backup writes it, or it cannot be written.

    """
    if file.exists():
        raise Refusal(f"There is a file {file} already. Name another with --out.")
    part = file.with_name(f"{file.name}.part")
    try:
        with os.fdopen(_opened_part(part), "wb") as stream:
            _claim(stream, part, file)
            try:
                with _tar_into(stream, passphrase) as tar:
                    yield ArchiveWriter(tar, at)
                stream.flush()
                os.fsync(stream.fileno())
                check(part)
                part.replace(file)
                _keep_names_of(file.parent)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise Refusal(f"The backup cannot be written to {file}: {error.strerror}.") from None


@dataclass(frozen=True, slots=True)
class Member:
    """A member as it is read."""

    name: str
    data: bytes = field(repr=False)


class Damaged(Refusal):
    """What is read is not what was written."""

    @classmethod
    def of(cls, file: Path) -> "Damaged":
        return cls(f"The file {file} is no whole backup: it was cut or altered, or it never was one. Take another.")


def read_archive(file: Path, passphrase: bytes | None, *, read: Callable[[int], object]) -> Iterator[Member]:
    """Give the members up to the manifest, each as it was written; what comes last says whether all were.

    A caller keeps nothing of what it was given when this raises. `read` is told how many bytes of the file were read.

    Raises:
        Refusal: it cannot be read, is no backup, or is sealed with another passphrase.
        Damaged: it was cut or altered.

    """
    try:
        with file.open("rb") as stream:
            plain = _opened(stream, passphrase, file)
            with tarfile.open(fileobj=plain, mode="r|") as tar:
                yield from _checked(_members(tar, lambda: read(stream.tell())), file)
    except (tarfile.TarError, NotOpened, EOFError, ValueError):
        raise Damaged.of(file) from None
    except OSError as error:
        raise Refusal(f"The backup {file} cannot be read: {error.strerror}.") from None


def _checked(members: Iterator[Member], file: Path) -> Iterator[Member]:
    """Pass members on while they are what they should be; the manifest and its digest are at the end and stay here."""
    digests: dict[str, str] = {}
    for member in members:
        digest = hashlib.sha256(member.data).hexdigest()
        if member.name == MANIFEST:
            manifest = Manifest.model_validate_json(member.data)
            seal = next(members, None)
            if digests != manifest.members or seal != Member(SEAL, digest.encode()) or next(members, None) is not None:
                break
            yield member
            return
        if not digests and member.name != HEAD:
            break
        if member.name.startswith(MEDIA):
            if member.name != f"{MEDIA}{digest}":
                break
        elif member.name in digests:
            break
        else:
            digests[member.name] = digest
        yield member
    raise Damaged.of(file)


def _members(tar: tarfile.TarFile, told: Callable[[], object]) -> Iterator[Member]:
    while (info := tar.next()) is not None:
        tar.members.clear()  # type: ignore[attr-defined]  # it would keep a record of each
        content = tar.extractfile(info) if info.isreg() and info.size <= _MOST_BYTES else None
        if content is None:
            raise tarfile.ReadError(info.name)
        yield Member(info.name, content.read())
        told()


@contextmanager
def _tar_into(stream: BinaryIO, passphrase: bytes | None) -> Iterator[tarfile.TarFile]:
    if passphrase is None:
        with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            yield tar
        return
    sealer = Sealer(stream, passphrase)
    with tarfile.open(fileobj=cast("BinaryIO", sealer), mode="w|", format=tarfile.PAX_FORMAT) as tar:
        yield tar
    sealer.finish()


def _opened(stream: BinaryIO, passphrase: bytes | None, file: Path) -> BinaryIO:
    is_sealed = stream.read(len(MAGIC)) == MAGIC
    stream.seek(0)
    if not is_sealed:
        return stream
    if passphrase is None:
        raise Refusal(f"The backup {file} is sealed. Name the file of its passphrase with --passphrase-file.")
    opener = Opener(stream, passphrase)
    try:
        opener.look()
    except NotOpened:
        raise Refusal(f"This passphrase does not open {file}.") from None
    return cast("BinaryIO", opener)


def _opened_part(part: Path) -> int:
    """Open what is written, which holds keys: for us alone, also where somebody laid a file of that name there before.

    Raises:
        OSError: it cannot be written, or a link of that name leads elsewhere.
        Refusal: a file of that name is somebody else's, or has a second name.

    """
    opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        _refuse_foreign(part, os.fstat(opened))
        os.fchmod(opened, 0o600)
    except BaseException:
        os.close(opened)
        raise
    return opened


def _refuse_foreign(part: Path, there: os.stat_result) -> None:
    if not stat.S_ISREG(there.st_mode) or there.st_uid != os.geteuid() or there.st_nlink > 1:
        raise Refusal(f"The file {part} is not ours. Take it away, or name another with --out.")


def _keep_names_of(folder: Path) -> None:
    """Have the disk keep the new name: until then a power cut may leave the old one."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _claim(stream: BinaryIO, part: Path, file: Path) -> None:
    """Be the only one to write `part`; another may just have finished it and moved it away under our hands."""
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_ours = part.exists() and os.path.samestat(os.fstat(stream.fileno()), part.stat())
    except BlockingIOError:
        is_ours = False
    if not is_ours:
        raise Refusal(f"Another backup is being written to {file}.")
    stream.truncate(0)
