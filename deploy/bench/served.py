"""Servers that are asked in a benchmark, each in a process of its own."""

import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from enum import StrEnum
from multiprocessing.connection import Connection
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from deploy.assembly import assemble
from deploy.bench.rivals import bare_app, orm_app, template_app
from deploy.folder import DataFolder
from deploy.stores import open_stores, store_urls
from deploy.tuning import settle_memory
from registry.clock import SystemClock
from registry.settings import Settings
from registry.web.serving import server


class Memory(StrEnum):
    """How the garbage collector is set."""

    SETTLED = "settled"
    """As in production."""
    DEFAULT = "default"
    """As Python comes."""


def serve_house(line: Connection, data_dir: Path, memory: Memory, store_url: SecretStr | None = None) -> None:
    """The pages and the API of the three rooms on the stores of a data folder, as the web process serves them."""
    settings = Settings(data_dir=data_dir, store_url=store_url)
    stores = open_stores(store_urls(settings), DataFolder(data_dir).key("audit"))
    with ExitStack() as running:
        for store in stores.values():
            running.callback(store.close)
        house = assemble(settings, stores, SystemClock())
        house.run(running)
        _serve(line, memory, lambda listening: server(house.app, host="127.0.0.1", port=0, listening=listening))


def serve_bare(line: Connection, memory: Memory) -> None:
    """A FastAPI route with nothing behind it."""
    _serve(line, memory, lambda listening: _Rival(bare_app(), listening))


def serve_orm(line: Connection, folder: Path, cards: Sequence[str], memory: Memory) -> None:
    """The usual way of writing down a check."""
    _serve(line, memory, lambda listening: _Rival(orm_app(folder, cards), listening))


def serve_template(line: Connection, memory: Memory) -> None:
    """A page that only renders a small template."""
    _serve(line, memory, lambda listening: _Rival(template_app(), listening))


def _serve(line: Connection, memory: Memory, made: Callable[[Callable[[], None]], uvicorn.Server]) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))

        def listening() -> None:
            if memory is Memory.SETTLED:
                settle_memory()
            line.send(listener.getsockname()[1])

        made(listening).run(sockets=[listener])


class _Rival(uvicorn.Server):
    """A server with the settings of ours."""

    def __init__(self, app: FastAPI, listening: Callable[[], None]) -> None:
        super().__init__(uvicorn.Config(app, log_config=None, access_log=False, server_header=False, ws="none"))
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening()
