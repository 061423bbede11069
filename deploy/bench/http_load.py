"""Askers: connections that each ask, wait for the answer and ask again, from a process of their own."""

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Protocol

import uvloop

_GIVE_UP_SECONDS = 30.0
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Script(Protocol):
    """What is asked, and which answers are right. It goes to another process, so it is plain data."""

    def request(self, number: int) -> bytes:
        """The whole request with this number, head and body."""
        ...

    def is_right(self, answer: bytes) -> bool:
        """Whether this answer, head and body, is the one that was wanted."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of it. `seconds`: how long each right answer took; `wrong`: answers that were not right."""

    took_seconds: float
    seconds: Sequence[float]
    wrong: int
    first_wrong: bytes
    answer_bytes: int
    """How long the last answer was, with its head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One measurement: so many connections, until so many requests are answered or so many seconds are over."""

    port: int
    script: Script
    first: int
    connections: int
    seconds: float
    most: int = sys.maxsize


def ask(line: Connection) -> None:
    """Take a `Round` from the line, ask, say what came of it, and so on until the line is closed."""
    while True:
        try:
            wanted = line.recv()
        except EOFError:
            return
        line.send(uvloop.run(_asked(wanted)))


async def _asked(wanted: Round) -> Asked:
    loop = asyncio.get_running_loop()
    run = _Run(wanted)
    lines = [loop.create_connection(lambda: _Asker(run), "127.0.0.1", wanted.port) for _ in range(wanted.connections)]
    transports = [transport for transport, _ in await asyncio.gather(*lines)]
    began = time.perf_counter()
    run.begin(began + wanted.seconds)
    await asyncio.wait_for(run.over.wait(), wanted.seconds + _GIVE_UP_SECONDS)
    took = time.perf_counter() - began
    for transport in transports:
        transport.close()
    return Asked(
        took_seconds=took,
        seconds=run.seconds,
        wrong=run.wrong,
        first_wrong=run.first_wrong,
        answer_bytes=run.answer_bytes,
    )


class _Run:
    """What the connections of one round share."""

    def __init__(self, wanted: Round) -> None:
        self._script = wanted.script
        self._next = wanted.first
        self._end = wanted.first + wanted.most
        self._until = 0.0
        self._askers: list[_Asker] = []
        self._asking = 0
        self.seconds: list[float] = []
        self.wrong = 0
        self.first_wrong = b""
        self.answer_bytes = 0
        self.over = asyncio.Event()

    def joined(self, asker: "_Asker") -> None:
        self._askers.append(asker)

    def begin(self, until: float) -> None:
        self._until = until
        self._asking = len(self._askers)
        for asker in self._askers:
            asker.ask()

    def next_request(self, now: float) -> bytes | None:
        if now >= self._until or self._next >= self._end:
            return None
        self._next += 1
        return self._script.request(self._next - 1)

    def answered(self, answer: bytes, seconds: float) -> None:
        self.answer_bytes = len(answer)
        if self._script.is_right(answer):
            self.seconds.append(seconds)
        else:
            self.wrong += 1
            self.first_wrong = self.first_wrong or answer[:2000]

    def left(self) -> None:
        self._asking -= 1
        if self._asking == 0:
            self.over.set()


class _Asker(asyncio.Protocol):
    """One connection. An answer says its length: none of ours is sent in chunks."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._answer = b""
        self._whole = 0
        self._asked_at = 0.0
        self._is_asking = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._run.joined(self)

    def ask(self) -> None:
        request = self._run.next_request(time.perf_counter())
        self._is_asking = request is not None
        if request is None:
            self._run.left()
            return
        self._answer, self._whole = b"", 0
        self._asked_at = time.perf_counter()
        self._transport.write(request)  # type: ignore[attr-defined]  # a connected stream's transport can be written

    def data_received(self, data: bytes) -> None:
        self._answer = self._answer + data if self._answer else data
        if self._whole == 0:
            head = self._answer.find(_END_OF_HEAD)
            if head < 0:
                return
            self._whole = head + len(_END_OF_HEAD) + _length(self._answer[:head])
        if len(self._answer) >= self._whole:
            self._run.answered(self._answer, time.perf_counter() - self._asked_at)
            self.ask()

    def connection_lost(self, _error: Exception | None) -> None:
        if self._is_asking:
            self._is_asking = False
            self._run.answered(b"", 0.0)
            self._run.left()


def _length(head: bytes) -> int:
    lowered = head.lower()
    at = lowered.find(_LENGTH)
    return int(lowered[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
