"""Who may open the control room, what they see there, and what its buttons answer."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

import monitor.web
from monitor.alarms import queries as alarms
from monitor.alarms.models import Alarm
from registry.auth.permissions import Role
from registry.devices.facts import DrawingFacts
from registry.devices.reading import load_register
from registry.ids import AlarmId, SiteId
from registry.messages.alarms import AlarmState
from registry.sites.plan import set_drawing
from registry.web.parts import Parts
from tests.fakes.clock import NOON
from tests.makers.control_room import a_drawn_register, an_alarm, monitoring_parts
from tests.makers.monitor import a_try, hear
from tests.makers.registry import a_site
from tests.makers.web import a_browser, a_session, a_user


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return monitoring_parts(tmp_path)


def _alarm(parts: Parts, alarm_id: AlarmId) -> Alarm:
    with parts.stores["monitor"].read() as session:
        return session.query(Alarm).where(Alarm.id == alarm_id).one()


def test_a_patrol_guard_does_not_see_alarms(parts: Parts) -> None:
    signed_in = a_session(parts, a_user(parts, "patrol", Role.PATROL))
    with a_browser(parts, *monitor.web.routers(), signed_in=signed_in) as browser:
        assert browser.get("/control-room").status_code == 403
        assert browser.get("/control-room/stream").status_code == 403


def test_another_sites_alarm_and_filter_are_not_there(parts: Parts) -> None:
    alarm = an_alarm(parts, site=SiteId("oc2"), zone=None, signals=())
    signed_in = a_session(parts, a_user(parts, "operator", Role.OPERATOR))
    with a_browser(parts, *monitor.web.routers(), signed_in=signed_in) as browser:
        for query in (f"alarm={alarm}", f"late={alarm}", f"closed={alarm}", "site=oc2", f"alarm={uuid4()}"):
            assert browser.get(f"/control-room?{query}").status_code == 404
        assert browser.get("/control-room/stream?site=oc2").status_code == 404
        answer = browser.post(f"/control-room/alarms/{alarm}/acknowledgement", data={"version": "1"})
        assert answer.status_code == 404
    assert _alarm(parts, alarm).state is AlarmState.NEW


def test_a_button_leads_back_to_the_page_with_its_alarm_under_the_cursor(parts: Parts) -> None:
    alarm = an_alarm(parts)
    signed_in = a_session(parts, a_user(parts, "operator", Role.OPERATOR))
    with a_browser(parts, *monitor.web.routers(), signed_in=signed_in) as browser:
        answer = browser.post(f"/control-room/alarms/{alarm}/acknowledgement", data={"version": "1", "site": "oc1"})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/control-room?site=oc1&alarm={alarm}")
        late = browser.post(f"/control-room/alarms/{alarm}/acknowledgement", data={"version": "1", "site": ""})
        assert late.headers["location"] == f"/control-room?site=&alarm={alarm}&late={alarm}"
    assert _alarm(parts, alarm).state is AlarmState.ACKNOWLEDGED


def test_an_operator_cannot_close_an_urgent_alarm_by_a_forged_form(parts: Parts) -> None:
    alarm = an_alarm(parts, priority=1, state=AlarmState.ACKNOWLEDGED)
    signed_in = a_session(parts, a_user(parts, "operator", Role.OPERATOR))
    form = {"version": "1", "verdict": "nuisance", "cause": "cat"}
    with a_browser(parts, *monitor.web.routers(), signed_in=signed_in) as browser:
        answer = browser.post(f"/control-room/alarms/{alarm}/closure", data=form)
    assert answer.status_code == 403
    assert "保卫科" in answer.text
    assert _alarm(parts, alarm).state is AlarmState.ACKNOWLEDGED


def test_a_serious_alarm_is_not_closed_without_a_word(parts: Parts) -> None:
    alarm = an_alarm(parts, priority=2, state=AlarmState.ACKNOWLEDGED)
    signed_in = a_session(parts, a_user(parts, "operator", Role.OPERATOR))
    with a_browser(parts, *monitor.web.routers(), signed_in=signed_in) as browser:
        answer = browser.post(
            f"/control-room/alarms/{alarm}/closure", data={"version": "1", "verdict": "nuisance", "cause": "  "}
        )
    assert answer.status_code == 422
    assert _alarm(parts, alarm).state is AlarmState.ACKNOWLEDGED


def test_what_a_device_or_a_person_wrote_is_shown_as_text(parts: Parts) -> None:
    an_alarm(
        parts, explanation=("<script>alert(1)</script>", "<b>bold</b>"), signals=(("<img src=x>", "x.y.<u>", 0.0),)
    )
    signed_in = a_session(parts, a_user(parts, "operator", Role.OPERATOR))
    with a_browser(parts, *monitor.web.routers(), signed_in=signed_in) as browser:
        text = browser.get("/control-room").text
    assert "<script>alert" not in text
    assert "<img src=x>" not in text
    assert "&lt;script&gt;alert" in text


def test_each_try_of_a_refused_vehicle_says_its_reason(parts: Parts) -> None:
    tries = [a_try(NOON, reason="permit_year_over"), a_try(NOON + timedelta(seconds=9), reason="denied_list")]
    hear(parts.stores["monitor"], tries)
    alarm = an_alarm(parts, rule="G03", zone=None, signals=())
    with parts.stores["monitor"].begin(NOON) as work:
        row = work.session.query(Alarm).where(Alarm.id == alarm).one().row
        alarms.add_evidence(work.session, row, [each.evidence for each in tries])
    signed_in = a_session(parts, a_user(parts, "operator", Role.OPERATOR))
    with a_browser(parts, *monitor.web.routers(), signed_in=signed_in) as browser:
        text = browser.get("/control-room").text
    assert "鄂E·12345 被拒：年度证已失效" in text
    assert "鄂E·12345 被拒：布控名单" in text


def test_what_was_not_today_bears_its_day(parts: Parts) -> None:
    an_alarm(parts, code="A-1111", ago=timedelta(minutes=1))
    an_alarm(parts, code="A-2222", ago=timedelta(hours=20))
    signed_in = a_session(parts, a_user(parts, "operator", Role.OPERATOR))
    with a_browser(parts, *monitor.web.routers(), signed_in=signed_in) as browser:
        text = browser.get("/control-room").text
    assert ">11:59:00</time>" in text
    assert ">11-22 16:00:00</time>" in text


def test_an_unreadable_address_of_the_page_is_refused(parts: Parts) -> None:
    signed_in = a_session(parts, a_user(parts, "operator", Role.OPERATOR))
    with a_browser(parts, *monitor.web.routers(), signed_in=signed_in) as browser:
        assert browser.get("/control-room?alarm=nonsense").status_code == 422
        assert browser.get("/control-room?site=../x").status_code == 422


def test_the_drawing_that_a_clerk_uploaded_is_what_the_plan_lies_on(tmp_path: Path) -> None:
    drawn = a_drawn_register()
    site = replace(drawn.sites[SiteId("oc1")], drawing=DrawingFacts(aspect=1.5, set_at=NOON))
    parts = monitoring_parts(tmp_path, register=replace(drawn, sites={**drawn.sites, site.id: site}))
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 200"><rect width="30" height="20"/></svg>'
    with parts.stores["registry"].begin(NOON) as work:
        for name in ("oc1", "oc2"):
            a_site(work.session, name)
        set_drawing(work.session, SiteId("oc1"), svg, by="chen", now=NOON)
        assert load_register(work.session).sites[SiteId("oc1")].drawing == DrawingFacts(aspect=1.5, set_at=NOON)
    signed_in = a_session(parts, a_user(parts, "operator", Role.OPERATOR))
    with a_browser(parts, *monitor.web.routers(), signed_in=signed_in) as browser:
        assert (
            '<image class="uploaded" href="/control-room/drawings/oc1?v=' in browser.get("/control-room?site=oc1").text
        )
        picture = browser.get("/control-room/drawings/oc1")
        assert (picture.headers["Content-Type"], "<rect" in picture.text) == ("image/svg+xml", True)
        assert "sandbox" in picture.headers["Content-Security-Policy"]
        assert browser.get("/control-room/drawings/oc2").status_code == 404
