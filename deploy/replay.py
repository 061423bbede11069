"""`dayuan replay`: a recorded day, or one that is in the store, told to the rules again; and recording one."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.orm import Session

from deploy.configuration import Configuration
from deploy.house import closed_afterwards, existing_stores
from deploy.progress import progress
from deploy.tuning import settle_memory
from monitor.anomalies.catalogue import RULES, Rules
from monitor.replay.export import export
from monitor.replay.player import AT_ONCE, Player, scratch_store
from monitor.replay.recording import Entry, Setting, Ticked, entries_in, entries_of, lines_of, setting_in, setting_of
from monitor.replay.thresholds import with_thresholds
from registry.clock import Instant
from registry.devices.reading import load_register
from registry.ids import SiteId
from registry.problems import Refusal

_PARTS = 100
_LONGEST_REST_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """What is told. `standing`: the alarms that the store has of it; None: it comes out of a file."""

    setting: Setting
    entries: Iterator[Entry]
    standing: bytes | None


def replay(options: argparse.Namespace, configuration: Configuration) -> int:
    """Exit code 1: the store has other alarms of this time than the rules find, with the thresholds that they have."""
    rules = with_thresholds(RULES, options.set)
    settle_memory()
    with ExitStack() as stack:
        source = stack.enter_context(_source(options, configuration))
        if options.record is not None:
            lines = lines_of(source.setting, source.entries)
            count = _write(options.record, lines) - 1
            _say(options, {"recorded": count}, f"{count} signals and ticks are in {options.record}.")
            return 0
        began = time.monotonic()
        found, signals = _found(source, rules, options.site, options.speed)
        took = time.monotonic() - began
    if options.export is not None:
        _write(options.export, iter(found))
    is_same = source.standing == b"".join(found) if source.standing is not None and not options.set else None
    compared = {None: "", True: " The store has the same.", False: " The store has others."}[is_same]
    _say(
        options,
        {"signals": signals, "alarms": len(found), "seconds": round(took, 3), "same_as_store": is_same},
        f"{signals} signals gave {len(found)} alarms in {took:.1f} s.{compared}",
    )
    return int(is_same is False)


def _say(options: argparse.Namespace, facts: dict[str, object], words: str) -> None:
    print(json.dumps({"summary": facts}) if options.json else words)  # noqa: T201 - the command's own voice


def _write(path: Path, lines: Iterator[bytes]) -> int:
    count = 0
    with path.open("wb") as file:
        for count, line in enumerate(lines, start=1):  # noqa: B007 - how many there were
            file.write(line)
    return count


@contextmanager
def _source(options: argparse.Namespace, configuration: Configuration) -> Iterator[_Source]:
    site = SiteId(options.site) if options.site else None
    if options.file is not None:
        if options.since or options.until or options.record:
            raise Refusal("Name a recording, or say --from and --to (with --record FILE to make one); not both.")
        try:
            file = options.file.open("rb")
        except OSError as error:
            raise Refusal(f"{options.file} cannot be read: {error.strerror}.") from error
        with file:
            yield _of_file(file)
        return
    if options.since is None or options.until is None or options.since >= options.until:
        raise Refusal(
            "Say of what time: --from 2026-11-23T00:00+08:00 --to 2026-11-24T00:00+08:00, or name a recording."
        )
    with ExitStack() as stack:
        stores = stack.enter_context(closed_afterwards(existing_stores(configuration.settings)))
        with stores["registry"].read() as session:
            register = load_register(session)
        if site is not None and site not in register.sites:
            raise Refusal(f"There is no site {site}.")
        session = stack.enter_context(stores["monitor"].read())
        yield _of_store(
            session, setting_of(session, register, since=options.since, until=options.until, site=site), site
        )


def _of_file(file: BinaryIO) -> _Source:
    setting = setting_in(file.readline())
    return _Source(setting=setting, entries=entries_in(file), standing=None)


def _of_store(session: Session, setting: Setting, site: SiteId | None) -> _Source:
    standing = b"".join(export(session, since=setting.since, until=setting.until, site=site))
    return _Source(setting=setting, entries=entries_of(session, setting, site), standing=standing)


def _found(source: _Source, rules: Rules, site: str | None, speed: float | None) -> tuple[list[bytes], int]:
    setting = source.setting
    entries = source.entries if speed is None else _at_speed(source.entries, setting.since, speed, time.sleep)
    length = (setting.until - setting.since).total_seconds()
    with scratch_store() as store, progress("replay", _PARTS, sys.stderr) as begin:
        player, shown = Player(store, setting, rules), 0
        # At a pace each is told when its turn comes; otherwise as many as one pass takes.
        while part := list(islice(entries, AT_ONCE if speed is None else 1)):
            player.tell(part)
            while shown < min(_PARTS, _PARTS * (player.clock - setting.since).total_seconds() / length):
                begin("replay")
                shown += 1
        with store.read() as session:
            ours = SiteId(site) if site else None
            return list(export(session, since=setting.since, until=setting.until, site=ours)), player.signals


def _at_speed(
    entries: Iterator[Entry], since: Instant, speed: float, rest: Callable[[float], object]
) -> Iterator[Entry]:
    """Each entry when its turn comes, so many times as fast as it was recorded."""
    began = time.monotonic()
    for entry in entries:
        at = entry.at if isinstance(entry, Ticked) else entry.received_at
        while (left := (at - since).total_seconds() / speed - (time.monotonic() - began)) > 0:
            rest(min(left, _LONGEST_REST_SECONDS))
        yield entry
