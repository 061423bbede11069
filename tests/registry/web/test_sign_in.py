"""Signing in over HTTP: the form, its answers and its cookies."""

import re
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from registry.auth.requires import SESSION_COOKIE
from registry.room import ROOM
from tests.makers.web import PASSWORD, a_browser, a_session, a_user, some_parts


def send_form(browser: TestClient, *, name: str = "guard", password: str = PASSWORD, to: str = "/") -> tuple[int, str]:
    """Open the form and send it; gives the status and the page."""
    word = re.search(r'name="csrf" value="([0-9a-f]{64})"', browser.get("/sign-in").text)
    assert word is not None
    answer = browser.post("/sign-in", data={"name": name, "password": password, "to": to, "csrf": word[1]})
    return answer.status_code, answer.headers.get("Location", answer.text)


def test_signing_in_leads_to_where_one_was_going(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    a_user(parts, "guard")
    with a_browser(parts) as browser:
        assert send_form(browser, to="/gate?lane=1") == (303, "/gate?lane=1")
        assert browser.cookies.get(SESSION_COOKIE)
        assert browser.get("/sign-in").headers["Location"] == "/"


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    a_user(parts, "guard")
    with a_browser(parts) as browser:
        browser.base_url = "https://testserver"
        page = browser.get("/sign-in").text
        word = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
        assert word is not None
        form = {"name": "guard", "password": PASSWORD, "csrf": word[1]}
        cookies = browser.post("/sign-in", data=form).headers.get_list("Set-Cookie")
    cookie = next(cookie for cookie in cookies if cookie.startswith(SESSION_COOKIE))
    assert {"HttpOnly", "SameSite=lax", "Secure", "Path=/"} <= set(cookie.split("; "))


def test_the_same_words_for_a_wrong_name_and_a_wrong_password(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    a_user(parts, "guard")
    with a_browser(parts) as browser:
        answers = [
            send_form(browser, password="wrong"),
            send_form(browser, name="nobody"),
        ]
    assert [status for status, _ in answers] == [401, 401]
    assert all("用户名或密码不对" in page for _, page in answers)


def test_a_form_that_another_site_sends_is_not_looked_at(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    a_user(parts, "guard")
    with a_browser(parts) as browser:
        answer = browser.post("/sign-in", data={"name": "guard", "password": PASSWORD})
        assert answer.status_code == 403
        assert SESSION_COOKIE not in browser.cookies


def test_the_sixth_try_must_wait_and_is_told_how_long(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    with a_browser(parts) as browser:
        for _ in range(5):
            assert send_form(browser, password="wrong")[0] == 401
        status, page = send_form(browser, password="wrong")
    assert status == 429
    assert "请等 2 秒后再试" in page
    with parts.stores["registry"].read() as session:
        assert session.scalars(select(ROOM.audit.action)).all()[-2:] == ["sign-in-slowed", "sign-in-too-early"]


@pytest.mark.parametrize("name", ["", "名" * 200, "<script>alert(1)</script>", "' OR 1=1 --", "a\x00b"])
def test_strange_names_are_only_wrong(tmp_path: Path, name: str) -> None:
    with a_browser(some_parts(tmp_path)) as browser:
        status, page = send_form(browser, name=name)
    assert status == 401
    assert "<script>alert" not in page


def test_who_signs_out_is_out_at_once_also_with_a_copy_of_the_cookie(tmp_path: Path) -> None:
    parts = some_parts(tmp_path)
    session = a_session(parts, a_user(parts, "guard"))
    with a_browser(parts, signed_in=session) as browser, a_browser(parts, signed_in=session) as copy:
        assert copy.get("/").status_code == 200
        assert browser.post("/sign-out").headers["Location"] == "/sign-in"
        assert copy.get("/").headers["Location"] == "/sign-in"
