"""A browser at the pages of signing in."""

import re

from starlette.testclient import TestClient

from tests.makers.web import PASSWORD


def word_of(page: str) -> str:
    word = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert word is not None
    return word[1]


def sign_in(browser: TestClient, name: str = "guard", password: str = PASSWORD, to: str = "/gate") -> str:
    """Send the first form; gives where it leads."""
    form = {"name": name, "password": password, "to": to, "csrf": word_of(browser.get("/sign-in").text)}
    answer = browser.post("/sign-in", data=form)
    assert answer.status_code == 303
    return answer.headers["Location"]


def send(browser: TestClient, path: str, **fields: str) -> tuple[int, str]:
    """Open a step's page and send its form; gives the status and where it leads, or the page."""
    form = {"csrf": word_of(browser.get(path).text), "to": "/gate", **fields}
    answer = browser.post(path.partition("?")[0], data=form)
    return answer.status_code, answer.headers.get("Location", answer.text)
