"""The live stream: nothing lost for those who keep up or come back soon, nobody held up by those who do not."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import httpx
import pytest
import uvicorn
from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from registry.auth import service
from registry.auth.permissions import Permission, Role
from registry.auth.principal import Grant, Principal
from registry.auth.requires import SESSION_COOKIE, requires
from registry.clock import format_instant
from registry.ids import SiteId
from registry.web.app import create_app
from registry.web.dependencies import TheParts
from registry.web.parts import Parts
from registry.web.serving import server
from registry.web.stream import Hub, sse_response
from tests.fakes.clock import NOON
from tests.makers.web import SignedInBrowser, a_session, a_user, some_parts

OC1, OC2 = SiteId("oc1"), SiteId("oc2")
EVERYWHERE = {OC1, OC2}
ALIVE = b'event: alive\ndata: {"live":true}\n\n'
Listener = Annotated[Principal, Depends(requires(Permission.ALARMS_READ))]


def in_a_loop(act: Callable[[Hub], Awaitable[None]], **settings: float) -> None:
    """Run `act` with a hub that has started; 10 s at most."""

    async def run() -> None:
        hub = Hub(**settings)  # type: ignore[arg-type]
        hub.start()
        await asyncio.wait_for(act(hub), 10)

    asyncio.run(run())


async def connected(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A stream that has said its first word."""
    assert (await anext(stream)).startswith(b"retry: 2000\nevent: alive\n")
    return stream


async def events(stream: AsyncIterator[bytes], count: int) -> list[str]:
    """The next `count` events in text, without heartbeats."""
    found: list[str] = []
    while len(found) < count:
        chunk = (await anext(stream)).decode()
        if not chunk.startswith("event: alive"):
            found.append(chunk)
    return found


def test_every_page_hears_what_happened_in_order() -> None:
    async def act(hub: Hub) -> None:
        pages = [await connected(hub.stream(sites=EVERYWHERE)) for _ in range(3)]
        first = [asyncio.ensure_future(events(page, 2)) for page in pages]
        await asyncio.sleep(0)
        for number in (1, 2):
            hub.publish("alarm-changed", {"version": number}, site=OC1)
        for heard in await asyncio.gather(*first):
            assert [event.split("\n")[1:3] for event in heard] == [
                ["event: alarm-changed", 'data: {"version":1}'],
                ["event: alarm-changed", 'data: {"version":2}'],
            ]

    in_a_loop(act)


def test_a_page_hears_of_its_own_sites_only() -> None:
    async def act(hub: Hub) -> None:
        page = await connected(hub.stream(sites={OC1}))
        heard = asyncio.ensure_future(events(page, 2))
        await asyncio.sleep(0)
        for site in (OC2, OC1, None):
            hub.publish("alarm-changed", {"site": site}, site=site)
        assert ['"oc2"' in event for event in await heard] == [False, False]

    in_a_loop(act)


def test_who_comes_back_hears_what_was_missed() -> None:
    async def act(hub: Hub) -> None:
        page = await connected(hub.stream(sites=EVERYWHERE))
        heard = asyncio.ensure_future(events(page, 1))
        await asyncio.sleep(0)
        for number in (1, 2, 3):
            hub.publish("n", number)
        last = (await heard)[0].split("\n")[0].removeprefix("id: ")
        again = await connected(hub.stream(sites=EVERYWHERE, last_event_id=last))
        assert [event.split("data: ")[1] for event in await events(again, 2)] == ["2\n\n", "3\n\n"]

    in_a_loop(act)


@pytest.mark.parametrize("last", ["other-1", "x", "-", "other-", "other-²", "RUN-1", "RUN-99", "RUN--1"])
def test_who_was_away_too_long_or_knows_another_server_is_told_to_reload(last: str) -> None:
    async def act(hub: Hub) -> None:
        for number in range(10):
            hub.publish("n", number)
        await asyncio.sleep(0)
        page = await connected(hub.stream(sites=EVERYWHERE, last_event_id=last.replace("RUN", hub._run)))
        assert await anext(page) == b"event: reload\ndata: {}\n\n"

    in_a_loop(act, remembered=5)


def test_a_page_that_does_not_read_is_dropped_and_told_to_reload_while_others_hear_all() -> None:
    async def act(hub: Hub) -> None:
        stalled = await connected(hub.stream(sites=EVERYWHERE))
        heard_by_stalled = asyncio.ensure_future(anext(stalled))
        reading = await connected(hub.stream(sites=EVERYWHERE))
        for number in range(100):
            waiting = asyncio.ensure_future(events(reading, 1))
            await asyncio.sleep(0)
            hub.publish("n", number)
            assert (await waiting)[0].endswith(f"data: {number}\n\n")
        assert (await heard_by_stalled).endswith(b"data: 0\n\n")
        assert [chunk async for chunk in stalled] == [b"event: reload\ndata: {}\n\n"]
        assert hub.clients == 1

    in_a_loop(act, waiting=10)


