"""Our side of a provider that runs on this machine, and a browser that goes there and comes back."""

from urllib.parse import parse_qsl, urlsplit

import httpx

from registry.auth.outside.provider import Client, Provider
from registry.clock import Clock
from tests.fakes.identity_provider import CLIENT_ID, CLIENT_SECRET, FakeIdentityProvider

OIDC_KEY = bytes(range(64, 96))
RETURN_URL = "http://testserver/sign-in/provider/return"


def a_provider(
    fake: FakeIdentityProvider,
    clock: Clock,
    *,
    issuer: str | None = None,
    secret: str = CLIENT_SECRET,
    user_claim: str = "preferred_username",
    redirect_url: str = RETURN_URL,
) -> Provider:
    client = Client(
        issuer=issuer or fake.url,
        client_id=CLIENT_ID,
        client_secret=secret,
        name="市局统一认证",
        redirect_url=redirect_url,
        user_claim=user_claim,
        groups_claim="groups",
    )
    return Provider(client, OIDC_KEY, clock)


def go_there(url: str) -> dict[str, str]:
    """What a browser brings back from the provider."""
    answer = httpx.get(url)
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
