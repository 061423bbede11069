"""An operator's open page in a benchmark: hears the live stream, asks for the page as its script does, notes what is on it."""

import http.client
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

_TIMEOUT_SECONDS = 30.0
_OK = 200
PAUSE_SECONDS = 0.15
"""Between an answer and the next question, as in `signals-live.js` and `control-room-link.js`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A page: where it is, the stream that it hears, the words that make it ask, and what is looked for on it."""

    page: str
    stream: str
    news: frozenset[str]
    sign: str
    """A regular expression; its group is what is noted."""


@dataclass(frozen=True, slots=True)
class Place:
    """A house's web process, and the operator's token."""

    host: str
    port: int
    token: str

    def ask(self, path: str) -> http.client.HTTPResponse:
        """Ask on a connection of its own."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=_TIMEOUT_SECONDS)
        connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
        answer = connection.getresponse()
        if answer.status != _OK:
            raise ConnectionError(f"{path}: {answer.status}")
        return answer


@dataclass(slots=True)
class Page:
    """One open page. `seen`: what was on it, with the moment of the answer that had it first (monotonic nanoseconds)."""

    place: Place
    watched: Watched
    seen: dict[str, int] = field(default_factory=dict)
    asked: int = 0
    _news: threading.Event = field(default_factory=threading.Event)
    _opened: threading.Event = field(default_factory=threading.Event)

    def open(self) -> None:
        for work in (self._hear, self._ask):
            threading.Thread(target=work, daemon=True).start()
        self._opened.wait(_TIMEOUT_SECONDS)

    def _hear(self) -> None:
        stream = self.place.ask(self.watched.stream)
        self._opened.set()
        while line := stream.readline():
            if line.startswith(b"event: ") and line[7:].strip().decode() in self.watched.news:
                self._news.set()

    def _ask(self) -> None:
        sign = re.compile(self.watched.sign)
        while True:
            self._news.wait()
            self._news.clear()
            shown = self.place.ask(self.watched.page).read().decode()
            now = time.monotonic_ns()
            self.asked += 1
            for found in sign.findall(shown):
                self.seen.setdefault(found, now)
            time.sleep(PAUSE_SECONDS)


def watch(line: Connection, place: Place, watched: Mapping[str, Watched]) -> None:
    """Open the pages; say so; when anything is said, say what each has shown."""
    pages = {name: Page(place, one) for name, one in watched.items()}
    for page in pages.values():
        page.open()
    line.send("open")
    while True:
        line.recv()
        line.send({name: dict(page.seen) for name, page in pages.items()})
