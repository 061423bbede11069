"""Putting and showing pictures."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from registry.auth.devices import basic_credentials
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import NAME_PATTERN, DeviceAddress, MediaId, SiteId
from registry.media.rules import MediaKind
from registry.problems import NotFound, TooLarge, Unauthenticated, Unprocessable, problems
from registry.web.dependencies import TheParts, parts_of

router = APIRouter(tags=["media"])


class SiteMissing(Unprocessable):
    slug = "site-missing"
    title = "Say to which site the picture belongs: ?site="


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who puts a picture: a device, whose site is its own, or a person or program with media.write."""

    device: DeviceAddress | None
    principal: Principal | None

    @property
    def person(self) -> str | None:
        """Whose act it is to put the picture; None: a device or a program puts what it saw."""
        return self.principal.name if self.principal is not None and not self.principal.is_program else None

    def site(self, asked: SiteId | None) -> SiteId:
        """The site to which the picture will belong.

        Raises:
            NotFound: a site where the sender may not put pictures.
            SiteMissing: no device, and no site was named.

        """
        if self.device is not None:
            if asked is not None and asked != self.device.site:
                raise NotFound
            return self.device.site
        if asked is None:
            raise SiteMissing
        if self.principal is None:
            raise Unauthenticated
        self.principal.require(Permission.MEDIA_WRITE, asked)
        return asked


class SenderGuard:
    """Lets through a device by HTTP Basic, or whoever holds media.write."""

    guards: ClassVar[bool] = True
    _by_permission = requires(Permission.MEDIA_WRITE)

    async def __call__(self, request: Request) -> Sender:
        given = basic_credentials(request.headers.get("Authorization", ""))
        if given is None:
            return Sender(device=None, principal=await self._by_permission(request))
        device = await run_in_threadpool(parts_of(request).devices, *given)
        if device is None:
            raise Unauthenticated(headers={"WWW-Authenticate": 'Basic realm="dayuan"'})
        return Sender(device=device, principal=None)


class MediaOut(BaseModel):
    """A stored picture as events carry it."""

    id: MediaId
    sha256: str
    kind: MediaKind


PICTURE_BODY = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("image/jpeg", "image/png")},
    }
}


@router.put(
    "/api/media",
    status_code=201,
    responses={200: {"model": MediaOut, "description": "It was here already"}, **problems(NotFound, TooLarge)},
    openapi_extra=PICTURE_BODY,
)
async def put_picture(  # noqa: PLR0917 - FastAPI passes them by name
    request: Request,
    response: Response,
    sender: Annotated[Sender, Depends(SenderGuard())],
    parts: TheParts,
    kind: MediaKind = MediaKind.SNAPSHOT,
    site: Annotated[str | None, Query(pattern=f"^{NAME_PATTERN}$")] = None,
) -> MediaOut:
    """Keep the picture in the body; the same picture twice has one id."""
    where = sender.site(SiteId(site) if site is not None else None)
    data = await request.body()
    ref = await run_in_threadpool(parts.media.put, data, site=where, kind=kind, by=sender.person)
    if not ref.is_new:
        response.status_code = 200
    return MediaOut(id=ref.id, sha256=ref.sha256, kind=ref.kind)


@router.get(
    "/api/media/{media_id}",
    responses={304: {"description": "The same as before"}, **problems(NotFound)},
    response_class=FileResponse,
)
def get_picture(
    media_id: MediaId,
    request: Request,
    principal: Annotated[Principal, Depends(requires(Permission.MEDIA_READ))],
    parts: TheParts,
) -> Response:
    """The picture; a browser keeps it, and asks each time whether whoever sits there now may see it."""
    file = parts.media.get(media_id)
    principal.require(Permission.MEDIA_READ, file.site)
    tag = f'"{file.sha256}"'
    headers = {"Cache-Control": "private, no-cache", "ETag": tag}
    if tag in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    return FileResponse(file.path, media_type=file.content_type, headers=headers)
