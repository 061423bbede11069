"""Whoever waits for an answer when the server ends is told that it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from registry.web.serving import ToldWhenCutOff

App = Callable[[Scope, Receive, Send], Awaitable[None]]


def sent_by(app: App, kind: str = "http") -> tuple[list[Message], asyncio.Task[None]]:
    """What the server is given to send until it cuts off whom it no longer waits for, and how their request ended."""
    sent: list[Message] = []

    async def receive() -> Message:
        return await asyncio.Future()

    async def send(message: Message) -> None:
        sent.append(message)

    async def served() -> asyncio.Task[None]:
        scope: dict[str, Any] = {"type": kind, "path": "/api/gateway/checks"}
        request = asyncio.create_task(asyncio.wait_for(ToldWhenCutOff(app)(scope, receive, send), None))
        await asyncio.sleep(0)
        request.cancel()
        await asyncio.wait([request])
        return request

    return sent, asyncio.run(served())


async def waits(_scope: Scope, _receive: Receive, _send: Send) -> None:
    await asyncio.Future()


async def waits_after_it_began(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await asyncio.Future()


def test_who_still_waits_when_the_server_ends_is_told_to_ask_again() -> None:
    sent, request = sent_by(waits)
    assert sent[0]["status"] == 503
    assert (b"retry-after", b"1") in sent[0]["headers"]
    assert b"Ask again in a moment" in sent[1]["body"]
    assert request.exception() is None


@pytest.mark.parametrize(("app", "kind", "said"), [(waits_after_it_began, "http", 1), (waits, "lifespan", 0)])
def test_an_answer_that_has_begun_and_what_is_no_request_are_cut_off_without_a_word(
    app: App, kind: str, said: int
) -> None:
    sent, request = sent_by(app, kind)
    assert len(sent) == said
    assert request.cancelled()
