"""What a change in the feed of users, sessions and tokens can be about."""

from enum import StrEnum


class AuthChangeKind(StrEnum):
    """The kind of row that changed; its `id` says which."""

    USER = "user"
    SESSION = "session"
    TOKEN = "token"  # noqa: S105 - a kind of row, no secret
