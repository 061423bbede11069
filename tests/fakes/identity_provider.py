"""A small OpenID Connect provider on a port of its own: discovery, authorize, token, keys. It signs in whom a test says.

It is strict, as a good one is: a code is worth one exchange, by the client that it was made for, with the verifier of the
browser that left. What a bad one or an attacker does is told to it by `spoil` (the claims), `sign_with` and `answer_more`.
"""

import hashlib
import hmac
import secrets
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import orjson
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from registry.clock import Clock

CLIENT_ID = "dayuan"
CLIENT_SECRET = "a secret of the two"
Key = RSAKey | ECKey
Claims = dict[str, Any]


def a_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@dataclass(slots=True)
class _Code:
    """What a code was given for."""

    redirect_url: str
    challenge: str
    claims: Claims


@dataclass(slots=True)
class FakeIdentityProvider:
    """`account`: the claims of whoever signs in next. `asked`: how often each path was asked for."""

    clock: Clock
    redirect_url: str
    url: str = ""
    account: Claims = field(default_factory=lambda: {"sub": "s-1", "preferred_username": "guard"})
    keys: list[Key] = field(default_factory=lambda: [a_key("first")])
    takes_secret_in_body: bool = False
    refuses: str | None = None
    is_down: bool = False
    spoil: Callable[[Claims], Claims] = lambda claims: claims
    sign: Callable[[Claims], str] | None = None
    answer_more: Mapping[str, str] = field(default_factory=dict)
    metadata_more: Mapping[str, object] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    codes: dict[str, _Code] = field(default_factory=dict)

    def metadata(self) -> dict[str, object]:
        way = "client_secret_post" if self.takes_secret_in_body else "client_secret_basic"
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": [way],
            **self.metadata_more,
        }

    def key_set(self) -> dict[str, object]:
        other_use = RSAKey.generate_key(2048, {"kid": "for-secrets", "use": "enc"})
        return {"keys": [key.as_dict(private=False) for key in (*self.keys, other_use)]}

    def authorize(self, query: Mapping[str, str]) -> tuple[int, str]:
        """The status, and where the browser is sent or why not: a wrong address to return to is never gone to."""
        if query.get("client_id") != CLIENT_ID or query.get("redirect_uri") != self.redirect_url:
            return 400, "no such client, or not its address"
        if query.get("response_type") != "code" or query.get("code_challenge_method") != "S256":
            return 400, "only the code flow with PKCE"
        if self.refuses is not None:
            return 302, self._back({"error": self.refuses, "state": query["state"]})
        code = secrets.token_urlsafe(16)
        now = self.clock.now()
        claims = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(minutes=5)).timestamp()),
            "nonce": query["nonce"],
            **self.account,
        }
        self.codes[code] = _Code(query["redirect_uri"], query["code_challenge"], self.spoil(claims))
        return 302, self._back({"code": code, "state": query["state"], **self.answer_more})

    def token(self, form: Mapping[str, str], basic: str) -> tuple[int, dict[str, object]]:
        if not self._is_client(form, basic):
            return 401, {"error": "invalid_client"}
        given = self.codes.pop(form.get("code", ""), None)
        verifier = form.get("code_verifier", "").encode()
        challenge = urlsafe_b64encode(hashlib.sha256(verifier).digest()).decode().rstrip("=")
        if given is None or given.redirect_url != form.get("redirect_uri") or given.challenge != challenge:
            return 400, {"error": "invalid_grant"}
        token = self.sign(given.claims) if self.sign is not None else self.signed(given.claims)
        return 200, {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "id_token": token}

    def signed(self, claims: Claims, key: Key | None = None) -> str:
        """An ID token by the newest key or another."""
        key = key or self.keys[-1]
        algorithm = "ES256" if isinstance(key, ECKey) else "RS256"
        return jwt.encode({"alg": algorithm, "kid": key.kid}, claims, key)

    def _back(self, query: Mapping[str, str]) -> str:
        return f"{self.redirect_url}?{urlencode(query)}"

    def _is_client(self, form: Mapping[str, str], basic: str) -> bool:
        if self.takes_secret_in_body:
            return (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        name, _, secret = b64decode(basic.removeprefix("Basic ")).decode().partition(":")
        return (unquote(name), unquote(secret)) == (CLIENT_ID, CLIENT_SECRET)


def unsigned(claims: Claims) -> str:
    """A token of the algorithm `none`."""
    return f"{_encoded(orjson.dumps({'alg': 'none'}))}.{_encoded(orjson.dumps(claims))}."


def signed_by_secret(claims: Claims, secret: bytes, *, kid: str) -> str:
    """A token of the algorithm `HS256`, which whoever knows the secret can make."""
    body = f"{_encoded(orjson.dumps({'alg': 'HS256', 'kid': kid}))}.{_encoded(orjson.dumps(claims))}"
    return f"{body}.{_encoded(hmac.digest(secret, body.encode(), 'sha256'))}"


def _encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).decode().rstrip("=")


@contextmanager
def running_identity_provider(clock: Clock, redirect_url: str) -> Iterator[FakeIdentityProvider]:
    provider = FakeIdentityProvider(clock, redirect_url)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            target = urlsplit(self.path)
            self._count(target.path)
            if provider.is_down:
                self._say(503, {})
            elif target.path == "/.well-known/openid-configuration":
                self._say(200, provider.metadata())
            elif target.path == "/keys":
                self._say(200, provider.key_set())
            elif target.path == "/authorize":
                status, where = provider.authorize(_flat(target.query))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", where)
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self._say(404, {})

        def do_POST(self) -> None:
            self._count(self.path)
            form = _flat(self.rfile.read(int(self.headers["content-length"])).decode())
            status, answer = provider.token(form, self.headers.get("authorization", ""))
            self._say(503 if provider.is_down else status, answer)

        def _count(self, path: str) -> None:
            provider.asked[path] = provider.asked.get(path, 0) + 1

        def _say(self, status: int, answer: object) -> None:
            body = orjson.dumps(answer)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Say nothing: a test's output is its own."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
