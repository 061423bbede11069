"""What may lie between the password and a session: a code, a password of one's own, setting up a second factor.

Each page is bound to the cookie of the sign-in under way; without one, or after ten minutes, it leads back to the start.
"""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from registry.auth import changing_password, signing_in
from registry.auth.entry.rules import Step
from registry.auth.factor import service as factor
from registry.auth.factor.rules import app_address, grouped
from registry.auth.models import UserRow
from registry.auth.passwords import MIN_LENGTH
from registry.auth.secrets import csrf_of
from registry.auth.service import WeakPassword
from registry.auth.signing_in import Refused
from registry.auth.tries import TooEarly
from registry.qr.codes import make_qr_svg
from registry.store import Work
from registry.web.dependencies import RegistryReading, RegistryWork, TheParts, parts_of
from registry.web.doorway import (
    PENDING_COOKIE,
    STEP_PATHS,
    door,
    hand_over,
    is_form_ours,
    lead_on,
    next_path,
    sign_in_form,
    visit_of,
)
from registry.web.pages import is_own_path

router = APIRouter(prefix="/sign-in", include_in_schema=False)
PATHS = tuple(STEP_PATHS.values())
"""They need no permission: nobody is signed in yet."""
Word = Annotated[str, Form(max_length=200)]
To = Annotated[str, Form(max_length=2000)]
NewPassword = Annotated[str, Form(max_length=1000)]
Code = Annotated[str, Form(max_length=60)]


@router.get("/code", response_model=None)
def code_page(request: Request, work: RegistryReading, to: str = "/") -> Response:
    user = _user_at(request, work, Step.CODE)
    return _code_form(request, to=_own(to)) if user is not None else _to_the_start(to)


@router.post("/code", response_model=None)
def give_code(
    *, request: Request, work: RegistryWork, parts: TheParts, code: Code = "", to: To = "/", csrf: Word = ""
) -> Response:
    to = _own(to)
    if not is_form_ours(request, PENDING_COOKIE, csrf):
        return _over(request, to)
    reached = signing_in.give_code(
        work.session, parts.factor_keys, _token(request), code=code, visit=visit_of(request), now=work.now
    )
    if isinstance(reached, TooEarly):
        return _code_form(request, to=to, too_early=reached)
    if reached is Refused.WRONG_CODE:
        return _code_form(request, to=to, trouble="sign_in.wrong_code", status=401)
    return _over(request, to) if isinstance(reached, Refused) else lead_on(request, reached, to=to)


@router.get("/password", response_model=None)
def password_page(request: Request, work: RegistryReading, to: str = "/") -> Response:
    user = _user_at(request, work, Step.PASSWORD)
    return _password_form(request, user, to=_own(to)) if user is not None else _to_the_start(to)


@router.post("/password", response_model=None)
def choose_password(
    *,
    request: Request,
    parts: TheParts,
    password: NewPassword = "",
    again: NewPassword = "",
    to: To = "/",
    csrf: Word = "",
) -> Response:
    """The hash is made while reading, so that nobody waits for it."""
    to, store = _own(to), parts.stores["registry"]
    if not is_form_ours(request, PENDING_COOKIE, csrf):
        return _over(request, to)
    with store.read() as session:
        user = _user_at(request, Work(session, parts.clock.now()), Step.PASSWORD)
        if user is None:
            return _over(request, to)
        if password != again:
            return _password_form(request, user, to=to, trouble="problem.passwords-differ", status=422)
        try:
            new = changing_password.own_hash(user, password, words=parts.password_words(session))
        except WeakPassword as fault:
            return _password_form(request, user, to=to, trouble=f"problem.{fault.slug}", status=fault.status)
    with store.begin(parts.clock.now()) as work:
        user = _user_at(request, work, Step.PASSWORD)
        if user is None:
            return _over(request, to)
        changing_password.choose(work.session, user, new, pending=_token(request), now=work.now)
        reached = signing_in.go_on(work.session, _token(request), visit=visit_of(request), now=work.now)
    return _over(request, to) if isinstance(reached, Refused) else lead_on(request, reached, to=to)


@router.get("/second-factor", response_model=None)
def factor_page(request: Request, work: RegistryWork, parts: TheParts, to: str = "/") -> Response:
    """Loading the page again shows the same secret: the app may have it already."""
    user = _user_at(request, work, Step.FACTOR)
    if user is None:
        return _to_the_start(to)
    if factor.begun_secret(work.session, parts.factor_keys, user) is None:
        factor.begin(work.session, parts.factor_keys, user, now=work.now)
    return _factor_form(request, work.session, user, to=_own(to))


@router.post("/second-factor", response_model=None)
def confirm_factor(
    *, request: Request, work: RegistryWork, parts: TheParts, code: Code = "", to: To = "/", csrf: Word = ""
) -> Response:
    """Answers with the recovery codes, which stand there this once; who reads them is signed in."""
    to = _own(to)
    user = _user_at(request, work, Step.FACTOR)
    if user is None or not is_form_ours(request, PENDING_COOKIE, csrf):
        return _over(request, to)
    confirmed = signing_in.confirm_factor(
        work.session, parts.factor_keys, _token(request), code=code, visit=visit_of(request), now=work.now
    )
    if confirmed is Refused.WRONG_CODE:
        return _factor_form(request, work.session, user, to=to, trouble="problem.wrong-code", status=422)
    if isinstance(confirmed, Refused):
        return _over(request, to)
    codes, reached = confirmed
    response = door(request, "door/recovery.html", to=next_path(reached, to=to), word="", codes=codes)
    hand_over(request, response, reached)
    return response


def _code_form(
    request: Request, *, to: str, trouble: str | None = None, too_early: TooEarly | None = None, status: int = 200
) -> Response:
    word = csrf_of(_token(request))
    return door(request, "door/code.html", to=to, word=word, trouble=trouble, too_early=too_early, status=status)


def _password_form(
    request: Request, user: UserRow, *, to: str, trouble: str | None = None, status: int = 200
) -> Response:
    return door(
        request,
        "door/password.html",
        to=to,
        word=csrf_of(_token(request)),
        trouble=trouble,
        status=status,
        name=user.name,
        min_length=MIN_LENGTH,
    )


def _factor_form(
    request: Request, session: Session, user: UserRow, *, to: str, trouble: str | None = None, status: int = 200
) -> Response:
    secret = factor.begun_secret(session, parts_of(request).factor_keys, user) or ""
    return door(
        request,
        "door/factor.html",
        to=to,
        word=csrf_of(_token(request)),
        trouble=trouble,
        status=status,
        code=make_qr_svg(app_address(secret, name=user.name)),
        secret=grouped(secret),
    )


def _user_at(request: Request, work: Work, step: Step) -> UserRow | None:
    """Who is at this step; None: nobody, or another step is theirs."""
    demanding = visit_of(request).demanding
    who = signing_in.entrant(work.session, _token(request), demanding=demanding, now=work.now)
    return who.user if who is not None and who.step is step else None


def _token(request: Request) -> str:
    return request.cookies.get(PENDING_COOKIE, "")


def _own(to: str) -> str:
    return to if is_own_path(to) else "/"


def _to_the_start(to: str) -> Response:
    return RedirectResponse(f"/sign-in?{urlencode({'to': _own(to)})}", status_code=303)


def _over(request: Request, to: str) -> Response:
    return sign_in_form(request, to=to, trouble="sign_in.over", status=403)
