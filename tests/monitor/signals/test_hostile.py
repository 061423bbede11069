"""What foreign devices may write in any field, topic or byte: it is shown as text on every page, and changes no line's direction."""

import re
from collections.abc import Iterator
from datetime import timedelta

import orjson
import pytest
from starlette.testclient import TestClient

import monitor.web
from monitor.dependencies import MonitorParts
from monitor.signals import service
from monitor.signals.messages import Message
from registry.auth.permissions import Role
from registry.web.parts import Parts
from tests.fakes.clock import NOON
from tests.makers.events import an_event, event_topic, on_the_wire
from tests.makers.register import a_device, a_register
from tests.makers.web import a_browser, a_session, a_user

MARKUP = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'{{7*7}}${7*7}"
TURNED = "\N{RIGHT-TO-LEFT OVERRIDE}\N{RIGHT-TO-LEFT ISOLATE}gpj.exe\N{LEFT-TO-RIGHT MARK}"
FORMULA = '=HYPERLINK("http://x","y")'
NUL = "a\x00b"
EMOJI = "\N{PILE OF POO}" * (60 * 1024 // 4)
HOSTILE = (MARKUP, TURNED, FORMULA, NUL, EMOJI)

ZIGBEE = a_device("oc1/gw/zigbee", foreign_prefixes=("zigbee2mqtt",), adapter="zigbee2mqtt")
REGISTER = a_register(a_device("oc1/beam/north-01"), ZIGBEE)
PAGES = (
    "/control-room",
    "/control-room/signals",
    "/control-room/signals?type=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&text=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    "/control-room/dead-letters",
    "/control-room/dead-letters?device=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    "/control-room/devices/oc1/beam/north-01",
    "/control-room/devices/oc1/gw/zigbee",
)
_TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def _messages(said: str, number: int) -> Iterator[Message]:
    """One string wherever a device may write one."""
    at = NOON + timedelta(seconds=number)
    north = event_topic()
    fields = {"beam_ids": [said[:100]], "note": said[:20_000], "activity": said[:200], said[:100]: said[:100]}
    yield Message(north, on_the_wire(an_event(f"{said[:60]}-{number}", data=fields, subject=said[:100])), at)
    yield Message(north, on_the_wire(an_event(f"t-{number}", kind=f"dayuan.beam.{said[:40]}")), at)
    yield Message(north, said.encode(), at)
    yield Message(said[:200], said.encode(), at)
    child = said[:60].replace("/", "|")
    states = {"battery": said[:500], said[:60]: said[:500], "linkquality": 3}
    yield Message(f"zigbee2mqtt/{child}", orjson.dumps(states), at)
    yield Message(f"zigbee2mqtt/{child}", orjson.dumps({"tamper": True, "note": said[:500]}), at)
    yield Message("zigbee2mqtt", orjson.dumps({said[:60]: said[:500], "battery": 3}), at)


@pytest.fixture
def everything(parts: Parts) -> Parts:
    parts.rooms["monitor"] = MonitorParts(register=lambda: REGISTER)
    messages = [one for number, said in enumerate(HOSTILE) for one in _messages(said, number)]
    with parts.stores["monitor"].begin(NOON) as work:
        counted = service.take_in(work.session, messages, REGISTER)
    assert counted.received == len(messages)
    assert min(counted.stored, counted.dead_letter) >= len(HOSTILE)
    return parts


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_shows_it_as_text(everything: Parts, language: str) -> None:
    session = a_session(everything, a_user(everything, "admin", Role.ADMIN, Role.OPERATOR, site=None))
    with a_browser(everything, *monitor.web.routers(), signed_in=session) as admin:
        admin.cookies.set("lang", language)
        letters = admin.get("/api/monitor/dead-letters", params={"limit": 100}).json()["items"]
        pages = [*PAGES, *(f"/control-room/dead-letters/{letter['id']}" for letter in letters)]
        assert len(pages) > len(PAGES) + len(HOSTILE)
        for path in pages:
            answer = admin.get(path)
            assert answer.status_code == 200, (path, answer.text[:500])
            assert "<script>alert" not in answer.text, path
            assert "<img src=x" not in answer.text, path
            assert "49${" not in answer.text, path
            assert "\x00" not in answer.text, path
            assert _TURNING.search(answer.text) is None, path


def test_a_program_reads_json_and_the_bytes_as_a_file_that_no_browser_runs(everything: Parts) -> None:
    session = a_session(everything, a_user(everything, "admin", Role.ADMIN, Role.OPERATOR, site=None))
    with a_browser(everything, *monitor.web.routers(), signed_in=session) as admin:
        for path in ("/api/monitor/signals", "/api/monitor/dead-letters", "/api/monitor/devices/oc1/gw/zigbee/health"):
            answer = admin.get(path)
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.json()
        _raw_is_a_file(admin)


def _raw_is_a_file(admin: TestClient) -> None:
    for letter in admin.get("/api/monitor/dead-letters", params={"limit": 100}).json()["items"]:
        raw = admin.get(f"/api/monitor/dead-letters/{letter['id']}/raw")
        assert raw.headers["content-type"] == "application/octet-stream"
        assert raw.headers["content-disposition"].startswith("attachment")
