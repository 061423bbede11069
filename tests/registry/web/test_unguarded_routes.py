"""An application with a route that asks for no permission does not start."""

from pathlib import Path

import pytest
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from starlette.routing import Host, Mount, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from registry.web.app import PUBLIC, UnguardedRoute, create_app, refuse_unguarded
from tests.makers.web import some_parts


def anybody() -> dict[str, str]:
    return {}


def test_a_route_that_asks_for_nothing_does_not_start(tmp_path: Path) -> None:
    router = APIRouter()
    router.add_api_route("/api/open", anybody)
    with pytest.raises(UnguardedRoute, match="/api/open"):
        create_app(some_parts(tmp_path), [router])
    create_app(some_parts(tmp_path), [router], public=["/api/open"])


def test_what_the_framework_adds_is_looked_at_like_our_own_routes(tmp_path: Path) -> None:
    app = create_app(some_parts(tmp_path), [])
    added = [route for route in app.routes if isinstance(route, Route) and not isinstance(route, APIRoute)]
    assert [route.path for route in added] == ["/api/openapi.json"]
    for route in added:
        refuse_unguarded(route, PUBLIC)
        with pytest.raises(UnguardedRoute):
            refuse_unguarded(route, frozenset())


def test_a_router_within_a_router_is_looked_at_too(tmp_path: Path) -> None:
    inner, outer = APIRouter(), APIRouter()
    inner.add_api_route("/api/hidden", anybody)
    outer.include_router(inner)
    with pytest.raises(UnguardedRoute, match="/api/hidden"):
        create_app(some_parts(tmp_path), [outer])


def test_a_route_that_is_no_api_route_does_not_start(tmp_path: Path) -> None:
    async def plain(_request: Request) -> HTMLResponse:
        return HTMLResponse("")

    router = APIRouter()
    router.routes.append(Route("/plain", plain))
    with pytest.raises(UnguardedRoute, match="/plain"):
        create_app(some_parts(tmp_path), [router])


@pytest.mark.parametrize("kind", ["websocket", "mount", "host", "bare websocket"])
def test_whatever_else_answers_does_not_start_either(tmp_path: Path, kind: str) -> None:
    async def talk(_socket: WebSocket) -> None:
        """Never called."""

    async def bare(_scope: Scope, _receive: Receive, _send: Send) -> None:
        """Never called."""

    router = APIRouter()
    match kind:
        case "websocket":
            router.add_api_websocket_route("/talk", talk)
        case "bare websocket":
            router.routes.append(WebSocketRoute("/talk", talk))
        case "mount":
            router.routes.append(Mount("/talk", bare))
        case _:
            router.routes.append(Host("talk", bare))
    with pytest.raises(UnguardedRoute, match="asks for no permission"):
        create_app(some_parts(tmp_path), [router])
