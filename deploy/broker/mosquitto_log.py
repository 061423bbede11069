"""What mosquitto says on standard error: kept in a file of bounded size, and looked through for refused publishes."""

import os
import re
import select
from contextlib import suppress
from pathlib import Path
from typing import IO

import structlog

from deploy.broker.refusals import Names, Refusals

log = structlog.get_logger()

LOG_BYTES = 10 * 1024 * 1024
LOGS_KEPT = 3
_READ_BYTES = 1 << 16
_SAVE_SECONDS = 1.0
_LONGEST_LINE = 1 << 18
# At its most talkative level it says several things of every message; they cost us one pass of this expression.
_WORTH_READING = re.compile(
    rb"^[^ \n]+: (?!Received |Sending |No will |Will message |Saving in-memory |\t|[^\n]{0,300} [012] [^ \n]+$)[^\n]*\n",
    re.MULTILINE,
)
_CONNECTED = re.compile(r"^[^ ]+: New client connected from \S+ as (.*) \(p\d+, c\d+, k\d+, u'(.*)'\)\.$")
_DENIED = re.compile(r"^[^ ]+: Denied PUBLISH from ")
_DENIED_REST = re.compile(r" \(d\d, q\d, r\d, m\d+, '")
_DENIED_END = re.compile(r"', \.\.\. \(\d+ bytes\)\)$")


def denied_by(line: str, names: Names) -> tuple[str, str] | None:
    """Account and topic of a refused publish; None: the line says something else, or nobody we know.

    Client and topic may themselves look like a part of the line, so the longest client that is known to be there counts.
    """
    begin, end = _DENIED.match(line), _DENIED_END.search(line)
    if begin is None or end is None:
        return None
    for middle in reversed(list(_DENIED_REST.finditer(line, begin.end(), end.start() + 1))):
        account = names.account(line[begin.end() : middle.start()])
        if account is not None:
            return account, line[middle.end() : end.start()]
    return None


class MosquittoLog:
    """Reads the broker's voice until it ends. Were it not read, the broker would stand still, so nothing here may fail."""

    def __init__(self, file: Path, voice: IO[bytes], refusals: Refusals, *, log_bytes: int = LOG_BYTES) -> None:
        self._file = file
        self._log_bytes = log_bytes
        self._voice = voice
        self._refusals = refusals
        self._names = Names()

    def read_to_the_end(self) -> None:
        """Read until the broker is gone."""
        rest = b""
        with self._voice:
            while True:
                ready, _, _ = select.select([self._voice], [], [], _SAVE_SECONDS)
                if ready:
                    said = os.read(self._voice.fileno(), _READ_BYTES)
                    if not said:
                        break
                    whole, newline, rest = (rest + said).rpartition(b"\n")
                    self._hear(whole + newline)
                    if len(rest) > _LONGEST_LINE:
                        rest = b""
                self._refusals.save()
        self._hear(rest + b"\n")
        self._refusals.save()

    def _hear(self, said: bytes) -> None:
        lines = _WORTH_READING.findall(said)
        if not lines:
            return
        for raw in lines:
            line = raw[:-1].decode(errors="replace")
            connected = _CONNECTED.search(line)
            if connected is not None:
                self._names.learn(connected[1], connected[2])
                continue
            denied = denied_by(line, self._names)
            if denied is not None:
                self._refusals.note(*denied)
        with suppress(OSError):  # a full disk: the broker must go on
            self._keep(b"".join(lines))

    def _keep(self, said: bytes) -> None:
        if self._file.exists() and self._file.stat().st_size + len(said) > self._log_bytes:
            for number in range(LOGS_KEPT - 1, 0, -1):
                older = self._file.with_name(f"{self._file.name}.{number}")
                newer = self._file.with_name(f"{self._file.name}.{number - 1}") if number > 1 else self._file
                if newer.exists():
                    newer.replace(older)
        with self._file.open("ab") as file:
            file.write(said)
