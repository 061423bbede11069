"""The heads of the audit chains, announced each minute, so that a chain cut short shows against what others have heard."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import chain
from pathlib import Path

import orjson
import structlog
from sqlalchemy.exc import SQLAlchemyError

from deploy.rounds import Rounds
from registry.audit import Head, heads
from registry.clock import Clock, Instant, format_instant
from registry.ids import SiteId
from registry.messages.topics import audit_head_topic
from registry.store import Store
from registry.store.outbox import announce

log = structlog.get_logger()

_EVERY_SECONDS = 60.0


class AuditAnchor(Rounds):
    """A thread that announces the heads of all rooms together, a retained message for each site, when they have moved.

    Each announcement is also a line of a file outside the stores, against which `dayuan audit verify` checks them.
    """

    def __init__(self, stores: Mapping[str, Store], clock: Clock, file: Path) -> None:
        super().__init__("audit-anchor", _EVERY_SECONDS, self.try_to_announce)
        self._file = file
        self._stores = stores
        self._clock = clock
        self._announced: Mapping[SiteId, list[Head]] = {}
        self._of_room: dict[str, list[Head]] = {}

    def announce_heads(self) -> None:
        """Announce the heads that moved since the last time."""
        for room, store in self._stores.items():
            self._read(room, store)
        found: dict[SiteId, list[Head]] = defaultdict(list)
        for head in chain.from_iterable(self._of_room.values()):
            found[head.site].append(head)
        moved = {site: rooms for site, rooms in found.items() if self._announced.get(site) != rooms}
        if not moved:
            return
        now = self._clock.now()
        with self._stores["registry"].begin(now) as work:
            for site, rooms in moved.items():
                announce(work.session, audit_head_topic(site), _document(rooms, now), retain=True)
        _append(self._file, (orjson.dumps(head) for rooms in moved.values() for head in rooms))
        self._announced = found

    def _read(self, room: str, store: Store) -> None:
        """Read a room's heads; where that fails those known before stand, for a room whose service runs apart may be away."""
        try:
            with store.read() as session:
                self._of_room[room] = list(heads(session))
        except SQLAlchemyError as error:
            log.warning("audit-heads-unreadable", room=room, error=str(error.__cause__ or error))

    def try_to_announce(self) -> None:
        """The same; a store that is away or a disk that is full is told in the log, and the next minute tries again."""
        try:
            self.announce_heads()
        except (SQLAlchemyError, OSError) as error:
            log.warning("audit-heads-not-announced", error=str(error.__cause__ or error))


def _document(heads_of_site: list[Head], now: Instant) -> bytes:
    rooms = {head.room: {"position": head.position, "digest": head.digest} for head in heads_of_site}
    return orjson.dumps({"at": format_instant(now), "rooms": rooms})


def _append(file: Path, lines: Iterable[bytes]) -> None:
    """Add whole lines after what is there; of a line that a full disk or a power cut broke off, the rest stands alone."""
    with file.open("a+b") as stream:
        if stream.seek(0, os.SEEK_END):
            stream.seek(-1, os.SEEK_END)
            if stream.read(1) != b"\n":
                stream.write(b"\n")
        stream.writelines(line + b"\n" for line in lines)


def kept_heads(file: Path) -> list[Head]:
    """The newest head of each chain that was announced; empty before the first. What was broken off says nothing."""
    newest: dict[tuple[str, str], Head] = {}
    if file.exists():
        for line in file.read_bytes().splitlines():
            with suppress(orjson.JSONDecodeError):
                head = Head(**orjson.loads(line))
                newest[head.room, head.site] = head
    return list(newest.values())
