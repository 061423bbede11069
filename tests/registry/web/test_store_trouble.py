"""A route whose store fails says what that means for whoever asked, and nothing of what is inside."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy import text
from sqlalchemy.exc import DataError
from structlog.testing import capture_logs

from registry.auth.permissions import Permission, Role
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.web.dependencies import RegistryWork
from tests.makers.web import a_browser, a_session, a_token, a_user, some_parts

Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]


def routes() -> APIRouter:
    router = APIRouter()

    @router.get("/api/strange")
    def strange(_reader: Reader) -> None:
        raise DataError("SELECT 鄂E12345", {}, ValueError("PostgreSQL text fields cannot contain NUL (0x00) bytes"))

    @router.get("/api/read-only")
    @router.get("/read-only")
    def read_only(_reader: Reader, work: RegistryWork) -> None:
        work.session.execute(text("PRAGMA query_only = ON"))
        work.session.execute(text("DELETE FROM feed_change"))

    return router


def test_a_text_that_the_store_does_not_take_is_the_fault_of_the_request(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    with a_browser(parts, routes(), bearer=a_token(parts, Role.CLERK)) as program:
        answer = program.get("/api/strange")
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (422, "unprocessable")
    assert "鄂E12345" not in answer.text


def test_a_store_that_takes_nothing_is_told_as_such_and_logged_once(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    session = a_session(parts, a_user(parts, "clerk"))
    token = a_token(parts, Role.CLERK)
    with a_browser(parts, routes(), bearer=token) as program, capture_logs() as logs:
        answer = program.get("/api/read-only")
    assert (answer.status_code, answer.json()["detail"]) == (503, "The store does not answer. Try again in a moment.")
    assert [(log["event"], log["path"]) for log in logs] == [("store-unavailable", "/api/read-only")]
    with a_browser(parts, routes(), signed_in=session) as browser:
        page = browser.get("/read-only")
    assert page.status_code == 503
    assert "暂时没有运行" in page.text
