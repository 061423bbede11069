"""An OpenID Connect provider: the code flow with PKCE, and what of its answer is believed.

What we must remember between leaving and returning (state, nonce, the verifier) goes sealed into a cookie of the browser
that left, so an answer that another browser was made to bring is worth nothing.
"""

import hashlib
import hmac
import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import orjson
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from registry.auth.outside.rules import Vouched, is_safe_address, vouched
from registry.clock import Clock, Instant

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures that are believed; `none` and shared secrets are not among them."""
SCOPE: Final = "openid profile email"
AWAY_AT_MOST: Final = timedelta(minutes=10)
METADATA_KEPT: Final = timedelta(hours=1)
SILENCE_KEPT: Final = timedelta(seconds=10)
"""A provider of which nothing is known and that did not answer is not asked again for so long: whoever comes meanwhile is
told at once, and keeps no thread from those who wait for other pages."""
KEYS_ASKED_AGAIN: Final = timedelta(seconds=30)
"""Soonest, when a token names a key that we do not know: a stranger must not make us ask without end."""
LEEWAY_SECONDS: Final = 60
TIMEOUT_SECONDS: Final = 5.0
_NONCE_BYTES = 12
_SECRET_BYTES = 32


class ProviderDown(Exception):
    """The provider does not answer, or not as one does. The text is for the log."""


class NotBelieved(Exception):
    """What came back is not the provider's answer to this browser's question. The text is for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Who we are at the provider, and what of its claims we use."""

    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    name: str
    redirect_url: str
    user_claim: str
    groups_claim: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Where the browser goes, and what it keeps until it returns."""

    url: str
    sealed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Whom the provider vouches for, and the page they wanted."""

    who: Vouched
    to: str


@dataclass(slots=True)
class Provider:
    """The one provider of a house."""

    client: Client
    key: bytes = field(repr=False)
    clock: Clock
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)
    _metadata: dict[str, Any] = field(default_factory=dict, init=False, repr=False)
    _metadata_at: Instant | None = field(default=None, init=False, repr=False)
    _silent_at: Instant | None = field(default=None, init=False, repr=False)
    _keys: KeySet | None = field(default=None, init=False, repr=False)
    _keys_at: Instant | None = field(default=None, init=False, repr=False)
    _returned: dict[str, Instant] = field(default_factory=dict, init=False, repr=False)

    @property
    def name(self) -> str:
        return self.client.name

    def depart(self, *, to: str) -> Departure:
        """Send a browser to the provider.

        Raises:
            ProviderDown: it does not answer.

        """
        metadata = self._discover()
        state, nonce, verifier = (secrets.token_urlsafe(_SECRET_BYTES) for _ in range(3))
        flow = OAuth2Client(
            None,
            client_id=self.client.client_id,
            redirect_uri=self.client.redirect_url,
            scope=SCOPE,
            code_challenge_method="S256",
        )
        url, _ = flow.create_authorization_url(
            metadata["authorization_endpoint"], state=state, code_verifier=verifier, nonce=nonce
        )
        until = (self.clock.now() + AWAY_AT_MOST).timestamp()
        return Departure(url=url, sealed=self._seal([state, nonce, verifier, to, until]))

    def arrive(self, sealed: str, answer: Mapping[str, str]) -> Arrival:
        """Take a browser back; `answer`: the query with which the provider sent it.

        Raises:
            ProviderDown: it does not answer our own question after the token.
            NotBelieved: something in the answer is not as it must be.

        """
        state, nonce, verifier, to = self._open(sealed)
        if not hmac.compare_digest(answer.get("state", "").encode(), state.encode()):
            raise NotBelieved("the state is another browser's")
        self._take_once(state)
        if answer.get("iss", self.client.issuer) != self.client.issuer:
            raise NotBelieved("the answer is another provider's")
        if "error" in answer:
            raise NotBelieved(f"the provider refused: {answer['error'][:80]}")
        metadata = self._discover()
        if metadata.get("authorization_response_iss_parameter_supported") is True and "iss" not in answer:
            raise NotBelieved("the answer does not say whose it is")
        token = self._exchange(metadata, code=answer.get("code", ""), verifier=verifier)
        claims = self._verified(metadata, token, nonce=nonce)
        who = vouched(claims, user_claim=self.client.user_claim, groups_claim=self.client.groups_claim)
        return Arrival(who=who, to=to)

    def _exchange(self, metadata: Mapping[str, Any], *, code: str, verifier: str) -> str:
        """The ID token for a code."""
        if not code:
            raise NotBelieved("the answer has no code")
        with httpx.Client(timeout=TIMEOUT_SECONDS) as session:
            flow = OAuth2Client(session, client_id=self.client.client_id, redirect_uri=self.client.redirect_url)
            own, auth = self._own_proof(metadata)
            try:
                answer = flow.fetch_token(
                    metadata["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                    auth=auth,
                    **own,
                )
            except httpx.HTTPError as error:
                raise ProviderDown(f"no token: {error!r}") from error
            except (AuthlibBaseError, ValueError) as error:
                raise NotBelieved(f"no token: {error}") from error
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise NotBelieved("the provider gave no ID token")
        return token

    def _own_proof(self, metadata: Mapping[str, Any]) -> tuple[dict[str, str], httpx.Auth]:
        """How we show who we are: in the body, or by HTTP Basic, which every provider takes that does not say."""
        own, secret = {"client_id": self.client.client_id}, self.client.client_secret
        if secret is None:
            return own, httpx.Auth()
        ways = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if "client_secret_basic" in ways:
            return {}, httpx.BasicAuth(self.client.client_id, secret)
        return {**own, "client_secret": secret}, httpx.Auth()

    def _verified(self, metadata: Mapping[str, Any], token: str, *, nonce: str) -> Mapping[str, Any]:
        """The claims of an ID token that the provider signed for us, for this browser, a moment ago."""
        expected = jwt.JWTClaimsRegistry(
            now=int(self.clock.now().timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.client.issuer},
            aud={"essential": True, "value": self.client.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = self._decoded(metadata, token)
            expected.validate(claims)
        except (JoseError, ValueError) as error:
            raise NotBelieved(f"the ID token: {error}") from error
        audience = claims["aud"]
        for_others = isinstance(audience, list) and len(audience) > 1
        if claims.get("azp", None if for_others else self.client.client_id) != self.client.client_id:
            raise NotBelieved("the ID token was made for another")
        return claims

    def _decoded(self, metadata: Mapping[str, Any], token: str) -> dict[str, Any]:
        """A token of a key that we do not know may be of a new one: then the keys are asked for again."""
        try:
            return jwt.decode(token, self._key_set(metadata), algorithms=ALGORITHMS).claims
        except InvalidKeyIdError:
            return jwt.decode(token, self._key_set(metadata, again=True), algorithms=ALGORITHMS).claims

    def _key_set(self, metadata: Mapping[str, Any], *, again: bool = False) -> KeySet:
        with self._lock:
            now = self.clock.now()
            is_fresh = self._keys_at is not None and now < self._keys_at + KEYS_ASKED_AGAIN
            if self._keys is None or (again and not is_fresh):
                document = _document(metadata["jwks_uri"])
                keys = [key for key in document.get("keys", ()) if key.get("use", "sig") == "sig"]
                try:
                    self._keys = KeySet.import_key_set({"keys": keys})
                except (JoseError, ValueError, KeyError) as error:
                    raise ProviderDown(f"its keys cannot be read: {error}") from error
                self._keys_at = now
            return self._keys

    def _discover(self) -> Mapping[str, Any]:
        """What the provider says of itself; kept for an hour, and longer while it does not answer."""
        with self._lock:
            now = self.clock.now()
            if self._metadata_at is not None and now < self._metadata_at + METADATA_KEPT:
                return self._metadata
            if self._silent_at is not None and self._silent_at <= now < self._silent_at + SILENCE_KEPT:
                raise ProviderDown("it did not answer a moment ago")
            try:
                found = _document(f"{self.client.issuer.rstrip('/')}/.well-known/openid-configuration")
                self._metadata = self._believable(found)
            except ProviderDown:
                if not self._metadata:
                    self._silent_at = self.clock.now()
                    raise
            self._metadata_at, self._silent_at = now, None
            return self._metadata

    def _believable(self, found: dict[str, Any]) -> dict[str, Any]:
        if found.get("issuer") != self.client.issuer:
            raise ProviderDown("it calls itself otherwise than the setting oidc_issuer")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not is_safe_address(str(found.get(name, ""))):
                raise ProviderDown(f"its {name} is missing or not HTTPS")
        return found

    def _take_once(self, state: str) -> None:
        with self._lock:
            now = self.clock.now()
            self._returned = {known: until for known, until in self._returned.items() if now < until}
            if state in self._returned:
                raise NotBelieved("this answer was brought already")
            self._returned[state] = now + AWAY_AT_MOST

    def _seal(self, content: list[object]) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        return urlsafe_b64encode(nonce + self._cipher().encrypt(nonce, orjson.dumps(content), b"")).decode()

    def _open(self, sealed: str) -> tuple[str, str, str, str]:
        try:
            raw = urlsafe_b64decode(sealed.encode())
            content = orjson.loads(self._cipher().decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], b""))
        except (ValueError, InvalidTag) as error:
            raise NotBelieved("this browser did not leave from here, or too long ago") from error
        state, nonce, verifier, to, until = content
        if self.clock.now().timestamp() >= until:
            raise NotBelieved("this browser was away for too long")
        return state, nonce, verifier, to

    def _cipher(self) -> AESGCM:
        """Sealed for this provider: a cookie of another configuration opens nothing."""
        return AESGCM(hmac.digest(self.key, f"dayuan:oidc:{self.client.issuer}".encode(), hashlib.sha256))


def _document(url: str) -> dict[str, Any]:
    try:
        answer = httpx.get(url, timeout=TIMEOUT_SECONDS, headers={"Accept": "application/json"})
        answer.raise_for_status()
        found = orjson.loads(answer.content)
    except (httpx.HTTPError, orjson.JSONDecodeError) as error:
        raise ProviderDown(f"{urlsplit(url).path}: {error!r}") from error
    if not isinstance(found, dict):
        raise ProviderDown(f"{urlsplit(url).path}: no JSON object")
    return found
