"""A body that is too large is refused: before it is read when it says its length, else as soon as it is too long."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.problems import TooLarge
from registry.web.problem_documents import answer


class BodyLimit:
    """Answers 413 as a problem document."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = Headers(scope=scope).get("Content-Length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > self.max_bytes:
            await answer(TooLarge())(scope, receive, send)
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
