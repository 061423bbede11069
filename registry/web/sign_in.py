"""Signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from registry.auth import signing_in, tries
from registry.auth.principal import Principal
from registry.auth.requires import SESSION_COOKIE, identify, signed_in
from registry.auth.signing_in import Pending, SignedIn
from registry.auth.tries import TooEarly
from registry.web.dependencies import parts_of
from registry.web.doorway import VISIT_COOKIE, is_form_ours, lead_on, sign_in_form, visit_of
from registry.web.pages import is_own_path

router = APIRouter(include_in_schema=False)


@router.get("/sign-in", response_model=None)
async def sign_in_page(request: Request, to: str = "/") -> Response:
    """The form; who has signed in already goes on."""
    to = to if is_own_path(to) else "/"
    if await identify(request) is not None:
        return RedirectResponse(to, status_code=303)
    return sign_in_form(request, to=to)


@router.post("/sign-in", response_model=None)
async def sign_in(
    request: Request,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    to: Annotated[str, Form(max_length=2000)] = "/",
    csrf: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Begin a session, lead on to what else is asked, or say why not."""
    to = to if is_own_path(to) else "/"
    if not is_form_ours(request, VISIT_COOKIE, csrf):
        return sign_in_form(request, to=to, name=name, trouble="sign_in.form_too_old", status=403)
    reached = await run_in_threadpool(_try, request, name, password)
    if isinstance(reached, TooEarly):
        return sign_in_form(request, to=to, name=name, too_early=reached)
    if reached is None:
        return sign_in_form(request, to=to, name=name, trouble="sign_in.wrong", status=401)
    return lead_on(request, reached, to=to)


@router.post("/sign-out")
def sign_out(request: Request, _principal: Annotated[Principal, Depends(signed_in)]) -> Response:
    """End the session on this browser and everywhere its cookie was copied to."""
    parts = parts_of(request)
    token = request.cookies.get(SESSION_COOKIE)
    if token is not None:
        with parts.stores["registry"].begin(parts.clock.now()) as work:
            signing_in.end_session(work.session, token=token, now=work.now)
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(SESSION_COOKIE)
    return response


def _try(request: Request, name: str, password: str) -> SignedIn | Pending | TooEarly | None:
    """The try is counted and kept before the password is looked at, and that is done while reading, so that nobody waits for it."""
    parts, visit = parts_of(request), visit_of(request)
    store = parts.stores["registry"]
    with store.begin(parts.clock.now()) as work:
        opened = tries.open_try(work.session, name=name, address=visit.address, now=work.now)
    if isinstance(opened, TooEarly):
        return opened
    with store.read() as session:
        known = signing_in.check_password(session, name=name, password=password)
    with store.begin(parts.clock.now()) as work:
        return signing_in.sign_in(
            work.session, opened, known=known, now=work.now, agent=visit.agent, demanding=visit.demanding
        )
