"""What machines ask: alive, ready, and how many of what."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from registry.web.dependencies import TheParts

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/readyz")
def ready(parts: TheParts) -> JSONResponse:
    """Each part and its lag; 503 when one does not work that the others need."""
    states = parts.readiness.states()
    document = {
        "ready": all(state.ready or not state.vital for state in states.values()),
        "parts": {
            name: {"ready": state.ready, "lag_seconds": state.lag_seconds, "detail": state.detail}
            for name, state in states.items()
        },
    }
    return JSONResponse(document, status_code=200 if document["ready"] else 503)


@router.get("/metrics")
def metrics() -> Response:
    """Counters in the form of Prometheus."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
