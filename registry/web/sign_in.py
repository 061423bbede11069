"""Signing in and out."""

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from registry.auth import signing_in
from registry.auth.agents import short_agent
from registry.auth.principal import Principal
from registry.auth.requires import SESSION_COOKIE, identify, signed_in
from registry.auth.secrets import csrf_of, new_token
from registry.auth.signing_in import SignedIn, TooEarly
from registry.web.dependencies import parts_of
from registry.web.pages import is_own_path, page

router = APIRouter(include_in_schema=False)

VISIT_COOKIE = "dayuan_visit"
"""Before there is a session, the sign-in form is bound to this random word, so that no other site can send it."""


@router.get("/sign-in", response_model=None)
async def sign_in_page(request: Request, to: str = "/") -> HTMLResponse | RedirectResponse:
    """The form; who has signed in already goes on."""
    to = to if is_own_path(to) else "/"
    if await identify(request) is not None:
        return RedirectResponse(to, status_code=303)
    return _form(request, to=to)


@router.post("/sign-in", response_model=None)
async def sign_in(
    request: Request,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    to: Annotated[str, Form(max_length=2000)] = "/",
    csrf: Annotated[str, Form(max_length=200)] = "",
) -> HTMLResponse | RedirectResponse:
    """Begin a session, or say why not."""
    to = to if is_own_path(to) else "/"
    visit = request.cookies.get(VISIT_COOKIE, "")
    if not visit or not hmac.compare_digest(csrf.encode(), csrf_of(visit).encode()):
        return _form(request, to=to, name=name, trouble="sign_in.form_too_old", status=403)
    address = request.client.host if request.client is not None else "unknown"
    signed = await run_in_threadpool(_try, request, name, password, address)
    if isinstance(signed, TooEarly):
        wait = {"Retry-After": str(signed.wait_seconds)}
        return _form(request, to=to, name=name, wait_seconds=signed.wait_seconds, status=429, headers=wait)
    if signed is None:
        return _form(request, to=to, name=name, trouble="sign_in.wrong", status=401)
    response = RedirectResponse(to, status_code=303)
    response.set_cookie(
        SESSION_COOKIE, signed.token, httponly=True, samesite="lax", secure=request.url.scheme == "https", path="/"
    )
    response.delete_cookie(VISIT_COOKIE)
    return response


@router.post("/sign-out")
def sign_out(request: Request, _principal: Annotated[Principal, Depends(signed_in)]) -> Response:
    """End the session on this browser and everywhere its cookie was copied to."""
    parts = parts_of(request)
    token = request.cookies.get(SESSION_COOKIE)
    if token is not None:
        with parts.stores["registry"].begin(parts.clock.now()) as work:
            signing_in.end_session(work.session, token=token, now=work.now)
        parts.directory.forget(token)
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(SESSION_COOKIE)
    return response


def _try(request: Request, name: str, password: str, address: str) -> SignedIn | TooEarly | None:
    """The try is counted and kept before the password is looked at, and that is done while reading, so that nobody waits for it."""
    parts = parts_of(request)
    store = parts.stores["registry"]
    with store.begin(parts.clock.now()) as work:
        opened = signing_in.open_try(work.session, name=name, address=address, now=work.now)
    if isinstance(opened, TooEarly):
        return opened
    with store.read() as session:
        user_id = signing_in.check_password(session, name=name, password=password)
    with store.begin(parts.clock.now()) as work:
        agent = short_agent(request.headers.get("User-Agent", ""))
        return signing_in.sign_in(work.session, opened, user_id=user_id, now=work.now, agent=agent)


def _form(
    request: Request,
    *,
    to: str,
    name: str = "",
    trouble: str | None = None,
    wait_seconds: int = 0,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> HTMLResponse:
    visit = request.cookies.get(VISIT_COOKIE) or new_token()
    context = {"to": to, "name": name, "trouble": trouble, "wait_seconds": wait_seconds, "form_word": csrf_of(visit)}
    response = page(request, "sign_in.html", status=status, headers=headers, **context)
    is_https = request.url.scheme == "https"
    response.set_cookie(VISIT_COOKIE, visit, httponly=True, samesite="lax", secure=is_https, path="/")
    return response