def test_a_quiet_stream_says_that_it_is_alive() -> None:
    async def act(hub: Hub) -> None:
        page = await connected(hub.stream(sites=EVERYWHERE))
        assert await anext(page) == ALIVE

    in_a_loop(act, heartbeat_seconds=0.01)


def test_a_page_is_told_at_once_and_again_that_nothing_can_reach_it_and_since_when() -> None:
    async def act(hub: Hub) -> None:
        hub.say_stalled(NOON)
        page = hub.stream(sites=EVERYWHERE)
        stalled = f'event: alive\ndata: {{"live":false,"since":"{format_instant(NOON)}"}}\n\n'.encode()
        assert await anext(page) == b"retry: 2000\n" + stalled
        assert await anext(page) == stalled
        hub.say_stalled(None)
        assert await anext(page) == b'event: alive\ndata: {"live":false,"since":null}\n\n'
        hub.say_live()
        assert await anext(page) == ALIVE

    in_a_loop(act, heartbeat_seconds=0.01)


def test_an_open_page_is_told_at_once_when_the_way_to_it_breaks_and_once_only() -> None:
    async def act(hub: Hub) -> None:
        page = await connected(hub.stream(sites=EVERYWHERE))
        heard = asyncio.ensure_future(anext(page))
        await asyncio.sleep(0)
        for _ in range(2):
            hub.say_stalled(NOON)
        assert b'"live":false' in await heard
        hub.publish("n", 1)
        assert b"event: n" in await anext(page)

    in_a_loop(act, heartbeat_seconds=60)


def test_who_was_signed_out_hears_no_more() -> None:
    async def act(hub: Hub) -> None:
        async def no() -> bool:
            return False

        page = await connected(hub.stream(sites=EVERYWHERE, may_go_on=no))
        assert [chunk async for chunk in page] == []
        assert hub.clients == 0

    in_a_loop(act, heartbeat_seconds=0.01)


def test_events_come_from_any_thread() -> None:
    async def act(hub: Hub) -> None:
        page = await connected(hub.stream(sites=EVERYWHERE))
        heard = asyncio.ensure_future(events(page, 400))
        await asyncio.sleep(0)

        def publish() -> None:
            for number in range(100):
                hub.publish("n", number)

        threads = [threading.Thread(target=publish) for _ in range(4)]
        for thread in threads:
            thread.start()
        numbers = [int(event.split("\n")[0].rpartition("-")[2]) for event in await heard]
        assert numbers == list(range(1, 401))
        for thread in threads:
            thread.join()

    in_a_loop(act, waiting=1000)


def test_nothing_breaks_when_nobody_listens_yet() -> None:
    Hub().publish("n", 1)


def live() -> APIRouter:
    """A page's stream, as a room has it."""
    router = APIRouter()

    @router.get("/stream")
    async def stream(request: Request, principal: Listener, parts: TheParts) -> StreamingResponse:
        return sse_response(request, parts.hub, principal, Permission.ALARMS_READ)

    return router


@contextmanager
def listening(
    parts: Parts, session: SignedInBrowser, eventually: Callable[[Callable[[], bool]], None]
) -> Iterator[tuple[uvicorn.Server, Iterator[bytes]]]:
    """A server, and what a page hears from it after the stream's first word."""
    running = server(create_app(parts, [live()]), host="127.0.0.1", port=0)
    thread = threading.Thread(target=running.run)
    thread.start()
    eventually(lambda: running.started)
    url = f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}/stream"
    with httpx.stream("GET", url, cookies={SESSION_COOKIE: session.token}) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        chunks = answer.iter_bytes()
        assert next(chunks) == b"retry: 2000\n" + ALIVE
        yield running, chunks
    running.should_exit = True
    thread.join(60)
    assert not thread.is_alive()


def test_the_stream_ends_when_somebody_loses_a_site(
    tmp_path: Path, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    parts = replace(some_parts(tmp_path), hub=Hub(heartbeat_seconds=0.05))
    session = a_session(parts, a_user(parts, "operator", Role.OPERATOR, site=None))
    with listening(parts, session, eventually) as (_, chunks):
        assert next(chunks) == ALIVE, "as long as nothing changes it goes on"
        with parts.stores["registry"].begin(parts.clock.now()) as work:
            grants = [Grant(Role.OPERATOR, OC1)]
            service.set_grants(work.session, name="operator", grants=grants, now=work.now)
        assert set(b"".join(chunks).split(b"\n")) <= set(ALIVE.split(b"\n"))
        eventually(lambda: parts.hub.clients == 0)


def test_the_server_stops_while_a_page_listens(
    tmp_path: Path, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    parts = some_parts(tmp_path)
    session = a_session(parts, a_user(parts, "operator", Role.OPERATOR))
    with listening(parts, session, eventually) as (running, chunks):
        running.should_exit = True
        assert b"".join(chunks).count(b"event: reload") == 0
