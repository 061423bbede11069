"""What can go wrong, by name. A problem leaves as an RFC 9457 document.

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

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

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

    def document(self) -> dict[str, object]:
        return {
            "type": f"urn:dayuan:problem:{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **jsonable_encoder(self.facts),
        }


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


def answer(problem: Problem) -> JSONResponse:
    """Turn a problem into its HTTP answer."""
    return JSONResponse(problem.document(), status_code=problem.status, media_type=MEDIA_TYPE, headers=problem.headers)


_BY_STATUS: dict[int, type[Problem]] = {kind.status: kind for kind in Problem.__subclasses__()}


def install(app: FastAPI) -> None:
    """Make every error of this application leave as a problem document."""

    @app.exception_handler(Problem)
    async def problem_raised(_request: Request, problem: Problem) -> JSONResponse:
        return answer(problem)

    @app.exception_handler(RequestValidationError)
    async def body_invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        unreadable = any(fault["type"] == "json_invalid" for fault in error.errors())
        kind = BadRequest if unreadable else Unprocessable
        fields = [
            {"field": ".".join(str(part) for part in fault["loc"][1:]), "fault": fault["msg"]}
            for fault in error.errors()
        ]
        named = "; ".join(f"{field['field'] or 'body'}: {field['fault']}" for field in fields)
        return answer(kind(named, fields=fields))

    @app.exception_handler(HTTPException)
    async def http_error(_request: Request, error: HTTPException) -> JSONResponse:
        kind = _BY_STATUS.get(error.status_code)
        if kind is not None:
            return answer(kind(headers=error.headers))
        document = {
            "type": "about:blank",
            "title": error.detail,
            "status": error.status_code,
            "detail": error.detail,
        }
        return JSONResponse(document, error.status_code, media_type=MEDIA_TYPE, headers=error.headers)
