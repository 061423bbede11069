"""The provider that the tests talk to is as strict as a good one."""

from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.fakes.clock import FixedClock
from tests.fakes.identity_provider import CLIENT_ID, CLIENT_SECRET, FakeIdentityProvider, running_identity_provider
from tests.makers.providers import RETURN_URL

VERIFIER = "v" * 43
ASKED = {
    "client_id": CLIENT_ID,
    "redirect_uri": RETURN_URL,
    "response_type": "code",
    "state": "our-state",
    "nonce": "our-nonce",
    "code_challenge": create_s256_code_challenge(VERIFIER),
    "code_challenge_method": "S256",
}
BASIC = {"Authorization": f"Basic {b64encode(f'{CLIENT_ID}:{CLIENT_SECRET}'.encode()).decode()}"}


@pytest.fixture
def fake(clock: FixedClock) -> Iterator[FakeIdentityProvider]:
    with running_identity_provider(clock, RETURN_URL) as running:
        yield running


def a_code(fake: FakeIdentityProvider) -> str:
    answer = httpx.get(f"{fake.url}/authorize", params=ASKED)
    back = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert back["state"] == ["our-state"]
    return back["code"][0]


def exchange(fake: FakeIdentityProvider, code: str, **other: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": RETURN_URL, "code_verifier": VERIFIER}
    return httpx.post(f"{fake.url}/token", data=form | other, headers=BASIC)


def test_a_code_becomes_a_token_that_its_published_key_signed(fake: FakeIdentityProvider) -> None:
    token = exchange(fake, a_code(fake)).json()["id_token"]
    keys = KeySet.import_key_set(httpx.get(f"{fake.url}/keys").json())
    claims = jwt.decode(token, keys, algorithms=["RS256"]).claims
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (fake.url, CLIENT_ID, "our-nonce")
    assert not any("d" in key for key in httpx.get(f"{fake.url}/keys").json()["keys"]), "no private part is published"


def test_a_code_is_worth_one_exchange(fake: FakeIdentityProvider) -> None:
    code = a_code(fake)
    assert exchange(fake, code).status_code == 200
    assert exchange(fake, code).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize("other", [{"code_verifier": "w" * 43}, {"redirect_uri": "http://evil.example/"}])
def test_a_stolen_code_is_worth_nothing(fake: FakeIdentityProvider, other: dict[str, str]) -> None:
    assert exchange(fake, a_code(fake), **other).status_code == 400


def test_only_the_client_gets_a_token(fake: FakeIdentityProvider) -> None:
    form = {"code": a_code(fake), "redirect_uri": RETURN_URL, "code_verifier": VERIFIER}
    assert httpx.post(f"{fake.url}/token", data=form).status_code == 401
    fake.takes_secret_in_body = True
    assert exchange(fake, a_code(fake)).status_code == 401
    assert exchange(fake, a_code(fake), client_id=CLIENT_ID, client_secret=CLIENT_SECRET).status_code == 200


@pytest.mark.parametrize(
    "other",
    [
        {"redirect_uri": "http://evil.example/"},
        {"client_id": "other"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
    ],
)
def test_nobody_is_sent_anywhere_else(fake: FakeIdentityProvider, other: dict[str, str]) -> None:
    answer = httpx.get(f"{fake.url}/authorize", params=ASKED | other)
    assert answer.status_code == 400
    assert "Location" not in answer.headers
