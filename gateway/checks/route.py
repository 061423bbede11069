"""The check's route. A reader's request goes a short way past the framework; any other goes the framework's, with the same outcome."""

from collections.abc import Sequence
from typing import cast

from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.types import Message, Receive, Scope, Send

from gateway.checks.answers import CheckRequest
from gateway.checks.asking import check_at_desk
from gateway.desk import Desk
from registry.auth.permissions import Permission
from registry.auth.requires import requires
from registry.web.headers import as_sent
from registry.web.parts import Parts

MAY_CHECK = requires(Permission.GATE_CHECK)


LARGEST_BODY = 64 * 1024
"""Of a request that is answered here: a check has some 200 bytes."""
_REFUSED = "dayuan.check-refused"
"""Where a request that was refused here says so to the framework, which puts it into words."""


class CheckRoute(APIRoute):
    """Stands in the OpenAPI document and under the permission as every route does.

    What a reader sends - JSON, with a token that is known - is read, decided and answered in `answer_at_once`, at a tenth of the
    framework's time. Nothing is refused there but what the desk refuses: the framework's way says why in all other cases.
    """

    async def answer_at_once(self, scope: Scope, receive: Receive, send: Send) -> Receive | None:
        parts = cast("Parts", scope["app"].state.parts)
        asker = MAY_CHECK.at_once(scope, parts.directory) if _is_json_post(scope) else None
        if asker is None:
            return receive
        heard = await _heard(receive)
        try:
            request = CheckRequest.model_validate_json(_body(heard))
        except ValidationError:
            return _once_more(heard, receive)
        try:
            answered = await check_at_desk(request, asker, cast("Desk", parts.rooms["gateway"]))
        except Exception as error:  # noqa: BLE001 - whatever it is, the framework's way tells it
            scope[_REFUSED] = error
            return _once_more(heard, receive)
        answer = answered.body.encode()
        length = (b"content-length", b"%d" % len(answer))
        headers = (length, (b"content-type", b"application/json"), *as_sent(scope["path"]))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})
        return None

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _REFUSED in scope:
            raise cast("Exception", scope[_REFUSED])
        await super().handle(scope, receive, send)


def _is_json_post(scope: Scope) -> bool:
    return scope["method"] == "POST" and (b"content-type", b"application/json") in scope["headers"]


async def _heard(receive: Receive) -> list[Message]:
    """The messages of a request, to its end or until it is larger than any check."""
    heard = [await receive()]
    size = len(heard[0].get("body", b""))
    while heard[-1].get("more_body", False) and size <= LARGEST_BODY:
        heard.append(await receive())
        size += len(heard[-1].get("body", b""))
    return heard


def _body(heard: Sequence[Message]) -> bytes:
    """What these messages carry; nothing, if it is too large or the asker has gone: then the framework is told the same."""
    last = heard[-1]
    if last.get("more_body", False) or last["type"] != "http.request":
        return b""
    return last.get("body", b"") if len(heard) == 1 else b"".join(message.get("body", b"") for message in heard)


def _once_more(heard: Sequence[Message], receive: Receive) -> Receive:
    """Give messages that were heard already, then what comes after them."""
    unread = list(reversed(heard))

    async def again() -> Message:
        return unread.pop() if unread else await receive()

    return again
