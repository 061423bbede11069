"""Where cameras post their alarms: `/api/monitor/push/{site}/{kind}/{name}` and below."""

from typing import Annotated, ClassVar

import structlog
from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from monitor.dependencies import doorkeeper_of, register_of
from monitor.push.bodies import Body, of_query, taken_apart
from monitor.push.proving import pushing
from monitor.signals.keeping import keep
from monitor.signals.messages import Message
from registry.auth.devices import basic_credentials
from registry.devices.facts import DeviceFacts
from registry.messages.foreign import PUSHED
from registry.problems import BadRequest, NotFound, TooLarge, TooManyRequests, Unauthenticated, Unavailable, problems
from registry.store.faults import UNAVAILABLE
from registry.web.dependencies import parts_of
from registry.web.doorway import address_of

router = APIRouter(tags=["push"])
log = structlog.get_logger()

ENDPOINT = "/api/monitor/push/{site}/{kind}/{name}"
MAX_BYTES = 4 * 1024 * 1024
"""Of one body, its pictures included."""
RETRY_SECONDS = 5


class EncodedBody(BadRequest):
    slug = "encoded-body"
    title = "Send the body as it is, without Content-Encoding"


class PushGuard:
    """Lets through the device that the path names, by HTTP Basic or by its secret as `?key=`.

    Whoever is turned away is not told whether there is such a device.
    """

    guards: ClassVar[bool] = True

    async def __call__(self, request: Request, site: str, kind: str, name: str) -> DeviceFacts:
        secret = _secret_given(request, f"{site}.{kind}.{name}", name)
        if secret is None:
            raise _refused()
        doorkeeper = doorkeeper_of(request)
        device = pushing(register_of(request), site, kind, name)
        if device is not None and doorkeeper.known(device, secret):
            return device
        parts, named, address = parts_of(request), f"{site}/{kind}/{name}", address_of(request)
        wait = doorkeeper.wait_before(named, address, parts.clock.now())
        if wait:
            raise TooManyRequests(headers={"Retry-After": str(max(1, round(wait.total_seconds())))})
        is_right = await run_in_threadpool(
            doorkeeper.prove, device, secret, named=named, address=address, now=parts.clock.now()
        )
        if device is None or not is_right:
            raise _refused()
        return device


def _refused() -> Unauthenticated:
    return Unauthenticated(
        "No device posts here with this secret.", headers={"WWW-Authenticate": 'Basic realm="dayuan"'}
    )


def _secret_given(request: Request, *names: str) -> str | None:
    """The secret; one that is given under another device's name is none that fits. None: nothing was tried."""
    given = basic_credentials(request.headers.get("Authorization", ""))
    if given is not None:
        return given[1] if given[0] in names else ""
    return request.query_params.get("key")


async def take_push(request: Request, device: Annotated[DeviceFacts, Depends(PushGuard())]) -> Response:
    """Take what a camera posts: each text of it is a message, kept before it is answered; pictures are left out."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        raise EncodedBody
    whole = await _whole(request)
    kind = request.headers.get("Content-Type", "")
    body = of_query(request.query_params) if request.method == "GET" and not whole else taken_apart(whole, kind)
    await run_in_threadpool(_take, request, device, body)
    return Response(status_code=200)


async def _whole(request: Request) -> bytes:
    length = request.headers.get("Content-Length", "0")
    if length.isdigit() and int(length) > MAX_BYTES:
        raise TooLarge
    whole = bytearray()
    async for piece in request.stream():
        whole += piece
        if len(whole) > MAX_BYTES:
            raise TooLarge
    return bytes(whole)


def _take(request: Request, device: DeviceFacts, body: Body) -> None:
    """Keep the texts of a body.

    Raises:
        Unavailable: they cannot be kept now; nothing of them counts as taken.

    """
    parts, at = parts_of(request), device.address
    topic = "/".join(filter(None, (PUSHED, at.site, at.kind, at.name, request.path_params.get("rest", ""))))
    now = parts.clock.now()
    messages = [Message(topic, one.payload, now, content_type=one.content_type) for one in body.parts]
    try:
        counted = keep(parts.stores["monitor"], parts.clock, messages, register_of(request)) if messages else None
    except UNAVAILABLE as error:
        log.warning("push-store-unavailable", device=str(at), error=str(error.__cause__ or error))
        raise Unavailable(headers={"Retry-After": str(RETRY_SECONDS)}) from error
    dead = counted.dead_letter if counted else 0
    if dead or body.pictures:
        log.info(
            "push-taken", device=str(at), messages=len(messages), dead_letters=dead, pictures_left_out=body.pictures
        )


for _path in (ENDPOINT, ENDPOINT + "/{rest:path}"):
    for _method in ("POST", "PUT", "GET"):
        router.add_api_route(
            _path,
            take_push,
            methods=[_method],
            response_class=Response,
            responses=problems(NotFound, TooLarge, TooManyRequests),
            openapi_extra={"security": [{"device": []}]},
        )
