"""The application: the rooms' routers behind one set of guards, headers and pages."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from registry.media.rules import MAX_BYTES
from registry.web import front, metrics, pictures, sign_in, sign_in_outside, sign_in_steps, static
from registry.web.body import BodyLimit
from registry.web.headers import SecurityHeaders
from registry.web.pages import environment
from registry.web.parts import Parts
from registry.web.readiness import sign_ins_check, store_check
from registry.web.short_way import AnswersAtOnce
from registry.web.trouble import install_problems

OPENAPI = "/api/openapi.json"
PUBLIC = frozenset(
    {
        "/sign-in",
        *sign_in_steps.PATHS,
        *sign_in_outside.PATHS,
        "/language/{language}",
        "/healthz",
        "/readyz",
        "/metrics",
        OPENAPI,
    }
)
"""The paths that need no permission: what must be reached before one has signed in, and what machines watch.

`/readyz` and `/metrics` name parts and counts, nothing of a person, plate, place or machine: `/readyz` tells particulars
to those alone who look after the system. The description of the API is the same in every house."""

MAX_BODY = MAX_BYTES + 64 * 1024
"""A picture, and the rest of the form it came in."""


class UnguardedRoute(RuntimeError):
    """A route asks for no permission: a mistake of ours that must not start."""


class Application(FastAPI):
    """Says in its OpenAPI document how programs prove who they are, and lets some routes answer before all else."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.at_once: dict[str, AnswersAtOnce] = {}
        """By path, the routes that are asked first."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self.at_once.get(scope["path"]) if scope["type"] == "http" else None
        if route is not None:
            scope["app"] = self
            unanswered = await route.answer_at_once(scope, receive, send)
            if unanswered is None:
                return
            receive = unanswered
        await super().__call__(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes["token"] = {"type": "http", "scheme": "bearer"}
        schemes["device"] = {
            "type": "http",
            "scheme": "basic",
            "description": "MQTT user and secret; PUT /api/media and /api/monitor/push only",
        }
        document["security"] = [{"token": []}]
        return document


def create_app(parts: Parts, routers: Sequence[APIRouter], *, public: Iterable[str] = ()) -> FastAPI:
    """Put the application together; `public`: further paths of the routers that need no permission.

    Raises:
        UnguardedRoute: a route neither asks for a permission nor is public.

    """
    # A request is held against one route after the other: the rooms come first, for at a gate somebody waits.
    all_routers = [
        *routers,
        front.router,
        sign_in.router,
        sign_in_steps.router,
        sign_in_outside.router,
        pictures.router,
        metrics.router,
    ]
    allowed = PUBLIC | frozenset(public)
    app = Application(
        title="Dayuan",
        version="1",
        openapi_url=OPENAPI,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.parts = parts
    for name, store in parts.stores.items():
        parts.readiness.register(f"store-{name}", store_check(store))
    parts.readiness.register("auth", sign_ins_check(parts.directory))
    app.state.pages = environment()
    app.state.paths = frozenset(path for router in all_routers for path in _page_paths(router))
    install_problems(app)
    for router in all_routers:
        app.router.routes.extend(router.routes)  # as they are: `include_router` makes each anew, at the first request
    for route in flat(app.routes):
        refuse_unguarded(route, allowed)
        if isinstance(route, AnswersAtOnce):
            app.at_once[route.path] = route
    static.mount(app)
    app.add_middleware(BodyLimit, max_bytes=MAX_BODY)
    app.add_middleware(SecurityHeaders)
    return app


def refuse_unguarded(route: BaseRoute, public: frozenset[str]) -> None:
    """Stop at a route that anybody could call.

    Raises:
        UnguardedRoute: it is one.

    """
    path = getattr(route, "path", repr(route))
    if path in public:
        return
    if not isinstance(route, APIRoute) or not _is_guarded(route.dependant):
        raise UnguardedRoute(f"{path} asks for no permission; write requires(Permission.…) into its signature")


def _is_guarded(dependant: Dependant) -> bool:
    return getattr(dependant.call, "guards", False) is True or any(_is_guarded(d) for d in dependant.dependencies)


def flat(routes: Iterable[BaseRoute]) -> Iterable[BaseRoute]:
    """The routes themselves, also of routers within routers."""
    for route in routes:
        included = getattr(route, "original_router", None)  # a router that was included into another
        if included is None:
            yield route
        else:
            yield from flat(included.routes)


def _page_paths(router: APIRouter) -> Iterable[str]:
    return (
        route.path for route in flat(router.routes) if isinstance(route, APIRoute) and "GET" in (route.methods or ())
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    parts: Parts = app.state.parts
    parts.hub.start()
    parts.directory.start()
    try:
        yield
    finally:
        parts.hub.close()
        await run_in_threadpool(parts.directory.stop)
