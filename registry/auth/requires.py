"""What stands in a route's signature: who asks, and that they may."""

import hmac
from collections.abc import Callable
from typing import ClassVar, cast

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from registry.auth.directory import Directory, NobodyKnown
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.problems import Forbidden, Unauthenticated

SESSION_COOKIE = "dayuan_session"
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"
UNATTENDED_HEADER = "X-Unattended"
"""On a request that a page made by itself, by its own clock or because something changed: nobody used it."""
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_BEARER = b"Bearer "
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class ForeignForm(Forbidden):
    slug = "foreign-form"
    title = "This page is too old or not ours; load it again and repeat"


class Requires:
    """Lets through who holds the permission at some site; where they may is asked with `principal.require`.

    `guards` marks a dependency that lets only some through; a route without one does not start.
    """

    guards: ClassVar[bool] = True

    def __init__(self, permission: Permission | None) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Principal:
        principal = await identify(request)
        if principal is None:
            raise Unauthenticated(headers={"WWW-Authenticate": "Bearer"})
        await refuse_foreign_form(request, principal)
        if not self._lets_through(principal):
            raise Forbidden
        return principal

    def at_once(self, scope: Scope, directory: Directory) -> Principal | None:
        """Who asks, when a known token says so and they may; never waits for the store.

        None says nothing of whether they may: ask in the ordinary way.
        """
        token = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        if not token.startswith(_BEARER):
            return None
        try:
            principal = directory.of_bearer(token[len(_BEARER) :].decode("latin-1"))
        except NobodyKnown:
            return None
        if principal is None:
            return None
        return principal if self._lets_through(principal) else None

    def _lets_through(self, principal: Principal) -> bool:
        """A token of a narrower scope opens nothing but its permissions, not even what all who signed in may."""
        return principal.only is None if self.permission is None else principal.holds(self.permission)


def requires(permission: Permission) -> Requires:
    """The dependency that asks for a permission: `Annotated[Principal, Depends(requires(Permission.GATE_CHECK))]`."""
    return Requires(permission)


signed_in = Requires(None)
"""The dependency of pages that everybody who signed in may open."""


async def identify(request: Request) -> Principal | None:
    """Who sends this request, by bearer token or session cookie; None: nobody known. Kept for the page in `request.state`.

    Raises:
        NobodyKnown: that cannot be looked up now.

    """
    request.state.principal = None
    directory = cast("Directory", request.app.state.parts.directory)
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    cookie = request.cookies.get(SESSION_COOKIE)
    if scheme.lower() == "bearer":
        principal = await _find(directory, directory.of_bearer, bearer.strip())
    elif cookie:
        principal = await _find(directory, directory.of_session, cookie)
        if _is_attended(request):
            directory.mark_used(cookie)
    else:
        principal = None
    request.state.principal = principal
    return principal


def _is_attended(request: Request) -> bool:
    """Whether somebody sits before it: a page that polls or listens would else never be signed out."""
    return UNATTENDED_HEADER not in request.headers and "text/event-stream" not in request.headers.get("Accept", "")


async def refuse_foreign_form(request: Request, principal: Principal) -> None:
    """Refuse what changes something for a browser's session without the word of our pages.

    Raises:
        ForeignForm: the word is missing or another session's.

    """
    if principal.csrf is None or request.method in _READING:
        return
    given = request.headers.get(CSRF_HEADER)
    if given is None and request.headers.get("Content-Type", "").startswith(_FORMS):
        given = str((await request.form()).get(CSRF_FIELD, ""))
    if not hmac.compare_digest((given or "").encode(), principal.csrf.encode()):
        raise ForeignForm


async def _find(directory: Directory, look: Callable[[str], Principal | None], token: str) -> Principal | None:
    """Who that is; the store is asked only for a token that nobody has, for it may have been made a moment ago elsewhere."""
    found = look(token)
    if found is None:
        await run_in_threadpool(directory.look_again)
        found = look(token)
    return found
