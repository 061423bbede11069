"""What the pages before a session share: their cookies, their forms, and the way on."""

import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from registry.auth.agents import short_agent
from registry.auth.entry.rules import LONGEST, Step
from registry.auth.requires import SESSION_COOKIE
from registry.auth.secrets import csrf_of, new_token
from registry.auth.signing_in import Pending, SignedIn, Visit
from registry.auth.tries import TooEarly
from registry.web.dependencies import parts_of
from registry.web.pages import page

VISIT_COOKIE = "dayuan_visit"
"""Before there is a session, the sign-in form is bound to this random word, so that no other site can send it."""
PENDING_COOKIE = "dayuan_pending"
"""The token of a sign-in that is under way. It is no session and is sent to the pages of signing in alone."""
PENDING_PATH = "/sign-in"
STEP_PATHS = {
    Step.CODE: "/sign-in/code",
    Step.PASSWORD: "/sign-in/password",
    Step.FACTOR: "/sign-in/second-factor",
}


def visit_of(request: Request) -> Visit:
    """From where and with what this request comes, and which roles need a second factor here."""
    return Visit(
        address=address_of(request),
        agent=short_agent(request.headers.get("User-Agent", "")),
        demanding=parts_of(request).settings.second_factor_roles,
    )


def address_of(request: Request) -> str:
    return request.client.host if request.client is not None else "unknown"


def is_form_ours(request: Request, cookie: str, word: str) -> bool:
    """Whether a form came from a page of ours: its word fits the cookie."""
    token = request.cookies.get(cookie, "")
    return bool(token) and hmac.compare_digest(word.encode(), csrf_of(token).encode())


def sign_in_form(
    request: Request,
    *,
    to: str,
    name: str = "",
    trouble: str | None = None,
    too_early: TooEarly | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The form for name and password; `trouble`: the key of a sentence above it."""
    visit = request.cookies.get(VISIT_COOKIE) or new_token()
    provider = parts_of(request).provider
    response = door(
        request,
        "sign_in.html",
        status=status,
        to=to,
        word=csrf_of(visit),
        trouble=trouble,
        too_early=too_early,
        name=name,
        provider=provider.name if provider is not None else None,
        provider_path=f"/sign-in/provider?{urlencode({'to': to})}",
    )
    set_cookie(request, response, VISIT_COOKIE, visit)
    return response


def door(
    request: Request,
    template: str,
    *,
    to: str,
    word: str,
    status: int = 200,
    trouble: str | None = None,
    too_early: TooEarly | None = None,
    **context: object,
) -> HTMLResponse:
    """A page of signing in, with one form: where it leads, its word, and what went wrong before."""
    wait = too_early.wait_seconds if too_early is not None else 0
    headers: Mapping[str, str] = {"Retry-After": str(wait)} if wait else {}
    known = {"to": to, "form_word": word, "trouble": trouble, "wait_seconds": wait}
    return page(request, template, status=429 if wait else status, headers=headers, **known, **context)


def lead_on(request: Request, reached: SignedIn | Pending, *, to: str) -> Response:
    """To the page somebody wanted, signed in; or to the next step."""
    response = RedirectResponse(next_path(reached, to=to), status_code=303)
    hand_over(request, response, reached)
    return response


def next_path(reached: SignedIn | Pending, *, to: str) -> str:
    """Where somebody goes from here."""
    return to if isinstance(reached, SignedIn) else f"{STEP_PATHS[reached.step]}?{urlencode({'to': to})}"


def hand_over(request: Request, response: Response, reached: SignedIn | Pending) -> None:
    """Give the browser its session, and take from it what it needed on the way; or the word for the next step."""
    response.delete_cookie(VISIT_COOKIE)
    if isinstance(reached, SignedIn):
        set_cookie(request, response, SESSION_COOKIE, reached.token)
        response.delete_cookie(PENDING_COOKIE, path=PENDING_PATH)
    else:
        longest = int(LONGEST.total_seconds())
        set_cookie(request, response, PENDING_COOKIE, reached.token, path=PENDING_PATH, max_age_seconds=longest)


def set_cookie(
    request: Request,
    response: Response,
    name: str,
    value: str,
    *,
    path: str = "/",
    max_age_seconds: int | None = None,
) -> None:
    """A cookie out of reach of scripts and of other sites' forms."""
    response.set_cookie(
        name,
        value,
        max_age=max_age_seconds,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        path=path,
    )
