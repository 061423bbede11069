"""Pictures come from devices and from people with the right, and go to who may see them."""

import base64
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from registry.auth.permissions import Role
from registry.ids import DeviceAddress, SiteId, new_id
from registry.media.rules import MAX_BYTES
from registry.web.parts import Parts
from tests.makers.pictures import a_picture
from tests.makers.web import a_browser, a_session, a_token, a_user, some_parts

CAMERA = DeviceAddress.parse("oc1/camera/north-01")
SECRET = "0123456789abcdef0123456789abcdef"
OC2 = SiteId("oc2")


def only_the_camera(username: str, secret: str) -> DeviceAddress | None:
    return CAMERA if (username, secret) == (CAMERA.username, SECRET) else None


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return some_parts(tmp_path, devices=only_the_camera)


def basic(username: str = CAMERA.username, secret: str = SECRET) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{secret}".encode()).decode()}


def put(
    client: TestClient, data: bytes, headers: dict[str, str] | None = None, **query: str
) -> tuple[int, dict[str, str]]:
    answer = client.put("/api/media", content=data, headers=headers or {}, params=query)
    return answer.status_code, answer.json()


def test_a_camera_puts_a_picture_to_its_own_site(parts: Parts) -> None:
    with a_browser(parts) as client:
        status, ref = put(client, a_picture(), basic(), kind="snapshot")
        again = put(client, a_picture(), basic(), kind="snapshot")
    assert (status, ref["kind"]) == (201, "snapshot")
    assert again == (200, ref)
    assert set(ref) == {"id", "sha256", "kind"}


def test_a_camera_puts_nothing_to_another_site(parts: Parts) -> None:
    with a_browser(parts) as client:
        assert put(client, a_picture(), basic(), site="oc2")[0] == 404


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic(secret="wrong"),
        basic(username="oc1.beam.north-01"),
        {"Authorization": "Basic !"},
        {"Authorization": "Basic"},
    ],
    ids=["nothing", "wrong-secret", "another-device", "no-base64", "empty"],
)
def test_who_cannot_prove_itself_puts_nothing(parts: Parts, headers: dict[str, str]) -> None:
    with a_browser(parts) as client:
        assert put(client, a_picture(), headers)[0] == 401


def test_a_program_says_to_which_site_and_may_only_where_it_may(parts: Parts) -> None:
    with a_browser(parts, bearer=a_token(parts, Role.READER)) as program:
        assert put(program, a_picture(), site="oc1")[0] == 201
        assert put(program, a_picture(), site="oc2")[0] == 404
        assert put(program, a_picture())[1]["type"] == "urn:dayuan:problem:site-missing"
    with a_browser(parts, bearer=a_token(parts, Role.KIOSK)) as program:
        assert put(program, a_picture(), site="oc1")[0] == 403


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"", 422), (b"no picture", 422), (b"\xff\xd8\xff\xe0", 422), (b"\xff\xd8\xff" + b"0" * MAX_BYTES, 413)],
)
def test_what_is_no_picture_is_refused_in_words(parts: Parts, data: bytes, status: int) -> None:
    with a_browser(parts) as client:
        answer = client.put("/api/media", content=data, headers=basic())
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_kind_that_there_is_not_is_refused(parts: Parts) -> None:
    with a_browser(parts) as client:
        assert put(client, a_picture(), basic(), kind="video")[0] == 422


def test_a_picture_is_seen_by_who_may_see_its_site(parts: Parts) -> None:
    with a_browser(parts) as client:
        media_id = put(client, a_picture("png"), basic())[1]["id"]
    path = f"/api/media/{media_id}"
    with a_browser(parts, signed_in=a_session(parts, a_user(parts, "guard"))) as guard:
        answer = guard.get(path)
        assert answer.content == a_picture("png")
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert guard.get(f"/api/media/{new_id()}").status_code == 404
        assert guard.get("/api/media/no-id").status_code == 422
    with a_browser(parts, bearer=a_token(parts, Role.GUARD, site=OC2)) as elsewhere:
        assert elsewhere.get(path).status_code == 404
    with a_browser(parts) as nobody:
        assert nobody.get(path).status_code == 401


def test_a_picture_that_a_browser_kept_is_not_sent_again_and_not_shown_to_the_next_user(parts: Parts) -> None:
    with a_browser(parts) as client:
        path = f"/api/media/{put(client, a_picture(), basic())[1]['id']}"
    with a_browser(parts, signed_in=a_session(parts, a_user(parts, "guard"))) as browser:
        kept = {"If-None-Match": browser.get(path).headers["ETag"]}
        again = browser.get(path, headers=kept)
        assert (again.status_code, again.content, again.headers["Cache-Control"]) == (304, b"", "private, no-cache")
        assert browser.get(path, headers={"If-None-Match": '"another"'}).status_code == 200
        browser.post("/sign-out")
        assert browser.get(path, headers=kept).status_code == 401


def test_a_picture_that_a_person_puts_is_in_the_audit_and_what_a_camera_saw_is_not(parts: Parts) -> None:
    with a_browser(parts) as camera:
        put(camera, a_picture(), basic())
    with a_browser(parts, bearer=a_token(parts, Role.READER)) as program:
        put(program, a_picture(seed=2), site="oc1")
    with a_browser(parts, signed_in=a_session(parts, a_user(parts, "clerk"))) as clerk:
        ids = [put(clerk, a_picture(seed=3), site="oc1", kind="photo")[1]["id"] for _ in range(2)]
    with parts.stores["registry"].read() as session:
        audit = parts.stores["registry"].room.audit
        acts = session.scalars(select(audit).where(audit.action == "picture-put")).all()
    assert [(act.actor, act.site, act.subject) for act in acts] == [("clerk", "oc1", f"media:{ids[0]}")]
