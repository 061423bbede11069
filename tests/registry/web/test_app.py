"""Sessions, headers, problems and health of the whole application."""

import re
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from sqlalchemy import text
from structlog.testing import capture_logs

from registry.auth.directory import TRUSTED_FOR
from registry.auth.permissions import Permission, Role
from registry.auth.principal import Principal
from registry.auth.requires import UNATTENDED_HEADER, requires
from registry.auth.rules import IDLE_END
from registry.ids import SiteId
from registry.problems import Conflict, NotFound
from registry.store import outbox
from registry.web.app import MAX_BODY
from registry.web.pages import is_own_path
from registry.web.readiness import PartState
from tests.fakes.clock import FixedClock
from tests.makers.web import OC1, a_browser, a_session, a_token, a_user, some_parts

Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.REGISTRY_WRITE))]


class Note(BaseModel):
    text: str


def notes() -> APIRouter:
    """Routes as a room would have them."""
    router = APIRouter()

    @router.get("/registry")
    def page_of_notes(_reader: Reader) -> HTMLResponse:
        return HTMLResponse("notes")

    @router.get("/api/notes/{number}")
    def note(number: int, reader: Reader) -> dict[str, str]:
        reader.require(Permission.REGISTRY_READ, OC1)
        if number > 1:
            raise NotFound
        return {"by": reader.name}

    @router.post("/api/notes")
    def add(note: Note, writer: Writer) -> dict[str, str]:
        if note.text == "taken":
            raise Conflict("Somebody was faster.")
        return {"by": writer.name}

    @router.get("/broken")
    def broken(_reader: Reader) -> None:
        raise ZeroDivisionError

    return router


def test_every_answer_carries_the_policy_and_pages_are_not_kept(tmp_path: Path) -> None:
    with a_browser(some_parts(tmp_path)) as browser:
        for path in ("/sign-in", "/nowhere", "/static/registry/base.css", "/api/openapi.json"):
            headers = browser.get(path).headers
            assert "script-src 'self';" in headers["Content-Security-Policy"], path
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["X-Frame-Options"] == "DENY"
        assert browser.get("/sign-in").headers["Cache-Control"] == "no-store"
        assert browser.get("/static/registry/base.css").headers["Cache-Control"] == "no-cache"
        assert "'wasm-unsafe-eval'" in browser.get("/patrol").headers["Content-Security-Policy"]
        assert "camera=(self)" in browser.get("/patrol").headers["Permissions-Policy"]


@pytest.mark.parametrize(
    "by_itself",
    [{UNATTENDED_HEADER: "1", "HX-Request": "true"}, {"Accept": "text/event-stream"}],
    ids=["polls", "listens"],
)
def test_a_page_that_only_asks_by_itself_is_signed_out_after_a_shift(tmp_path: Path, by_itself: dict[str, str]) -> None:
    clock = FixedClock()
    parts = some_parts(tmp_path, clock=clock)
    session = a_session(parts, a_user(parts, "clerk"))
    with a_browser(parts, notes(), signed_in=session) as browser:
        for _ in range(2):
            clock.advance(IDLE_END / 3)
            assert browser.get("/registry", headers=by_itself).status_code == 200
        clock.advance(IDLE_END / 3)
        assert browser.get("/registry", headers=by_itself).status_code in {303, 401}


def test_who_comes_back_after_a_shift_signs_in_anew_however_often_they_ask(tmp_path: Path) -> None:
    clock = FixedClock()
    parts = some_parts(tmp_path, clock=clock)
    session = a_session(parts, a_user(parts, "clerk"))
    with a_browser(parts, notes(), signed_in=session) as browser:
        clock.advance(IDLE_END)
        for _ in range(2):
            assert browser.get("/registry").status_code in {303, 401}


