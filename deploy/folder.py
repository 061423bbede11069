"""The data folder: what lies where in it, the keys that the product makes for itself, and one owner at a time."""

import fcntl
import os
import pwd
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from registry.problems import Refusal
from registry.qr.passes import load_key, new_signing_key

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Everything that this installation keeps. Only its owner may read it."""

    path: Path

    @property
    def media(self) -> Path:
        return self.path / "media"

    @property
    def broker(self) -> Path:
        return self.path / "broker"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def run(self) -> Path:
        return self.path / "run"

    @property
    def plate_reader(self) -> Path:
        """The socket on which the plate reader answers."""
        return self.run / "plates.sock"

    def processes_of(self, form: str) -> Path:
        """Where the supervisor of this form says how its processes are."""
        return self.run / f"processes-{form}.json"

    @property
    def demo_clock(self) -> Path:
        """Until when a demonstration's fast clock may have run."""
        return self.run / "demo-clock"

    @property
    def demo_file(self) -> Path:
        return self.path / "demo.json"

    @property
    def demo_secrets(self) -> Path:
        return self.path / "keys" / "demo.json"

    @property
    def audit_heads(self) -> Path:
        return self.path / "audit-heads.jsonl"

    @property
    def demo_clips(self) -> Path:
        return self.path / "demo"

    @property
    def restoring(self) -> Path:
        """What a restore makes before it is whole; whoever finds it finds the rest of one that was killed."""
        return self.path / ".restoring"

    @property
    def database(self) -> Path:
        """Says in which database the house lives, when it does not live in files of this folder."""
        return self.path / "database"

    def store_file(self, room: str) -> Path:
        return self.path / f"{room}.db"

    def store_url(self, room: str) -> str:
        return f"sqlite:///{self.store_file(room)}"

    def prepare(self) -> None:
        """Make the folder and its parts.

        Raises:
            Refusal: it cannot be made or written.
        """
        os.umask(0o077)  # whatever this process and its children write is for its owner's eyes alone
        try:
            for part in (self.path, self.media, self.broker, self.logs, self.run, self.path / "keys"):
                part.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.chmod(0o700)
            probe = self.path / f".written-{os.getpid()}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            if isinstance(error, PermissionError) and self.path.exists():
                raise Refusal(not_ours(self.path)) from None
            raise Refusal(
                f"The data folder {self.path} cannot be written: {error.strerror}. Name another with --data-dir."
            ) from None

    def key(self, name: str) -> bytes:
        """The secret key of this name, 256 bits; made, for its owner's eyes alone, the first time it is asked for.

        Raises:
            Refusal: its file holds something else.
        """
        file = self.path / "keys" / name
        if not file.exists():
            write_first(file, secrets.token_bytes(_KEY_BYTES))
        key = file.read_bytes()
        if len(key) != _KEY_BYTES:
            raise Refusal(f"The key file {file} is damaged. Put it back from a backup.")
        return key

    def pass_key(self) -> Ed25519PrivateKey:
        """The key that signs QR passes; made the first time it is asked for.

        Raises:
            Refusal: its file holds something else.
        """
        file = self.path / "keys" / "pass.pem"
        if not file.exists():
            write_first(file, new_signing_key())
        try:
            return load_key(file.read_bytes())
        except ValueError:
            raise Refusal(f"The key file {file} is damaged. Put it back from a backup.") from None

    def own(self) -> int:
        """Claim the folder for this process for as long as it lives; gives the descriptor that holds the claim.

        Raises:
            Refusal: another process has it.
        """
        claim = self._claim("owner", fcntl.LOCK_EX)
        if claim is None:
            raise Refusal(
                f"Another dayuan is running on the data folder {self.path}. Stop it first, or name another with --data-dir."
            )
        return claim

    def own_part(self, service: str) -> tuple[int, int]:
        """Claim one service's part of the folder: services that run apart share it, each once, and nobody has it alone.

        Raises:
            Refusal: another process has it alone, or runs this service.
        """
        shared = self._claim("owner", fcntl.LOCK_SH)
        if shared is None:
            raise Refusal(
                f"A dayuan that runs everything has the data folder {self.path}. Stop it first, or name another with --data-dir."
            )
        own = self._claim(f"owner-{service}", fcntl.LOCK_EX)
        if own is None:
            os.close(shared)
            raise Refusal(f"Another 'dayuan serve {service}' is running on the data folder {self.path}. Stop it first.")
        return shared, own

    def is_idle(self) -> bool:
        """Whether nobody runs on it now."""
        claim = self._claim("owner", fcntl.LOCK_EX)
        if claim is not None:
            os.close(claim)
        return claim is not None

    def _claim(self, name: str, kind: int) -> int | None:
        """The descriptor that holds the lock until it is closed; None: another process has it."""
        descriptor = os.open(self.run / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor


def not_ours(file: Path) -> str:
    """What is said where the user who runs a command may not read or write a file: who may, and what to do."""
    return (
        f"{file} is not for the user {_name(os.geteuid())}. "
        f"Run the command as {_owner(file)}, give that user's files to {_name(os.geteuid())} (chown -R), "
        "or name another data folder with --data-dir."
    )


def _owner(file: Path) -> str:
    """Of the file, or of the nearest folder above it that we may see."""
    for place in (file, *file.parents):
        with suppress(OSError):
            return _name(place.stat().st_uid)
    return _name(0)


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:  # a container's user has a number and often no name
        return str(user)


def write_private(file: Path, content: bytes) -> None:
    """Write a file whole or not at all, readable by its owner alone (0600)."""
    _draft(file, content).replace(file)


def write_first(file: Path, content: bytes) -> None:
    """Like `write_private`, unless the file is there: of two that write at once, the first one's content stays."""
    draft = _draft(file, content)
    with suppress(FileExistsError):
        os.link(draft, file)
    draft.unlink()


def _draft(file: Path, content: bytes) -> Path:
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(descriptor)
    return draft
