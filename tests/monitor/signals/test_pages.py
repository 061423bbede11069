"""The pages show what came in, and foreign bytes so that they can do nothing."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

import monitor.signals.letter_pages
import monitor.signals.pages
from monitor.signals.bytes_shown import as_text, dump
from registry.auth.permissions import Role
from registry.web.parts import Parts
from tests.fakes.clock import NOON
from tests.makers.events import an_event, on_the_wire
from tests.makers.refusals import some_refusals
from tests.makers.signals import a_message, take_in
from tests.makers.web import a_browser, a_session, a_user

ROUTERS = (monitor.signals.pages.router, monitor.signals.letter_pages.router)


@pytest.fixture
def operator(heard: Parts) -> Iterator[TestClient]:
    session = a_session(heard, a_user(heard, "operator", Role.OPERATOR))
    with a_browser(heard, *ROUTERS, signed_in=session) as client:
        yield client


@pytest.mark.parametrize(("language", "word"), [("zh", "收到"), ("en", "Received")])
def test_signals_and_totals_are_shown_in_both_languages(operator: TestClient, language: str, word: str) -> None:
    operator.cookies.set("lang", language)
    shown = operator.get("/control-room/signals").text
    assert word in shown
    assert "oc1/beam/north-01" in shown
    assert "oc2/beam/north-01" not in shown


def test_what_a_device_wrote_is_text_and_no_markup(operator: TestClient) -> None:
    for path in ("/control-room/signals", "/control-room/dead-letters", "/control-room/dead-letters/1"):
        assert "<script>alert" not in operator.get(path).text


def test_the_bytes_of_a_dead_letter_are_shown(operator: TestClient) -> None:
    shown = operator.get("/control-room/dead-letters/1").text
    assert "&lt;script&gt;alert" in shown
    assert "3c 73 63 72 69 70 74 3e" in shown
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in shown
    assert "/api/monitor/dead-letters/1/raw" in shown


def test_a_dead_letter_of_others_is_not_there(operator: TestClient) -> None:
    assert operator.get("/control-room/dead-letters/2").status_code == 404


def test_an_older_page_does_not_renew_itself(operator: TestClient) -> None:
    assert 'id="pause"' in operator.get("/control-room/signals").text
    assert 'id="pause"' not in operator.get("/control-room/signals", params={"cursor": "3"}).text


def test_signals_are_looked_for_by_device_and_by_kind(heard: Parts, operator: TestClient) -> None:
    take_in(
        heard.stores["monitor"],
        a_message(on_the_wire(an_event("tamper", kind="dayuan.beam.degraded")), received_at=NOON),
    )
    every = operator.get("/control-room/signals").text
    assert every.count('<tr id="signal-') == 4
    weak = operator.get("/control-room/signals", params={"type": "dayuan.beam.degraded", "device": ""}).text
    assert weak.count('<tr id="signal-') == 1
    assert 'data-ask="/control-room/signals?type=dayuan.beam.degraded"' in weak
    none = operator.get("/control-room/signals", params={"device": "oc1/beam/gone"}).text
    assert "没有符合条件的信号" in none


def test_devices_of_other_sites_cannot_be_chosen(operator: TestClient) -> None:
    shown = operator.get("/control-room/signals").text
    assert '<option value="oc1/beam/north-01"' in shown
    assert '<option value="oc2/beam/north-01"' not in shown


def test_what_came_late_says_when_it_came(operator: TestClient) -> None:
    shown = operator.get("/control-room/signals").text
    assert shown.count("收到 12:02:00，晚 2 分钟") == 1
    assert "收到 12:00:00" not in shown
    assert "按收到的先后排列" in shown


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, ""), (2, "晚 2 秒"), (90, "晚 90 秒"), (7200, "晚 2 小时"), (200_000, "晚 2 天"), (-3, "设备时钟快 3 秒")],
)
def test_how_much_later_a_signal_came_is_said(heard: Parts, operator: TestClient, seconds: float, words: str) -> None:
    came = NOON + timedelta(days=3)
    happened = came - timedelta(seconds=seconds)
    message = on_the_wire(an_event("late", kind="dayuan.beam.degraded", occurred_at=happened))
    take_in(heard.stores["monitor"], a_message(message, received_at=came))
    shown = operator.get("/control-room/signals", params={"type": "dayuan.beam.degraded"}).text
    assert words in shown
    assert ('<small class="faint">收到' in shown) == bool(words)


def test_a_device_is_told_with_its_compound(operator: TestClient) -> None:
    shown = operator.get("/control-room/signals").text
    assert '<optgroup label="一号院">' in shown
    assert "一号院 · <span" in shown


def test_a_fresh_store_says_so(parts: Parts) -> None:
    session = a_session(parts, a_user(parts, "operator", Role.OPERATOR))
    with a_browser(parts, *ROUTERS, signed_in=session) as client:
        assert "尚未收到任何信号" in client.get("/control-room/signals").text
        assert "没有异常报文" in client.get("/control-room/dead-letters").text


def test_a_dump_has_sixteen_bytes_a_line() -> None:
    lines = list(dump(bytes(range(60, 80)) + b"\x00"))
    assert [(line.offset, line.text) for line in lines] == [("000000", "<=>?@ABCDEFGHIJK"), ("000010", "LMNO.")]
    assert lines[0].octets.startswith("3c 3d 3e")


def test_text_without_tricks_keeps_lines_and_chinese() -> None:
    assert as_text("北墙\n\x1b[31m".encode() + b"\xff") == "北墙\n\ufffd[31m\ufffd"


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh", "被拒发布 3 次，最近主题 "), ("en", "Refused 3×, last topic ")],
)
def test_a_device_whose_messages_the_broker_refused_is_named_with_its_last_topic(
    heard: Parts, operator: TestClient, language: str, words: str
) -> None:
    operator.cookies.set("lang", language)
    assert "refused-oc1" not in operator.get("/control-room/signals").text
    some_refusals(heard.settings.data_dir, {"oc1.beam.north-01": (3, "a/<b>", NOON), "monitor": (1, "x", NOON)})
    shown = operator.get("/control-room/signals").text
    assert words in shown
    assert "a/&lt;b&gt;" in shown
    assert 'id="refused-oc1/beam/north-01"' in shown


def test_refusals_of_yesterday_and_of_other_compounds_are_not_shown(heard: Parts, operator: TestClient) -> None:
    some_refusals(
        heard.settings.data_dir,
        {
            "oc1.beam.north-01": (3, "a", NOON - timedelta(days=1, seconds=1)),
            "oc2.beam.north-01": (3, "a", NOON),
        },
    )
    assert 'id="refused' not in operator.get("/control-room/signals").text


def test_dead_letters_are_tried_again_from_the_page_by_those_who_may(heard: Parts, operator: TestClient) -> None:
    assert "attempts" not in operator.get("/control-room/dead-letters").text
    assert operator.post("/control-room/dead-letters/attempts").status_code == 403
    session = a_session(heard, a_user(heard, "admin", Role.ADMIN, site=None), token="1" * 43)
    with a_browser(heard, *ROUTERS, signed_in=session) as admin:
        assert "/control-room/dead-letters/attempts" in admin.get("/control-room/dead-letters?reason=bad_json").text
        answer = admin.post(
            "/control-room/dead-letters/attempts", data={"reason": "bad_json", "site": "", "device": ""}
        )
        assert "tried=1&stored=0&duplicate=0&still=1" in answer.headers["Location"]
        assert "仍不能识别 1" in admin.get(answer.headers["Location"]).text
        again = admin.post("/control-room/dead-letters/1/attempt").headers["Location"]
        assert "已重试，仍不能识别" in admin.get(again).text


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"text": "ALERT"}, 3),
        ({"text": "100%"}, 0),
        ({"kind": "beam"}, 3),
        ({"kind": "camera"}, 0),
        ({"site": "oc1"}, 3),
    ],
)
def test_signals_are_looked_for_by_class_and_by_text(operator: TestClient, wanted: dict[str, str], count: int) -> None:
    every = {"site": "", "device": "", "kind": "", "type": "", "text": "", **wanted}
    assert operator.get("/control-room/signals", params=every).text.count('<tr id="signal-') == count