def test_a_use_counts_also_right_after_the_page_asked_by_itself(tmp_path: Path) -> None:
    clock = FixedClock()
    parts = some_parts(tmp_path, clock=clock)
    session = a_session(parts, a_user(parts, "clerk"))
    with a_browser(parts, notes(), signed_in=session) as browser:
        clock.advance(IDLE_END / 2)
        assert browser.get("/registry", headers={UNATTENDED_HEADER: "1"}).status_code == 200
        assert browser.get("/registry").status_code == 200
        clock.advance(IDLE_END / 2)
        assert browser.get("/registry").status_code == 200


def test_nobody_is_sent_to_sign_in_and_comes_back(tmp_path: Path) -> None:
    with a_browser(some_parts(tmp_path), notes()) as browser:
        answer = browser.get("/registry?q=王")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in?to=/registry%3Fq%3D%25E7%258E%258B"


def test_a_program_without_a_token_gets_a_problem_document(tmp_path: Path) -> None:
    with a_browser(some_parts(tmp_path), notes()) as browser:
        answer = browser.get("/api/notes/1")
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["type"] == "urn:dayuan:problem:unauthenticated"


@pytest.mark.parametrize("bearer", ["", "wrong", "0" * 10_000])
def test_a_wrong_token_is_nobody(tmp_path: Path, bearer: str) -> None:
    with a_browser(some_parts(tmp_path), notes()) as browser:
        headers = {"Authorization": f"Bearer {bearer}"}
        assert browser.get("/api/notes/1", headers=headers).status_code == 401


