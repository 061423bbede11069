"""Signing in by the house's OpenID Connect provider. Passwords work beside it, and when it does not answer."""

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from registry.auth import signing_in
from registry.auth.outside import service
from registry.auth.outside.provider import AWAY_AT_MOST, NotBelieved, Provider, ProviderDown
from registry.auth.outside.service import Unknown
from registry.problems import NotFound
from registry.web.dependencies import parts_of
from registry.web.doorway import lead_on, set_cookie, sign_in_form, visit_of
from registry.web.pages import is_own_path

log = structlog.get_logger()
router = APIRouter(prefix="/sign-in/provider", include_in_schema=False)
PATHS = ("/sign-in/provider", "/sign-in/provider/return")
"""They need no permission: nobody is signed in yet."""
AWAY_COOKIE = "dayuan_away"


@router.get("", response_model=None)
def leave(request: Request, to: str = "/") -> Response:
    """To the provider's own page."""
    to = to if is_own_path(to) else "/"
    try:
        departure = _provider(request).depart(to=to)
    except ProviderDown as down:
        log.warning("provider-down", why=str(down))
        return sign_in_form(request, to=to, trouble="sign_in.provider_down", status=503)
    response = RedirectResponse(departure.url, status_code=303)
    longest = int(AWAY_AT_MOST.total_seconds())
    set_cookie(request, response, AWAY_COOKIE, departure.sealed, path=PATHS[0], max_age_seconds=longest)
    return response


@router.get("/return", response_model=None)
def come_back(request: Request) -> Response:
    """From the provider, with its word for somebody or without."""
    provider, parts, visit = _provider(request), parts_of(request), visit_of(request)
    try:
        arrival = provider.arrive(request.cookies.get(AWAY_COOKIE, ""), dict(request.query_params))
    except ProviderDown as down:
        log.warning("provider-down", why=str(down))
        return _refused(request, "sign_in.provider_down", status=503)
    except NotBelieved as fault:
        log.warning("provider-not-believed", why=str(fault), address=visit.address)
        return _refused(request, "sign_in.provider_refused", status=403)
    mapping = parts.settings.oidc_grants
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        user = service.recognise(work.session, arrival.who, mapping=mapping, address=visit.address, now=work.now)
        reached = (
            None
            if isinstance(user, Unknown)
            else signing_in.sign_in_from_outside(work.session, user, visit, now=work.now)
        )
    if reached is None:
        log.warning("provider-account-unknown", why=str(user), address=visit.address)
        return _refused(request, "sign_in.provider_unknown", status=403)
    response = lead_on(request, reached, to=arrival.to if is_own_path(arrival.to) else "/")
    response.delete_cookie(AWAY_COOKIE, path=PATHS[0])
    return response


def _refused(request: Request, trouble: str, *, status: int) -> Response:
    response = sign_in_form(request, to="/", trouble=trouble, status=status)
    response.delete_cookie(AWAY_COOKIE, path=PATHS[0])
    return response


def _provider(request: Request) -> Provider:
    provider = parts_of(request).provider
    if provider is None:
        raise NotFound
    return provider
