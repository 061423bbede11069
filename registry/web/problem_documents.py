"""How a problem leaves for programs: as an RFC 9457 document."""

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from registry.problems import BY_STATUS, MEDIA_TYPE, BadRequest, Problem, Unprocessable


def answer(problem: Problem) -> JSONResponse:
    """Turn a problem into its HTTP answer."""
    document = {
        "type": f"urn:dayuan:problem:{problem.slug}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        **jsonable_encoder(problem.facts),
    }
    return JSONResponse(document, status_code=problem.status, media_type=MEDIA_TYPE, headers=problem.headers)


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
        kind = BY_STATUS.get(error.status_code)
        if kind is not None:
            return answer(kind(headers=error.headers))
        document = {
            "type": "about:blank",
            "title": error.detail,
            "status": error.status_code,
            "detail": error.detail,
        }
        return JSONResponse(document, error.status_code, media_type=MEDIA_TYPE, headers=error.headers)
