"""What of a provider's answer is believed, against a real one on this machine."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey

from registry.auth.outside.provider import (
    AWAY_AT_MOST,
    KEYS_ASKED_AGAIN,
    METADATA_KEPT,
    SILENCE_KEPT,
    Arrival,
    NotBelieved,
    Provider,
    ProviderDown,
)
from tests.fakes.clock import FixedClock
from tests.fakes.identity_provider import (
    CLIENT_ID,
    FakeIdentityProvider,
    a_key,
    running_identity_provider,
    signed_by_secret,
    unsigned,
)
from tests.makers.providers import RETURN_URL, a_provider, go_there

Claims = dict[str, Any]


@pytest.fixture
def fake(clock: FixedClock) -> Iterator[FakeIdentityProvider]:
    with running_identity_provider(clock, RETURN_URL) as running:
        yield running


@pytest.fixture
def provider(fake: FakeIdentityProvider, clock: FixedClock) -> Provider:
    return a_provider(fake, clock)


def sign_in(provider: Provider) -> Arrival:
    departure = provider.depart(to="/gate")
    return provider.arrive(departure.sealed, go_there(departure.url))


def test_whom_the_provider_vouches_for_is_known_by_its_own_name_and_by_the_claim(
    provider: Provider, fake: FakeIdentityProvider
) -> None:
    fake.account = {"sub": "s-7", "preferred_username": "chen", "groups": ["guards", "clerks"]}
    arrival = sign_in(provider)
    assert arrival.to == "/gate"
    assert (arrival.who.issuer, arrival.who.subject, arrival.who.name) == (fake.url, "s-7", "chen")
    assert arrival.who.groups == frozenset({"guards", "clerks"})


def test_a_provider_that_wants_the_secret_in_the_body_gets_it_there(
    provider: Provider, fake: FakeIdentityProvider
) -> None:
    fake.takes_secret_in_body = True
    assert sign_in(provider).who.subject == "s-1"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"nonce": "another browser's"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"aud": "another client"}, "aud"),
        ({"aud": ["another client"]}, "aud"),
        ({"aud": [CLIENT_ID, "another"], "azp": None}, "made for another"),
        ({"aud": [CLIENT_ID, "another"], "azp": "another"}, "made for another"),
        ({"iss": "https://login.evil.example"}, "iss"),
        ({"iss": None}, "iss"),
        ({"sub": None}, "sub"),
        ({"exp": None}, "exp"),
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_now_is_not_believed(
    provider: Provider, fake: FakeIdentityProvider, fault: Claims, words: str
) -> None:
    fake.spoil = lambda claims: {name: value for name, value in (claims | fault).items() if value is not None}
    with pytest.raises(NotBelieved, match=words):
        sign_in(provider)


def test_a_token_for_several_names_us_as_the_one_who_asked(provider: Provider, fake: FakeIdentityProvider) -> None:
    fake.spoil = lambda claims: claims | {"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID}
    assert sign_in(provider).who.subject == "s-1"


@pytest.mark.parametrize(("late", "is_believed"), [(59, True), (61, False)])
def test_a_token_of_the_past_is_believed_for_a_minute_of_clocks_that_differ(
    provider: Provider, fake: FakeIdentityProvider, clock: FixedClock, late: int, *, is_believed: bool
) -> None:
    past = int((clock.now() - timedelta(seconds=late)).timestamp())
    fake.spoil = lambda claims: claims | {"exp": past, "iat": past - 300}
    if is_believed:
        assert sign_in(provider).who.subject == "s-1"
    else:
        with pytest.raises(NotBelieved, match="expired"):
            sign_in(provider)


def test_a_token_of_the_future_is_not_believed(
    provider: Provider, fake: FakeIdentityProvider, clock: FixedClock
) -> None:
    future = int((clock.now() + timedelta(hours=1)).timestamp())
    fake.spoil = lambda claims: claims | {"iat": future, "exp": future + 300}
    with pytest.raises(NotBelieved, match="future"):
        sign_in(provider)


def _by_a_stranger(fake: FakeIdentityProvider) -> Callable[[Claims], str]:
    stranger = a_key("first")
    return lambda claims: fake.signed(claims, stranger)


def _with_the_public_key_as_secret(fake: FakeIdentityProvider) -> Callable[[Claims], str]:
    public = fake.keys[0].as_pem(private=False)
    return lambda claims: signed_by_secret(claims, public, kid="first")


@pytest.mark.parametrize(
    "signing", [lambda _fake: unsigned, _by_a_stranger, _with_the_public_key_as_secret, lambda _fake: lambda _: "x.y"]
)
def test_a_token_that_the_provider_did_not_sign_is_not_believed(
    provider: Provider, fake: FakeIdentityProvider, signing: Callable[[FakeIdentityProvider], Callable[[Claims], str]]
) -> None:
    fake.sign = signing(fake)
    with pytest.raises(NotBelieved):
        sign_in(provider)


def test_a_new_key_is_fetched_and_an_old_one_given_up(
    provider: Provider, fake: FakeIdentityProvider, clock: FixedClock
) -> None:
    old = fake.keys[0]
    assert sign_in(provider).who.subject == "s-1"
    clock.advance(KEYS_ASKED_AGAIN)
    fake.keys = [ECKey.generate_key("P-256", {"kid": "second", "use": "sig"})]
    assert sign_in(provider).who.subject == "s-1"
    assert fake.asked["/keys"] == 2
    fake.sign = lambda claims: fake.signed(claims, old)
    clock.advance(KEYS_ASKED_AGAIN)
    with pytest.raises(NotBelieved):
        sign_in(provider)


def test_unknown_keys_do_not_make_us_ask_without_end(
    provider: Provider, fake: FakeIdentityProvider, clock: FixedClock
) -> None:
    assert sign_in(provider).who.subject == "s-1"
    clock.advance(KEYS_ASKED_AGAIN)
    stranger = a_key("unknown")
    fake.sign = lambda claims: fake.signed(claims, stranger)
    for _ in range(5):
        with pytest.raises(NotBelieved):
            sign_in(provider)
    assert fake.asked["/keys"] == 2


def test_an_answer_is_brought_once_and_by_the_browser_that_left(provider: Provider) -> None:
    mine, anothers = provider.depart(to="/"), provider.depart(to="/")
    answer = go_there(mine.url)
    with pytest.raises(NotBelieved, match="another browser"):
        provider.arrive(anothers.sealed, answer)
    with pytest.raises(NotBelieved, match="another browser"):
        provider.arrive(mine.sealed, answer | {"state": ""})
    assert provider.arrive(mine.sealed, answer).who.subject == "s-1"
    with pytest.raises(NotBelieved, match="already"):
        provider.arrive(mine.sealed, answer)


def test_a_code_that_somebody_put_in_is_worth_nothing(provider: Provider) -> None:
    """The verifier is the other browser's, so the provider itself refuses."""
    mine, anothers = provider.depart(to="/"), provider.depart(to="/")
    stolen = go_there(anothers.url)["code"]
    with pytest.raises(NotBelieved, match="invalid_grant"):
        provider.arrive(mine.sealed, go_there(mine.url) | {"code": stolen})


