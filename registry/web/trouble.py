"""How a problem leaves: as a page for somebody who looks at one, as a sentence for a part of a page, else as a document."""

from contextlib import suppress
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from registry.auth.directory import NobodyKnown
from registry.auth.requires import identify
from registry.problems import NotFound, Problem, TooLarge, Unauthenticated, Unavailable, Unprocessable
from registry.store.faults import UNAVAILABLE
from registry.web.pages import page, translator_of
from registry.web.problem_documents import answer, install

log = structlog.get_logger()


def install_problems(app: FastAPI) -> None:
    """Documents for programs (`registry.web.problem_documents.install`), pages and sentences for people."""
    install(app)
    as_documents = dict(app.exception_handlers)

    async def told(request: Request, error: Exception) -> Response:
        response: Response = await as_documents[_kind(error)](request, error)
        if _is_part_of_page(request):
            return _sentence(request, error, response)
        if _is_navigation(request):
            if not hasattr(request.state, "principal"):
                with suppress(NobodyKnown):
                    await identify(request)  # a path that no route answers has asked nobody who is there
            return _page(request, error, response)
        return response

    for kind in (Problem, RequestValidationError, HTTPException):
        app.exception_handler(kind)(told)

    @app.exception_handler(DataError)
    async def unstorable(request: Request, _error: DataError) -> Response:
        return await told(request, Unprocessable("A text or a number in this is none that can be stored."))

    async def unavailable(request: Request, error: Exception) -> Response:
        log.error("store-unavailable", path=request.url.path, error=str(error.__cause__ or error))
        return await told(request, Unavailable("The store does not answer. Try again in a moment."))

    for fault in UNAVAILABLE:
        app.exception_handler(fault)(unavailable)

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        log.error("request-failed", path=request.url.path, exc_info=error)
        problem = Problem("Something on our side went wrong. It is in the log; try again.")
        if _is_part_of_page(request) or _is_navigation(request):
            return await told(request, problem)
        return answer(problem)


def _kind(error: Exception) -> type[Exception]:
    return next(kind for kind in (Problem, RequestValidationError, HTTPException) if isinstance(error, kind))


def _page(request: Request, error: Exception, response: Response) -> Response:
    if isinstance(error, Unauthenticated) and request.method == "GET":
        path = request.url.path
        here = f"{path}?{request.url.query}" if request.url.query else path
        return RedirectResponse("/sign-in" if here == "/" else f"/sign-in?to={quote(here, safe='/')}", status_code=303)
    headers = {"Retry-After": response.headers["Retry-After"]} if "Retry-After" in response.headers else None
    status = response.status_code
    if isinstance(error, RequestValidationError) and request.method == "GET":
        text = translator_of(request)("problem.address")  # nobody typed into a form: the address itself is not whole
    else:
        text = _text(request, error, status)
    return page(request, "problem.html", status=status, headers=headers, code=status, text=text)


def _sentence(request: Request, error: Exception, response: Response) -> Response:
    text = _text(request, error, response.status_code)
    return PlainTextResponse(
        text, status_code=response.status_code, headers={"X-Problem": _slug(error, response.status_code)}
    )


def _text(request: Request, error: Exception, status: int) -> str:
    """What to tell a person: the words for this very problem, else those for its kind."""
    t = translator_of(request)
    facts = error.facts if isinstance(error, Problem) else {}
    for key in (f"problem.{_slug(error, status)}", f"problem.status_{status}"):
        if t.has(key):
            return t(key, **facts)
    return t("problem.other")


def _slug(error: Exception, status: int) -> str:
    if isinstance(error, Problem):
        return error.slug
    return next((kind.slug for kind in (NotFound, TooLarge) if status == kind.status), Problem.slug)


def _is_part_of_page(request: Request) -> bool:
    return request.headers.get("HX-Request") == "true"


def _is_navigation(request: Request) -> bool:
    """A browser that opens a page, as opposed to a program: it asks for HTML, and not below /api."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("Accept", "")
