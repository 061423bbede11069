"""What can go wrong, by name. A problem leaves as an RFC 9457 document (`registry.web.problem_documents`).

    Problem
    ├── BadRequest        400   ├── Conflict          409
    ├── Unauthenticated   401   ├── TooLarge          413
    ├── Forbidden         403   ├── Unprocessable     422
    ├── NotFound          404   ├── TooManyRequests   429
    └── Unavailable       503

`Refusal` is not a problem of a request: it ends the command with one sentence and exit code 2.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """Something the caller can act on. `detail` says what happened and what to do, without a secret and without blame."""

    slug: ClassVar[str] = "problem"
    title: ClassVar[str] = "Something went wrong"
    status: ClassVar[int] = 500

    def __init__(self, detail: str = "", *, headers: Mapping[str, str] | None = None, **facts: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.headers = dict(headers or {})
        self.facts = facts


class BadRequest(Problem):
    slug, title, status = "bad-request", "The request cannot be read", 400


class Unauthenticated(Problem):
    slug, title, status = "unauthenticated", "Sign in first", 401


class Forbidden(Problem):
    slug, title, status = "forbidden", "Your role may not do this", 403


class NotFound(Problem):
    slug, title, status = "not-found", "There is no such thing here", 404


class Conflict(Problem):
    slug, title, status = "conflict", "Somebody or something was faster", 409


class TooLarge(Problem):
    slug, title, status = "too-large", "That is more than may be sent at once", 413


class Unprocessable(Problem):
    slug, title, status = "unprocessable", "The request is understood but cannot be carried out", 422


class TooManyRequests(Problem):
    slug, title, status = "too-many-requests", "Too many tries; wait a while", 429


class Unavailable(Problem):
    slug, title, status = "unavailable", "A part that this needs is not there just now", 503


BY_STATUS: Mapping[int, type[Problem]] = {kind.status: kind for kind in Problem.__subclasses__()}


class Refusal(Exception):
    """The command cannot start or go on: one plain sentence, exit code 2."""


_EVERY_ROUTE: tuple[type[Problem], ...] = (BadRequest, Unprocessable, Unauthenticated, Forbidden, Unavailable)


def problems(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """Declare, for a route's `responses`, the problems it may answer with; those of every route are included."""
    by_status: dict[int | str, list[str]] = {}
    for kind in (*_EVERY_ROUTE, *kinds):
        by_status.setdefault(kind.status, []).append(kind.title)
    schema = {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
        },
    }
    return {
        status: {"description": " · ".join(dict.fromkeys(titles)), "content": {MEDIA_TYPE: {"schema": schema}}}
        for status, titles in by_status.items()
    }