@pytest.mark.parametrize("cookie", ["", "x", "AAAA" * 20, "中"])
def test_a_cookie_that_is_not_ours_opens_nothing(provider: Provider, cookie: str) -> None:
    with pytest.raises(NotBelieved, match="did not leave from here"):
        provider.arrive(cookie, go_there(provider.depart(to="/").url))


def test_who_stays_away_for_too_long_begins_anew(provider: Provider, clock: FixedClock) -> None:
    departure = provider.depart(to="/")
    answer = go_there(departure.url)
    clock.advance(AWAY_AT_MOST)
    with pytest.raises(NotBelieved, match="too long"):
        provider.arrive(departure.sealed, answer)


def test_an_answer_of_another_provider_is_not_taken_for_this_ones(
    provider: Provider, fake: FakeIdentityProvider, clock: FixedClock
) -> None:
    """RFC 9207: a second provider that the browser talks to must not be able to mix its codes in."""
    fake.answer_more = {"iss": "https://login.evil.example"}
    with pytest.raises(NotBelieved, match="another provider"):
        sign_in(provider)
    fake.answer_more = {"iss": fake.url}
    assert sign_in(provider).who.subject == "s-1"
    fake.answer_more, fake.metadata_more = {}, {"authorization_response_iss_parameter_supported": True}
    clock.advance(METADATA_KEPT)
    with pytest.raises(NotBelieved, match="whose it is"):
        sign_in(provider)


