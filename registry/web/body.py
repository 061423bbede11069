"""A body that is too large is refused: before it is read when it says its length, else as soon as it is too long.

What a browser sends to a page is heard to its end first: one that still sends when it is answered says that the line broke.
"""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.problems import TooLarge
from registry.web.problem_documents import answer

MOST_PASSED_OVER = 64 * 1024 * 1024
"""Bytes of a form that are heard and dropped, so that its sender learns what was wrong: a telephone's photo has 20 million."""


class BodyLimit:
    """Answers 413: to programs as a problem document at once, to people in the words of the page that they sent a form to."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = Headers(scope=scope).get("Content-Length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > self.max_bytes:
            if scope["path"].startswith("/api/") or not length.isdigit():
                await answer(TooLarge())(scope, receive, send)
            else:
                await self.app(scope, _refused_when_heard(receive), send)
            return
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_bytes:
                raise HTTPException(TooLarge.status)  # a Problem would be taken for a body that cannot be parsed
            return message

        await self.app(scope, receive_counted, send)


def _refused_when_heard(receive: Receive) -> Receive:
    """Whoever asks for this body is told that it is too large, once its sender has done with it."""

    async def heard_and_refused() -> Message:
        heard, message = 0, await receive()
        while message.get("more_body", False) and heard < MOST_PASSED_OVER:
            heard += len(message.get("body", b""))
            message = await receive()
        raise HTTPException(TooLarge.status)

    return heard_and_refused
