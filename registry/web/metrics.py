"""What machines ask: alive, ready, and how many of what."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool

from registry.auth.directory import NobodyKnown
from registry.auth.permissions import Permission
from registry.auth.requires import identify
from registry.web.dependencies import TheParts

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/readyz")
async def ready(request: Request, parts: TheParts) -> JSONResponse:
    """Each part and its lag; 503 when one does not work that the others need.

    The particulars name machines and processes: they are for those who look after the system.
    """
    is_told_all = await _looks_after_the_system(request)
    states = await run_in_threadpool(parts.readiness.states)
    document = {
        "ready": all(state.ready or not state.vital for state in states.values()),
        "parts": {
            name: {"ready": state.ready, "lag_seconds": state.lag_seconds}
            | ({"detail": state.detail} if is_told_all else {})
            for name, state in states.items()
        },
    }
    return JSONResponse(document, status_code=200 if document["ready"] else 503)


@router.get("/metrics")
def metrics() -> Response:
    """Counters in the form of Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _looks_after_the_system(request: Request) -> bool:
    """Whether it is somebody who may; who cannot be looked up just now is answered like a stranger."""
    try:
        principal = await identify(request)
    except NobodyKnown:
        return False
    return principal is not None and principal.holds(Permission.SYSTEM_READ)