def test_a_cookie_of_another_configuration_opens_nothing(
    provider: Provider, fake: FakeIdentityProvider, clock: FixedClock
) -> None:
    other = a_provider(fake, clock, issuer="https://login.elsewhere.example")
    departure = provider.depart(to="/")
    with pytest.raises(NotBelieved, match="did not leave from here"):
        other.arrive(departure.sealed, go_there(departure.url))


def test_a_refusal_of_the_provider_is_one(provider: Provider, fake: FakeIdentityProvider) -> None:
    fake.refuses = "access_denied"
    with pytest.raises(NotBelieved, match="access_denied"):
        sign_in(provider)


def test_a_wrong_secret_is_told_in_the_log(fake: FakeIdentityProvider, clock: FixedClock) -> None:
    with pytest.raises(NotBelieved, match="invalid_client"):
        sign_in(a_provider(fake, clock, secret="wrong"))


def test_a_provider_that_does_not_answer_is_down(
    provider: Provider, fake: FakeIdentityProvider, clock: FixedClock
) -> None:
    fake.is_down = True
    with pytest.raises(ProviderDown):
        provider.depart(to="/")
    fake.is_down = False
    clock.advance(SILENCE_KEPT)
    departure = provider.depart(to="/")
    answer = go_there(departure.url)
    fake.is_down = True
    with pytest.raises(ProviderDown):
        provider.arrive(departure.sealed, answer)
    clock.advance(METADATA_KEPT)
    assert provider.depart(to="/").url.startswith(fake.url), "what it said of itself is kept while it is silent"


def test_a_provider_that_was_silent_a_moment_ago_keeps_nobody_waiting(
    provider: Provider, fake: FakeIdentityProvider, clock: FixedClock
) -> None:
    fake.is_down = True
    for _ in range(5):
        with pytest.raises(ProviderDown):
            provider.depart(to="/")
    assert sum(fake.asked.values()) == 1
    clock.advance(SILENCE_KEPT)
    with pytest.raises(ProviderDown):
        provider.depart(to="/")
    assert sum(fake.asked.values()) == 2


def test_nobody_listens_there_at_all(fake: FakeIdentityProvider, clock: FixedClock) -> None:
    with pytest.raises(ProviderDown):
        a_provider(fake, clock, issuer="http://127.0.0.1:1").depart(to="/")


@pytest.mark.parametrize(
    "more",
    [
        {"issuer": "https://login.evil.example"},
        {"token_endpoint": "http://login.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
    ],
    ids=str,
)
def test_a_provider_that_says_strange_things_of_itself_is_not_used(
    provider: Provider, fake: FakeIdentityProvider, more: dict[str, object]
) -> None:
    fake.metadata_more = more
    with pytest.raises(ProviderDown):
        provider.depart(to="/")


def test_an_address_of_mail_counts_when_the_provider_verified_it(fake: FakeIdentityProvider, clock: FixedClock) -> None:
    by_mail = a_provider(fake, clock, user_claim="email")
    for verified, name in ((True, "chen@city.example"), (False, None), (None, None), ("true", None)):
        fake.account = {"sub": "s-1", "email": "chen@city.example", "email_verified": verified}
        assert sign_in(by_mail).who.name == name


def test_neither_secret_nor_key_is_in_what_is_logged(provider: Provider) -> None:
    assert "a secret" not in repr(provider)
    assert "sealed" not in repr(provider)
