"""The live stream: says what changed, and the page asks for the truth.

An event is encoded once for all. A client that is too slow is told to reload and dropped, so that it holds up nobody;
one that comes back within the remembered events gets what it missed. An event `alive`, at once and every five seconds,
shows a page that the link lives (a comment would not: browsers keep comments from the page), says whether anything could
change at all, and is the moment when the server looks whether the session still does.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import orjson
from fastapi import Request
from starlette.responses import StreamingResponse

from registry.auth.directory import NobodyKnown
from registry.auth.permissions import Permission
from registry.auth.principal import AllSites, Principal
from registry.auth.requires import identify
from registry.clock import Instant, format_instant
from registry.ids import SiteId

REMEMBERED = 1000
"""Events kept for clients that come back."""
WAITING = 256
"""Events that may wait for one client before it is dropped."""
HEARTBEAT_SECONDS = 5.0
_RELOAD: Final = b"event: reload\ndata: {}\n\n"


@dataclass(frozen=True, slots=True)
class _Event:
    number: int
    site: SiteId | None
    encoded: bytes


@dataclass(slots=True, eq=False)
class _Client:
    sites: Container[object]
    waiting: deque[bytes] = field(default_factory=deque)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    is_dropped: bool = False

    def sees(self, event: _Event) -> bool:
        return event.site is None or event.site in self.sites


class Hub:
    """Hands every event to every page that may see it. `publish` may be called from any thread, the rest from the loop."""

    def __init__(
        self, *, remembered: int = REMEMBERED, waiting: int = WAITING, heartbeat_seconds: float = HEARTBEAT_SECONDS
    ) -> None:
        self._run = secrets.token_hex(4)
        self._number = 0
        self._remembered: deque[_Event] = deque(maxlen=remembered)
        self._waiting = waiting
        self._heartbeat_seconds = heartbeat_seconds
        self._clients: set[_Client] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._alive = _alive({"live": True})

    @property
    def clients(self) -> int:
        return len(self._clients)

    @property
    def position(self) -> str:
        """The number of the last event: who asks the store from now on sees all that was said up to it."""
        return f"{self._run}-{self._number}"

    def start(self) -> None:
        """Called by the application once its loop runs; what was published before is nobody's loss: pages ask first."""
        self._loop = asyncio.get_running_loop()
        self._closed = False

    def publish(self, event: str, data: object, *, site: SiteId | None = None) -> None:
        """Tell every page; `site`: only those that may see that site. Before the application runs there is none."""
        self._soon(partial(self._deliver, event, orjson.dumps(data), site))

    def nudge(self, event: str) -> None:
        """Tell the pages that are open now to ask; not remembered, for what happens many times a second."""
        self._soon(partial(self._hand_to, self._clients, f"event: {event}\ndata: {{}}\n\n".encode()))

    def say_live(self) -> None:
        """Tell pages, now and from now on, that whatever happens reaches them. May be called from any thread."""
        self._say(_alive({"live": True}))

    def say_stalled(self, since: Instant | None) -> None:
        """Tell them that nothing can reach them, and since when if that is known. May be called from any thread."""
        self._say(_alive({"live": False, "since": format_instant(since) if since is not None else None}))

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._closed = True
        for client in self._clients:
            client.woken.set()

    def _say(self, alive: bytes) -> None:
        if alive != self._alive:
            self._alive = alive
            self._soon(partial(self._hand_to, self._clients, alive))

    def _soon(self, act: Callable[[], None]) -> None:
        loop = self._loop
        if loop is None:
            return
        with suppress(RuntimeError):  # the application stopped just now: nobody listens
            loop.call_soon_threadsafe(act)

    def _deliver(self, name: str, body: bytes, site: SiteId | None) -> None:
        self._number += 1
        head = f"id: {self._run}-{self._number}\nevent: {name}\ndata: ".encode()
        event = _Event(self._number, site, head + body + b"\n\n")
        self._remembered.append(event)
        self._hand_to([client for client in self._clients if client.sees(event)], event.encoded)

    def _hand_to(self, clients: Iterable[_Client], chunk: bytes) -> None:
        for client in clients:
            if client.is_dropped:
                continue
            if len(client.waiting) >= self._waiting:
                client.is_dropped = True
                client.waiting.clear()
                client.waiting.append(_RELOAD)
            else:
                client.waiting.append(chunk)
            client.woken.set()

    async def stream(
        self,
        *,
        sites: Container[object],
        last_event_id: str | None = None,
        may_go_on: Callable[[], Awaitable[bool]] | None = None,
    ) -> AsyncIterator[bytes]:
        """The bytes for one client, until it is dropped, goes away, may no longer listen or the hub closes."""
        client = _Client(sites)
        client.waiting.extend(self._missed(client, last_event_id))
        self._clients.add(client)
        try:
            yield b"retry: 2000\n" + self._alive
            while not self._closed:
                async for chunk in self._until_heartbeat(client):
                    yield chunk
                if client.is_dropped or (may_go_on is not None and not await may_go_on()):
                    return
                yield self._alive
        finally:
            self._clients.discard(client)

    async def _until_heartbeat(self, client: _Client) -> AsyncIterator[bytes]:
        """What there is to say until the next heartbeat is due; ends early when the client is dropped or the hub closes."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self._heartbeat_seconds
        while (left := due - loop.time()) > 0 and not self._closed:
            while client.waiting:
                yield client.waiting.popleft()
            if client.is_dropped:
                return
            client.woken.clear()
            try:
                await asyncio.wait_for(client.woken.wait(), left)
            except TimeoutError:
                return

    def _missed(self, client: _Client, last_event_id: str | None) -> list[bytes]:
        """What a client that comes back has not seen; a word to reload when that is no longer known."""
        if not last_event_id:
            return []
        run, _, number = last_event_id.rpartition("-")
        if run != self._run or not number.isascii() or not number.isdigit():
            return [_RELOAD]
        last = int(number)
        oldest = self._remembered[0].number if self._remembered else self._number + 1
        if last > self._number or last + 1 < oldest:
            return [_RELOAD]
        return [event.encoded for event in self._remembered if event.number > last and client.sees(event)]


def _alive(said: object) -> bytes:
    return b"event: alive\ndata: " + orjson.dumps(said) + b"\n\n"


def sse_response(
    request: Request,
    hub: Hub,
    principal: Principal,
    permission: Permission,
    *,
    site: SiteId | None = None,
    seen: str | None = None,
) -> StreamingResponse:
    """Answer with the live stream of the sites where this person has the permission, or of one of them.

    `seen`: the hub's position when the page was made, so that nothing is missed between the page and its stream.
    It ends within seconds when they are signed out or their sites change; the page then comes back and is asked anew.
    """
    last = request.headers.get("Last-Event-ID") or seen
    sites = _heard_by(principal, permission, site)

    async def may_go_on() -> bool:
        try:
            known = await identify(request)
        except NobodyKnown:
            return False
        return known is not None and _heard_by(known, permission, site) == sites

    return StreamingResponse(
        hub.stream(sites=sites, last_event_id=last, may_go_on=may_go_on),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


def _heard_by(principal: Principal, permission: Permission, site: SiteId | None) -> frozenset[SiteId] | AllSites:
    sites = principal.sites(permission)
    return sites if site is None else frozenset({site} if site in sites else ())
