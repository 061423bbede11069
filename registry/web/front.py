"""The front door: each to the page of their work, and the language switch."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from registry.auth.permissions import Role
from registry.auth.principal import Principal
from registry.auth.requires import signed_in
from registry.i18n import Language
from registry.web.dependencies import parts_of
from registry.web.navigation import home_of
from registry.web.pages import LANGUAGE_COOKIE, is_own_path, page, translator_of

router = APIRouter(include_in_schema=False)

PROGRAMS = frozenset({Role.READER, Role.KIOSK, Role.EDGE})
_YEAR_SECONDS = 365 * 24 * 3600


@router.get("/", response_model=None)
async def front(
    request: Request, principal: Annotated[Principal, Depends(signed_in)]
) -> RedirectResponse | HTMLResponse:
    """To the page of one's role; a program, and somebody without any page, is told so."""
    if not principal.roles:
        return page(request, "no_pages.html", about="nobody")
    if principal.roles <= PROGRAMS:
        return page(request, "no_pages.html", about="program")
    public_url = parts_of(request).settings.public_url
    home = home_of(principal, request.app.state.paths, public_url=public_url)
    if home is not None:
        return RedirectResponse(home, status_code=303)
    t = translator_of(request)
    roles = t("registry.comma").join(t(f"role.{role}") for role in sorted(principal.roles))
    about = "host" if principal.roles == {Role.HOST} else "role"
    return page(request, "no_pages.html", about=about, roles=roles)


@router.post("/language/{language}")
async def choose_language(
    request: Request, language: Language, back: Annotated[str, Form(max_length=2000)] = "/"
) -> RedirectResponse:
    """Speak this language from now on, and go back to where one was."""
    response = RedirectResponse(back if is_own_path(back) else "/", status_code=303)
    is_https = request.url.scheme == "https"
    response.set_cookie(
        LANGUAGE_COOKIE, language, max_age=_YEAR_SECONDS, httponly=True, samesite="lax", secure=is_https
    )
    return response
