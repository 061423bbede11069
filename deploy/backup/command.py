"""`dayuan backup`, `dayuan backup verify` and `dayuan restore`."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from deploy.backup.checking import check
from deploy.backup.contents import Head
from deploy.backup.restoring import restore
from deploy.backup.taking import take
from deploy.configuration import Configuration
from deploy.folder import DataFolder
from deploy.house import closed_afterwards, stores_as_they_are
from deploy.stores import store_urls
from registry.clock import SystemClock, format_instant
from registry.problems import Refusal

_KEYS_INSIDE = (
    "It holds the keys of the house: whoever has it can read ID numbers and sign passes. Keep it as you keep keys."
)
_KEYS_SEALED = "It holds the keys of the house and is sealed: without the passphrase nobody, you included, can open it."
_WITHOUT_KEYS = (
    "It holds no keys: put the folder {} by, apart from it. Without them a restored house does not start,"
    " for ID numbers could not be read, nor passes, devices and the audit checked."
)
_NO_KEYS_CAME = "The backup holds no keys: put those of the old house into {} before you start."


def back_up(options: argparse.Namespace, configuration: Configuration) -> int:
    """Take a backup; the house may run."""
    if options.out is None:
        raise Refusal("Name the file to write with --out.")
    began = time.monotonic()
    folder = DataFolder(configuration.settings.data_dir)
    passphrase = _passphrase(options.passphrase_file)
    with closed_afterwards(stores_as_they_are(configuration.settings)) as stores, _progress() as told:
        taken = take(
            stores,
            folder,
            options.out,
            passphrase=passphrase,
            with_keys=not options.without_keys,
            now=SystemClock().now(),
            told=told,
        )
    size = options.out.stat().st_size / 1e6
    _say(f"{options.out}: {_amounts(taken.head)}, {size:.1f} MB, checked, {time.monotonic() - began:.1f} s")
    _warn_of_pictures(taken.missing_pictures)
    if options.without_keys:
        _warn(_WITHOUT_KEYS.format(folder.path / "keys"))
    else:
        _warn(_KEYS_INSIDE if passphrase is None else _KEYS_SEALED)
    return 0


def verify_backup(options: argparse.Namespace, _configuration: Configuration) -> int:
    """Read a backup through."""
    with _progress() as told:
        whole = check(options.file, _passphrase(options.passphrase_file), told=lambda n, of: told("checking", n, of))
    taken = f"taken {format_instant(whole.head.taken_at)} by Dayuan {whole.head.product}"
    _say(f"{options.file}: whole, {taken}, {_amounts(whole.head)}")
    _warn_of_pictures(len(whole.missing_pictures))
    return 0


def restore_backup(options: argparse.Namespace, configuration: Configuration) -> int:
    """Restore a backup into an empty place."""
    began = time.monotonic()
    settings = configuration.settings
    folder = DataFolder(settings.data_dir)
    database = None if settings.store_url is None else next(iter(store_urls(settings).values()))
    with _progress() as told:
        restored = restore(
            options.file,
            folder,
            database=database,
            passphrase=_passphrase(options.passphrase_file),
            now=SystemClock().now(),
            told=lambda done, of: told("restoring", done, of),
        )
    for name, room in restored.head.rooms.items():
        if room.revision != restored.newest[name]:
            _say(f"{name}: schema {room.revision} brought to {restored.newest[name]}")
    where = "the database and " if database is not None else ""
    _say(f"{where}{folder.path}: {_amounts(restored.head)}, {time.monotonic() - began:.1f} s")
    _warn_of_pictures(restored.missing_pictures)
    if not restored.head.with_keys:
        _warn(_NO_KEYS_CAME.format(folder.path / "keys"))
    return 0


def _passphrase(file: Path | None) -> bytes | None:
    if file is None:
        return None
    try:
        passphrase = file.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise Refusal(f"The passphrase file {file} cannot be read: {error.strerror}.") from None
    if not passphrase:
        raise Refusal(f"The passphrase file {file} is empty.")
    return passphrase


def _amounts(head: Head) -> str:
    keys = "keys" if head.with_keys else "no keys"
    return f"{head.rows:,} rows, {head.pictures:,} pictures, {keys}"


def _warn_of_pictures(missing: int) -> None:
    if missing:
        _warn(f"{missing} pictures that rows name were not there, or not whole, and are not in the backup.")


def _say(words: str) -> None:
    print(words)  # noqa: T201 - the command's own voice


def _warn(words: str) -> None:
    print(words, file=sys.stderr)  # noqa: T201 - likewise


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], object]]:
    """A bar on standard error, where that is a terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bars:
        bar = bars.add_task("", total=None)
        doing = ""

        def told(what: str, done: int, of: int) -> None:
            nonlocal doing
            if what != doing:
                bars.reset(bar, description=what)
                doing = what
            bars.update(bar, completed=done, total=of)

        yield told
