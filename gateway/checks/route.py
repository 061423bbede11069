"""The check's route. A reader's request goes a short way past the framework; any other goes the framework's, with the same outcome."""

from typing import cast

from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from gateway.checks.answers import CheckRequest
from gateway.checks.asking import check_at_desk
from gateway.desk import Desk
from registry.auth.permissions import Permission
from registry.auth.requires import requires
from registry.web.parts import Parts

MAY_CHECK = requires(Permission.GATE_CHECK)


class CheckRoute(APIRoute):
    """Stands in the OpenAPI document and under the permission as every route does.

    What a reader sends - JSON, with a token that was looked up a moment ago - is read, decided and answered here, at a tenth
    of the framework's time. Nothing is refused here but what the desk refuses: the framework's way says why in all other cases.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts = cast("Parts", scope["app"].state.parts)
        asker = MAY_CHECK.at_once(scope, parts.directory) if _is_json_post(scope) else None
        if asker is None:
            await super().handle(scope, receive, send)
            return
        body = await _whole(receive)
        try:
            request = CheckRequest.model_validate_json(body)
        except ValidationError:
            await super().handle(scope, _once_more(body, receive), send)
            return
        answered = await check_at_desk(request, asker, cast("Desk", parts.rooms["gateway"]))
        answer = answered.body.encode()
        headers = [(b"content-length", str(len(answer)).encode()), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


def _is_json_post(scope: Scope) -> bool:
    return scope["method"] == "POST" and (b"content-type", b"application/json") in scope["headers"]


async def _whole(receive: Receive) -> bytes:
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _once_more(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read already, then what comes after it."""
    unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return unread.pop() if unread else await receive()

    return again
