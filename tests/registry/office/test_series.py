"""The page of the change of the year: seen by every clerk, worked by who approves permits at all compounds."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from registry.auth.permissions import Role
from registry.ids import SiteId
from registry.pages import routers
from registry.permits.models import PermitSeries, SeriesState
from registry.permits.reminders import make_reminders
from registry.web.app import create_app
from registry.web.parts import Parts
from tests.fakes.clock import NOON, FixedClock
from tests.makers.registry import a_keyring, a_permit, a_site
from tests.makers.web import OC1, a_browser, a_session, a_token, a_user, some_parts

SignIn = Callable[..., TestClient]


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    """Three cars of 2026, of which one has a permit of 2027 already."""
    made = some_parts(tmp_path)
    made.rooms["registry"] = a_keyring()
    with made.stores["registry"].begin(NOON) as work:
        a_site(work.session)
        for number in range(3):
            a_permit(work.session, f"鄂E1000{number}", at=datetime(2026, 2, 1, tzinfo=UTC))
        a_permit(work.session, "鄂E10000", year=2027)
    return made


@pytest.fixture
def sign_in(parts: Parts) -> Iterator[SignIn]:
    with ExitStack() as opened:

        def who(role: Role, site: SiteId | None) -> TestClient:
            user = a_user(parts, "chen", role, site=site)
            client = opened.enter_context(a_browser(parts, *routers(), signed_in=a_session(parts, user)))
            client.headers["Accept-Language"] = "zh"
            return client

        yield who


def state(parts: Parts) -> SeriesState | None:
    with parts.stores["registry"].read() as session:
        row = session.get(PermitSeries, 2027)
        return None if row is None else row.state


def test_prepared_looked_at_activated_once_and_rolled_back(parts: Parts, sign_in: SignIn) -> None:
    officer = sign_in(Role.SECURITY_OFFICER, None)
    page = officer.get("/registry/series").text
    assert "2027 年度" in page
    assert "续发 2 张" in page
    assert (
        officer.post("/registry/series/2027/prepare").headers["location"] == "/registry/series?year=2027&done=prepared"
    )
    assert state(parts) is SeriesState.PREPARED
    unsure = officer.post("/registry/series/2027/activate", data={"when": "now"})
    assert unsure.status_code == 422
    assert state(parts) is SeriesState.PREPARED
    asked = {"when": "day", "day": "2027-01-01", "at": "00:00", "overlap_days": "7", "sure": "yes"}
    assert officer.post("/registry/series/2027/activate", data=asked).status_code == 303
    assert "2027-01-08 00:00" in officer.get("/registry/series?year=2027&done=activated").text
    assert state(parts) is SeriesState.ACTIVE
    again = officer.post("/registry/series/2027/activate", data=asked)
    assert again.status_code == 422
    assert "chen 已启用" in again.text
    assert officer.post("/registry/series/2027/roll-back", data={"sure": "yes"}).status_code == 303
    assert state(parts) is SeriesState.ROLLED_BACK
    assert officer.post("/registry/series/2027/roll-back", data={"sure": "yes"}).status_code == 422


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"day": "2026-11-01"}, "这个时间已过"),
        ({"day": "2027-08-01"}, "离元旦太远"),
        ({"overlap_days": "40"}, "overlap_days"),
        ({"day": "soon"}, "day"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_changes_nothing(
    parts: Parts, sign_in: SignIn, typed: dict[str, str], said: str
) -> None:
    officer = sign_in(Role.SECURITY_OFFICER, None)
    officer.post("/registry/series/2027/prepare")
    answer = officer.post("/registry/series/2027/activate", data={"when": "day", "sure": "yes", **typed})
    assert answer.status_code == 422
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert state(parts) is SeriesState.PREPARED


@pytest.mark.parametrize(("role", "site"), [(Role.CLERK, OC1), (Role.SECURITY_OFFICER, OC1)])
def test_who_does_not_answer_for_all_compounds_sees_it_and_changes_nothing(
    parts: Parts, sign_in: SignIn, role: Role, site: SiteId
) -> None:
    client = sign_in(role, site)
    page = client.get("/registry/series?year=2027&show=lost&q=10001").text
    assert "鄂E·10001" in page
    assert "鄂E·10002" not in page
    assert "/registry/series/2027/prepare" not in page
    assert client.post("/registry/series/2027/prepare").status_code == 403
    assert state(parts) is None


def test_whose_permits_end_soon_stand_on_the_first_page_and_in_the_list(parts: Parts, sign_in: SignIn) -> None:
    assert isinstance(parts.clock, FixedClock)
    parts.clock.advance(timedelta(days=30))
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        assert make_reminders(work.session, now=work.now) == 2
    clerk = sign_in(Role.CLERK, OC1)
    assert "<b>2</b> 张通行证即将到期" in clerk.get("/registry").text
    listed = clerk.get("/registry/permits?status=reminded").text
    assert "鄂E·10001" in listed
    assert "鄂E·10000" not in listed


def test_the_api_says_the_difference_and_refuses_a_second_activation(parts: Parts) -> None:
    token = a_token(parts, Role.SECURITY_OFFICER, site=None)
    with TestClient(create_app(parts, routers())) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        where = "/api/registry/permit-series/2027"
        assert client.get(where).json() == {
            "series": None,
            "difference": {"before": 3, "after": 1, "same": 0, "gained": 0, "lost": 2, "changed": 1},
        }
        assert client.post(f"{where}/activation", json={}).status_code == 404
        assert client.post(f"{where}/preparation").json() == {
            "renewed": 2,
            "temporary": 0,
            "units_over_quota": 0,
            "applied_for": 0,
            "ground_over": 0,
        }
        assert client.post(f"{where}/activation", json={"overlap_days": 3}).json()["state"] == "active"
        again = client.post(f"{where}/activation", json={})
        assert (again.status_code, again.json()["type"].rpartition(":")[2]) == (409, "series-is-active")
        assert client.post(f"{where}/rollback").json()["state"] == "rolled_back"
