"""`/account`: one's own password, second factor, sessions and tokens."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from registry.auth import changing_password, queries, service, sessions
from registry.auth.entry.rules import demands_factor
from registry.auth.factor import queries as factors
from registry.auth.factor import service as factor
from registry.auth.factor.rules import app_address, grouped
from registry.auth.passwords import MIN_LENGTH
from registry.auth.principal import Principal
from registry.auth.requires import signed_in
from registry.ids import SessionId
from registry.problems import NotFound, Unprocessable
from registry.qr.codes import make_qr_svg
from registry.sites.queries import all_sites
from registry.store import Work
from registry.web.dependencies import RegistryReading, RegistryWork, TheParts
from registry.web.pages import page
from registry.web.parts import Parts
from registry.web.proving import OnlyInPerson, own_user, prove, proven_user

router = APIRouter(prefix="/account", include_in_schema=False)
Secret = Field(default="", max_length=1000, repr=False)
_HERE = {"HX-Push-Url": "/account", "Cache-Control": "no-store"}
"""What is shown once stands at the address of the account: loading it again shows the account."""


class PasswordsDiffer(Unprocessable):
    slug = "passwords-differ"
    title = "The new password was not typed the same twice"


class InPerson:
    """Lets through who signed in with a browser: no token changes the account of its owner."""

    guards: ClassVar[bool] = True

    async def __call__(self, request: Request) -> Principal:
        principal = await signed_in(request)
        if principal.session is None:
            raise OnlyInPerson
        return principal


Person = Annotated[Principal, Depends(InPerson())]


class Done(StrEnum):
    """What was done a moment ago; the page says so."""

    PASSWORD = "password_changed"  # noqa: S105 - a word of the catalogue
    FACTOR_REMOVED = "factor.removed"
    SESSION = "sessions.ended"
    TOKEN = "tokens.revoked"  # noqa: S105 - a word of the catalogue


class PasswordForm(BaseModel):
    """A new password, typed twice."""

    old: str = Secret
    password: str = Secret
    again: str = Secret


class ProofForm(BaseModel):
    """`code`: of the app, or a recovery code."""

    password: str = Secret
    code: str = Field(default="", max_length=60, repr=False)


@router.get("")
def account_page(
    request: Request, person: Person, work: RegistryReading, parts: TheParts, done: Done | None = None
) -> HTMLResponse:
    return _account_page(request, person, work, parts, done=done)


@router.post("/password")
def change_password(
    request: Request, person: Person, parts: TheParts, form: Annotated[PasswordForm, Form()]
) -> RedirectResponse:
    """Every other session of one's own ends."""
    if form.password != form.again:
        raise PasswordsDiffer
    proof = prove(request, person, password=form.old)
    store = parts.stores["registry"]
    with store.read() as session:
        words = parts.password_words(session)
        new = changing_password.own_hash(own_user(session, person), form.password, words=words)
    with store.begin(parts.clock.now()) as work:
        user = proven_user(work.session, person, proof)
        changing_password.choose(work.session, user, new, keep=person.session, now=work.now)
    return _to(Done.PASSWORD)


@router.post("/second-factor/beginning")
def begin_factor(
    request: Request, person: Person, parts: TheParts, form: Annotated[ProofForm, Form()]
) -> RedirectResponse:
    proof = prove(request, person, password=form.password)
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        factor.begin(work.session, parts.factor_keys, proven_user(work.session, person, proof), now=work.now)
    return RedirectResponse("/account/second-factor", status_code=303)


@router.get("/second-factor")
def factor_page(request: Request, person: Person, work: RegistryReading, parts: TheParts) -> HTMLResponse:
    """The code for the app, until its first right code was entered."""
    user = own_user(work.session, person)
    secret = factor.begun_secret(work.session, parts.factor_keys, user)
    if secret is None:
        raise NotFound
    return page(
        request,
        "registry/account_factor.html",
        headers={"Cache-Control": "no-store"},
        code=make_qr_svg(app_address(secret, name=user.name)),
        secret=grouped(secret),
    )


@router.post("/second-factor")
def confirm_factor(
    request: Request, person: Person, work: RegistryWork, parts: TheParts, form: Annotated[ProofForm, Form()]
) -> HTMLResponse:
    """Answers with the recovery codes: they stand there this once."""
    codes = factor.confirm(
        work.session, parts.factor_keys, own_user(work.session, person), code=form.code, now=work.now
    )
    return _recovery_page(request, codes)


@router.post("/second-factor/removal")
def remove_factor(
    request: Request, person: Person, parts: TheParts, form: Annotated[ProofForm, Form()]
) -> RedirectResponse:
    proof = prove(request, person, password=form.password, code=form.code)
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        factor.remove(work.session, proven_user(work.session, person, proof), by=person.name, now=work.now)
    return _to(Done.FACTOR_REMOVED)


@router.post("/recovery-codes")
def renew_recovery_codes(
    request: Request, person: Person, parts: TheParts, form: Annotated[ProofForm, Form()]
) -> HTMLResponse:
    """Answers with the new codes: they stand there this once."""
    proof = prove(request, person, password=form.password, code=form.code)
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        user = proven_user(work.session, person, proof)
        codes = factor.renew_recovery_codes(work.session, parts.factor_keys, user, now=work.now)
    return _recovery_page(request, codes)


@router.post("/sessions/others/end")
def end_other_sessions(person: Person, work: RegistryWork) -> RedirectResponse:
    sessions.end_others(work.session, person.id, keep=person.session, now=work.now, by=person.name)
    return _to(Done.SESSION)


@router.post("/sessions/{session_id}/end")
def end_session(session_id: UUID, person: Person, work: RegistryWork) -> RedirectResponse:
    sessions.end_one(work.session, SessionId(session_id), now=work.now, by=person.name, of=person.id)
    return _to(Done.SESSION)


@router.post("/tokens/{token_id}/revocation")
def revoke_token(token_id: UUID, person: Person, work: RegistryWork) -> RedirectResponse:
    token = queries.token_by_id(work.session, token_id)
    if token is None or token.owner_id != person.id:
        raise NotFound
    service.revoke_token(work.session, token_id=token_id, now=work.now, actor=person.name)
    return _to(Done.TOKEN)


def _account_page(
    request: Request, person: Principal, work: Work, parts: Parts, *, done: Done | None = None
) -> HTMLResponse:
    session, demanding = work.session, parts.settings.second_factor_roles
    row = factors.factor(session, person.id)
    return page(
        request,
        "registry/account.html",
        headers={"Cache-Control": "no-store"},
        done=done,
        min_length=MIN_LENGTH,
        factor_since=row.confirmed_at if row is not None else None,
        recovery_codes_left=factors.recovery_codes_left(session, person.id),
        is_factor_demanded=demands_factor(person.roles, demanding),
        sessions=sessions.live_sessions(session, now=work.now, of=person.id),
        tokens=[token for token, owner in queries.live_tokens(session) if owner == person.name],
        grants=sorted(person.grants, key=str),
        sites={site.id: site for site in all_sites(session)},
    )


def _recovery_page(request: Request, codes: Sequence[str]) -> HTMLResponse:
    return page(request, "registry/account_recovery.html", headers=_HERE, codes=codes)


def _to(done: Done) -> RedirectResponse:
    return RedirectResponse(f"/account?done={done}", status_code=303)
