"""The web server: uvicorn, told to end its live streams before it waits for them."""

import socket
from asyncio import CancelledError
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.problems import Unavailable
from registry.web.parts import Parts
from registry.web.problem_documents import answer

GRACE_SECONDS = 3
"""How long answers under way may take once the server is told to stop; with all else the process ends within 5 s."""


class ToldWhenCutOff:
    """Tells whoever still waits at the end that the process ends: uvicorn cuts them off with a 500, as if something had gone wrong."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = scope["type"] != "http"

        async def send_and_note(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except CancelledError:
            if has_begun:
                raise
            ends = "This process ends, and it is not known whether that was still done. Ask again in a moment."
            await answer(Unavailable(ends, headers={"Retry-After": "1"}))(scope, receive, send)


class Server(uvicorn.Server):
    """A server that stops: uvicorn waits for open streams first and tells the application afterwards, so we tell it before."""

    def __init__(self, config: uvicorn.Config, parts: Parts, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._parts = parts
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._parts.hub.close()
        await super().shutdown(sockets)

    def end(self) -> None:
        """Stop serving, in order; may be called from any thread."""
        self.should_exit = True


def server(app: FastAPI, *, host: str, port: int, listening: Callable[[], None] = lambda: None) -> Server:
    """The server of an application that `create_app` made; `run()` serves until the process is told to stop.

    `listening` is called once, when the port is open.
    """
    config = uvicorn.Config(
        ToldWhenCutOff(app),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return Server(config, app.state.parts, listening)