def test_a_token_opens_what_its_role_opens_and_needs_no_form_word(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    with a_browser(parts, notes(), bearer=a_token(parts, Role.CLERK, name="import")) as program:
        assert program.get("/api/notes/1").json() == {"by": "token:import"}
        assert program.post("/api/notes", json={"text": "hello"}).json() == {"by": "token:import"}
    with a_browser(parts, notes(), bearer=a_token(parts, Role.GUARD)) as program:
        assert program.get("/api/notes/1").status_code == 403


def test_another_site_is_not_there(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    from_oc2 = a_token(parts, Role.CLERK, site=SiteId("oc2"))
    with a_browser(parts, notes(), bearer=from_oc2) as program:
        assert program.get("/api/notes/1").status_code == 404


def test_a_change_by_a_browser_needs_the_form_word_of_its_own_session(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    mine = a_session(parts, a_user(parts, "clerk"))
    other = a_session(parts, a_user(parts, "other", Role.CLERK), token="1" * 43)
    with a_browser(parts, notes(), signed_in=mine) as browser:
        assert browser.post("/api/notes", json={"text": "hello"}).status_code == 200
        for word in (None, "", "wrong", other.csrf):
            browser.headers.pop("X-CSRF-Token", None)
            headers = {} if word is None else {"X-CSRF-Token": word}
            answer = browser.post("/api/notes", json={"text": "hello"}, headers=headers)
            assert (answer.status_code, answer.json()["type"]) == (403, "urn:dayuan:problem:foreign-form")


def test_the_form_word_may_stand_in_the_form(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    session = a_session(parts, a_user(parts, "clerk"))
    with a_browser(parts, notes(), signed_in=session) as browser:
        browser.headers.pop("X-CSRF-Token")
        assert browser.post("/sign-out", data={"csrf": "wrong"}).status_code == 403
        assert browser.post("/sign-out", data={"csrf": session.csrf}).status_code == 303


@pytest.mark.parametrize(("language", "words"), [("zh", "没有您要找的内容"), ("en", "What you look for is not here")])
def test_a_person_gets_a_page_that_says_what_is_wrong(tmp_path: Path, language: str, words: str) -> None:
    with a_browser(some_parts(tmp_path)) as browser:
        browser.cookies.set("lang", language)
        answer = browser.get("/nowhere")
    assert answer.status_code == 404
    assert words in answer.text


def test_a_part_of_a_page_gets_a_sentence(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    session = a_session(parts, a_user(parts, "clerk"))
    with a_browser(parts, notes(), signed_in=session) as browser:
        answer = browser.post("/api/notes", json={"text": "taken"}, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert answer.text == "别人刚刚改动过，请刷新后再看。"


@pytest.mark.parametrize(
    ("body", "status"), [(b'{"text": 1}', 422), (b"{}", 422), (b"{", 400), (b"\xff\xfe", 400), (b"[" * 100_000, 400)]
)
def test_a_body_that_is_none_is_a_problem_and_no_crash(tmp_path: Path, body: bytes, status: int) -> None:
    parts = some_parts(tmp_path)
    with a_browser(parts, notes(), bearer=a_token(parts, Role.CLERK)) as program:
        answer = program.post("/api/notes", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("says_its_length", [True, False])
def test_a_body_that_is_too_large_is_refused(tmp_path: Path, says_its_length: bool) -> None:  # noqa: FBT001 - by pytest
    parts = some_parts(tmp_path)
    body = b" " * (MAX_BODY + 1)
    with a_browser(parts, notes(), bearer=a_token(parts, Role.CLERK)) as program:
        content = body if says_its_length else iter([body])
        answer = program.post("/api/notes", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_our_own_mistake_is_told_without_what_is_inside(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    session = a_session(parts, a_user(parts, "clerk"))
    with a_browser(parts, notes(), signed_in=session, our_mistakes_raise=False) as browser, capture_logs() as logs:
        answer = browser.get("/broken")
    assert [(log["event"], log["path"]) for log in logs] == [("request-failed", "/broken")]
    assert answer.status_code == 500
    assert "系统出错" in answer.text
    assert "ZeroDivision" not in answer.text


def test_the_description_of_the_api_says_how_programs_prove_who_they_are(tmp_path: Path) -> None:
    with a_browser(some_parts(tmp_path), notes()) as browser:
        document = browser.get("/api/openapi.json").json()
    assert document["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}
    assert set(document["paths"]["/api/media"]["put"]["responses"]) >= {"200", "201", "401", "404", "413", "422"}
    assert "/sign-in" not in document["paths"]


def test_alive_ready_and_counted(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    parts.readiness.register("inbox", lambda: PartState(ready=True, lag_seconds=0.5))
    with a_browser(parts) as browser:
        assert browser.get("/healthz").json() == {"status": "alive"}
        ready = browser.get("/readyz")
        assert (ready.status_code, ready.json()["parts"]["inbox"]["lag_seconds"]) == (200, 0.5)
        parts.readiness.register("broker", lambda: PartState(ready=False, detail="not connected"))
        assert browser.get("/readyz").status_code == 503
        assert "python_info" in browser.get("/metrics").text


@pytest.mark.parametrize("role", [None, Role.GUARD, Role.OPERATOR], ids=str)
def test_particulars_of_a_part_are_for_those_who_look_after_the_system(tmp_path: Path, role: Role | None) -> None:
    parts = some_parts(tmp_path)
    parts.readiness.register("lease", lambda: PartState(ready=True, detail="process 7 on guardhouse acts"))
    with a_browser(parts, bearer=None if role is None else a_token(parts, role)) as browser:
        told = browser.get("/readyz").json()["parts"]["lease"]
    particulars = {} if role is not Role.OPERATOR else {"detail": "process 7 on guardhouse acts"}
    assert told == {"ready": True, "lag_seconds": None} | particulars


def test_whoever_cannot_be_looked_up_still_hears_what_is_ready(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    directory = parts.directory
    real = directory.monotonic
    with a_browser(parts, bearer=a_token(parts, Role.ADMIN)) as browser:
        directory.stop()
        directory.monotonic = lambda: real() + TRUSTED_FOR.total_seconds() + 1
        answer = browser.get("/readyz")
    assert (answer.status_code, answer.json()["parts"]["auth"]["ready"]) == (503, False)
    assert "detail" not in answer.json()["parts"]["auth"]


def test_a_store_that_does_not_answer_is_told(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    with a_browser(parts, bearer=a_token(parts, Role.ADMIN)) as browser:
        told = browser.get("/readyz").json()["parts"]["store-registry"]
        assert (told["ready"], told["detail"]) == (True, "0 messages wait for the broker")
        with parts.stores["registry"].begin(parts.clock.now()) as work:
            for topic in ("a", "b c"):
                outbox.announce(work.session, topic, b"x")
            refused = outbox.waiting(work.session)[1].position
            outbox.set_aside(work.session, refused, "its topic holds a blank")
        told = browser.get("/readyz").json()["parts"]["store-registry"]
        assert told["detail"] == "1 messages wait for the broker, 1 are set aside"
        with parts.stores["registry"].begin(parts.clock.now()) as work:
            work.session.execute(text("DROP TABLE outbox"))
        answer = browser.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["store-registry"]["ready"] is False


@pytest.mark.parametrize(
    ("role", "home"), [(Role.CLERK, "/registry"), (Role.ADMIN, "/registry"), (Role.SECURITY_OFFICER, "/registry")]
)
def test_everybody_begins_at_the_page_of_their_work(tmp_path: Path, role: Role, home: str) -> None:
    parts = some_parts(tmp_path)
    session = a_session(parts, a_user(parts, "somebody", role))
    with a_browser(parts, notes(), signed_in=session) as browser:
        assert browser.get("/").headers["Location"] == home


def test_somebody_without_a_page_is_told_so(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    session = a_session(parts, a_user(parts, "auditor"))
    with a_browser(parts, notes(), signed_in=session) as browser:
        assert "您已登录" in browser.get("/").text


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "https://evil.example", "", "evil", "/\n/x"])
def test_nobody_is_sent_to_a_foreign_page(tmp_path: Path, path: str) -> None:
    assert not is_own_path(path)
    parts = some_parts(tmp_path)
    session = a_session(parts, a_user(parts, "clerk"))
    with a_browser(parts, notes(), signed_in=session) as browser:
        assert browser.get("/sign-in", params={"to": path}).headers["Location"] == "/"
        assert browser.post("/language/en", data={"back": path}).headers["Location"] == "/"


def test_the_language_is_the_chosen_one_then_the_browsers_then_chinese(tmp_path: Path) -> None:
    with a_browser(some_parts(tmp_path)) as browser:
        assert '<html lang="zh-CN"' in browser.get("/sign-in").text
        english = {"Accept-Language": "en-GB,en;q=0.9"}
        assert '<html lang="en"' in browser.get("/sign-in", headers=english).text
        assert '<html lang="zh-CN"' in browser.get("/sign-in", headers={"Accept-Language": "fr"}).text
        browser.post("/language/zh")
        assert '<html lang="zh-CN"' in browser.get("/sign-in", headers=english).text
        assert browser.post("/language/fr").status_code == 422


def other_pages() -> APIRouter:
    """A page of the control room and one of the patrol."""
    router = APIRouter()
    for path, permission in (("/control-room", Permission.ALARMS_READ), ("/patrol", Permission.PATROL_SCAN)):
        router.add_api_route(path, lambda: None, dependencies=[Depends(requires(permission))])
    return router


def test_the_top_bar_shows_only_what_one_may_open(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    session = a_session(parts, a_user(parts, "security_officer"))
    with a_browser(parts, notes(), other_pages(), signed_in=session) as browser:
        shown = browser.get("/nowhere").text
    assert 'href="/registry"' in shown
    assert 'href="/control-room"' in shown
    assert 'href="/patrol"' not in shown


def test_whoever_has_one_page_sees_where_it_is(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    session = a_session(parts, a_user(parts, "clerk"))
    with a_browser(parts, notes(), other_pages(), signed_in=session) as browser:
        answer = browser.get("/nowhere").text
    (bar,) = re.findall(r'<nav class="pages".*?</nav>', answer, re.DOTALL)
    assert bar.count("<a ") == 1
