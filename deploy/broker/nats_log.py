"""NATS server's log file, followed over its renewals and looked through for refused publishes, and for the end of storing."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import IO

import structlog

from deploy.broker.refusals import Names, Refusals

log = structlog.get_logger()

LOOK_SECONDS = 0.5
_MOST_BYTES = 1 << 20
"""Of one look; what is beyond comes with the next one, or at once when the file is another."""
_REFUSED = re.compile(
    rb" \[ERR\] [^ ]+ - mid:(\d+) - \".*\" - (?:Publish Violation - Subject \"(.*)\"|character not supported for MQTT topics)$"
)

_STORES_NOTHING = re.compile(
    rb"^\[\d+\] [\d/]+ [\d:.]+ \[(?:ERR|WRN)\] ((?:"
    rb"JetStream (?:stream|consumer) '.*' critical write error: |"
    rb"JetStream failed to store a msg on stream '|"
    rb"JetStream .*resource limits exceeded for |"
    rb"JetStream out of .*will be DISABLED|"
    rb"File ?system permission denied .*disabling JetStream"
    rb").*)$"
)
"""After a disk was full it refuses every message with the error of then, for as long as it runs."""


def topic_of(subject: str) -> str:
    """An MQTT topic as its sender wrote it, from NATS's own way of writing it."""
    return "/".join("" if level == "/" else level.replace("//", ".") for level in subject.split("."))


def refused_by(line: bytes) -> tuple[str, str] | None:
    """Number of the connection and topic; the topic is empty where the log does not name it (one with a blank)."""
    found = _REFUSED.search(line)
    if found is None:
        return None
    return found[1].decode(), topic_of((found[2] or b"").decode(errors="replace"))


def stores_nothing_by(line: bytes) -> str | None:
    """Why the broker stores nothing more, where the line says that."""
    found = _STORES_NOTHING.search(line)
    return found[1].decode(errors="replace") if found is not None else None


class NatsLog:
    """A thread that reads the log while the broker runs."""

    def __init__(self, file: Path, refusals: Refusals, account_of: Callable[[str], str | None]) -> None:
        """Prepare.

        Args:
            file: the broker's log; it is renamed when it has grown, and begun anew.
            refusals: where what is found is counted.
            account_of: asks the broker who signed in on a connection.

        """
        self._file = file
        self._refusals = refusals
        self._ask = account_of
        self._names = Names()
        self.fault: str | None = None
        """Why the broker stores nothing more, since it was started."""
        self._open: IO[bytes] | None = None
        self._rest = b""
        self._ended = Event()
        self._thread = Thread(target=self._follow, name="nats-log", daemon=True)

    def start(self) -> None:
        """Begin with what is said from now on."""
        self._turn_to_file(at_end=True)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()
        self.look()
        if self._open is not None:
            self._open.close()

    def look(self) -> None:
        """Read what is new."""
        if self._open is not None:
            self._read(self._open)
        if self._turn_to_file() and self._open is not None:
            self._read(self._open)
        self._refusals.save()

    def _follow(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - whatever keeps one look from its end, the next must come
                log.warning("broker-log-unreadable", error=type(error).__name__, fault=str(error))

    def _turn_to_file(self, *, at_end: bool = False) -> bool:
        """Open the file of now, when it is another one than that which is open; that one is read to its end before."""
        try:
            fresh = self._file.open("rb")
        except OSError:
            return False
        if self._open is not None and os.path.sameopenfile(self._open.fileno(), fresh.fileno()):
            fresh.close()
            return False
        if self._open is not None:
            while self._read(self._open):
                pass
            self._open.close()
        self._rest = b""  # a line that the old file broke off does not go on in the new one
        if at_end:
            fresh.seek(0, os.SEEK_END)
        self._open = fresh
        return True

    def _read(self, file: IO[bytes]) -> bool:
        """Read a piece of the file; False when there is nothing more."""
        said = file.read(_MOST_BYTES)
        *lines, self._rest = (self._rest + said).split(b"\n")
        for line in lines:
            try:
                self._look_at(line)
            except Exception:  # whatever one line does, those after it must be looked at
                log.exception("broker-log-line-not-understood")
        return bool(said)

    def _look_at(self, line: bytes) -> None:
        self.fault = self.fault or stores_nothing_by(line)
        refused = refused_by(line)
        if refused is not None:
            number, topic = refused
            account = self._account(number)
            if account is not None:
                self._refusals.note(account, topic)

    def _account(self, number: str) -> str | None:
        account = self._names.account(number)
        if account is None:
            account = self._ask(number)
            if account is not None:
                self._names.learn(number, account)
        return account
