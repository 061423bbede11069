"""Passwords, tokens and the words derived from them."""

import hashlib
import hmac
import secrets
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from registry.auth.passwords import typed

TOKEN_BYTES = 32
BEARER_MARK = "dy_"
"""How a program's token begins, so that one which lies about is known for what it is."""
_HINT = len(BEARER_MARK) + 5

# Argon2id as RFC 9106 recommends where memory is dear: 3 passes over 64 MiB in 4 lanes.
_HASHER: Final = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
# Checked when there is no such user, so that the answer takes as long as with one: of the same parameters, and of no known password.
_NOBODY: Final = f"$argon2id$v=19$m=65536,t=3,p=4${'A' * 22}${'A' * 43}"


def new_token() -> str:
    """Make a token of 256 random bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def new_bearer() -> str:
    """Make a program's token: the mark, then 256 random bits."""
    return BEARER_MARK + new_token()


def hint_of(bearer: str) -> str:
    """The first signs of a program's token, by which its owner recognises it and nobody guesses the rest."""
    return bearer[:_HINT]


def digest_of(token: str) -> bytes:
    """What the store keeps of a token; with 256 random bits a plain hash suffices."""
    return hashlib.sha256(token.encode()).digest()


def csrf_of(token: str) -> str:
    """The word that proves that a form came from a page of ours: derived from the cookie, which no other site can read."""
    return hmac.new(token.encode(), b"csrf", "sha256").hexdigest()


def hash_password(password: str) -> str:
    return _HASHER.hash(typed(password))


def is_hash_old(hashed: str) -> bool:
    """Whether it was made with other parameters than today's, and is to be made anew when the password is known."""
    return _HASHER.check_needs_rehash(hashed)


def is_password(password: str, hashed: str | None) -> bool:
    """Whether it is the password; `hashed` None: there is no such user, which takes as long to say."""
    try:
        _HASHER.verify(hashed or _NOBODY, typed(password))
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None
