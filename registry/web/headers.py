"""The headers that every answer carries."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY: Final = (
    "default-src 'none'; script-src {script}; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_COMMON: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeaders:
    """Adds the policy to every answer; the patrol page alone may run WebAssembly and the camera, to read codes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        added = as_sent(scope["path"])

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.get("headers", ())
                names = {name.lower() for name, _ in given}
                message["headers"] = [*given, *(header for header in added if header[0] not in names)]
            await send(message)

        await self.app(scope, receive, send_with_headers)


def headers_for(path: str) -> Iterable[tuple[str, str]]:
    """The headers of an answer to this path."""
    is_patrol = path == "/patrol" or path.startswith("/patrol/")
    yield from _COMMON.items()
    script = "'self' 'wasm-unsafe-eval'" if is_patrol else "'self'"
    yield "Content-Security-Policy", _POLICY.format(script=script)
    yield "Permissions-Policy", f"camera=({'self' if is_patrol else ''}), geolocation=(), microphone=()"
    if not path.startswith("/static/"):
        yield "Cache-Control", "no-store"


@lru_cache(1024)
def as_sent(path: str) -> tuple[tuple[bytes, bytes], ...]:
    """The same headers in the form in which a server sends them."""
    return tuple((name.lower().encode(), value.encode()) for name, value in headers_for(path))
