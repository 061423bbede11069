"""What cameras post is kept before it is answered, from those alone that prove who they are."""

import base64
import random
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

import monitor.push.api
from monitor.adapters.catalogue import ADAPTERS
from monitor.dependencies import MonitorParts
from monitor.room import ROOM
from monitor.signals import attempts, letters
from monitor.signals.models import SignalRow
from monitor.signals.queries import Totals, totals
from registry.auth.permissions import Role
from registry.devices.secrets import hash_secret
from registry.store import Store, Work
from registry.web.parts import Parts
from tests.fakes.clock import NOON
from tests.makers.monitor import a_principal
from tests.makers.register import PASSWORD, a_device, a_register
from tests.makers.web import a_browser, some_parts

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\r\n\r\n--not-a-boundary\r\n" + bytes(range(256))
PUSHING = sorted(name for name, adapter in ADAPTERS.items() if "push" in adapter.ways)
REGISTER = a_register(
    *(a_device(f"oc1/camera/{name.replace('_', '-')}", adapter=name) for name in PUSHING),
    a_device("oc1/camera/channel-1", foreign_id="34020000001320000002"),
    a_device("oc1/camera/mute"),
    a_device("oc1/camera/frigate", adapter="frigate"),
    a_device("oc1/camera/off", adapter="lilin", enabled=False),
)
LILIN = b'{"AiEngine": [{"created_at": "2026-11-23T04:00:00Z", "label_name": "person", "behavior_id": "line-1"}]}'
HIKVISION = b"""<?xml version="1.0"?><EventNotificationAlert><eventType>fielddetection</eventType>
<dateTime>2026-11-23T12:00:00+08:00</dateTime><eventState>active</eventState></EventNotificationAlert>"""
DAHUA = b'Code=CrossLineDetection;action=Start;index=0;data={"LocaleTime": "2026-11-23 12:00:00", "Name": "wall"}'
ALARM = b"""<?xml version="1.0"?><Notify><CmdType>Alarm</CmdType><SN>7</SN><DeviceID>34020000001320000001</DeviceID>
<AlarmMethod>5</AlarmMethod><AlarmTime>2026-11-23T12:00:00</AlarmTime><AlarmType>5</AlarmType></Notify>"""
MILESIGHT = b'{"plate": "\xe9\x84\x82E10001", "time": "2026-11-23 12:00:00"}'
PLATE = (
    b'{"data": {"camera_id": "c", "timestamp": "2026-11-23T04:00:00Z", "results": [{"plate": "e10001", "score": 0.9}]}}'
)


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    parts = some_parts(tmp_path, rooms=(ROOM,))
    parts.rooms["monitor"] = MonitorParts(register=lambda: REGISTER)
    yield parts
    for store in parts.stores.values():
        store.close()


@pytest.fixture
def cameras(parts: Parts) -> Iterator[TestClient]:
    with a_browser(parts, monitor.push.api.router) as client:
        yield client


def at(device: str, rest: str = "") -> str:
    return f"/api/monitor/push/oc1/camera/{device}{rest}"


def proof(device: str, secret: str = PASSWORD) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"oc1.camera.{device}:{secret}".encode()).decode()}


def counted(parts: Parts) -> Totals:
    with parts.stores["monitor"].read() as session:
        return totals(session)


def types(parts: Parts) -> list[str]:
    with parts.stores["monitor"].read() as session:
        return list(session.scalars(select(SignalRow.type).order_by(SignalRow.position)))


def parted(*parts: tuple[str, bytes]) -> bytes:
    return (
        b"".join(b"--x\r\nContent-Type: %s\r\n\r\n%s\r\n" % (kind.encode(), part) for kind, part in parts)
        + b"--x--\r\n"
    )


@pytest.mark.parametrize(
    "posted",
    [
        ("lilin", "POST", "", LILIN, "application/json", "camera.line_crossed"),
        ("hikvision", "POST", "/ISAPI/Event", HIKVISION, "application/xml", "camera.intrusion"),
        ("dahua", "PUT", "", parted(("text/plain", DAHUA)), "multipart/x-mixed-replace; boundary=x", "camera.line_crossed"),
        ("gbt28181", "POST", "", ALARM, "Application/MANSCDP+xml", "camera.line_crossed"),
        ("milesight", "POST", "/plates", MILESIGHT, "", "camera.plate_read"),
        ("platerecognizer", "POST", "", PLATE, "application/json", "camera.plate_read"),
    ],
)  # fmt: skip
def test_what_a_vendor_posts_is_a_signal_once(
    cameras: TestClient, parts: Parts, posted: tuple[str, str, str, bytes, str, str]
) -> None:
    device, method, rest, body, kind, type_ = posted
    for _ in range(2):
        answer = cameras.request(method, at(device, rest), content=body, headers=proof(device) | {"Content-Type": kind})
        assert (answer.status_code, answer.content) == (200, b"")
    assert types(parts) == [f"dayuan.{type_}"]
    assert counted(parts) == Totals(received=2, stored=1, duplicate=1)


def test_what_a_recorder_posts_of_its_channel_is_that_cameras(cameras: TestClient, parts: Parts) -> None:
    known = ALARM.replace(b"0001</DeviceID>", b"0002</DeviceID>")
    for body in (known, ALARM):
        assert cameras.post(at("gbt28181"), content=body, headers=proof("gbt28181")).status_code == 200
    with parts.stores["monitor"].read() as session:
        heard = [
            (row.device, orjson.loads(row.data).get("child"))
            for row in session.scalars(select(SignalRow).order_by(SignalRow.position))
        ]
    assert heard == [("oc1/camera/channel-1", None), ("oc1/camera/gbt28181", "34020000001320000001")]


def test_a_camera_that_can_only_ask_says_it_in_the_address(cameras: TestClient, parts: Parts) -> None:
    told = {"label_name": "person", "behavior_id": "loiter", "created_at": "2026-11-23T04:00:00Z", "key": PASSWORD}
    assert cameras.get(at("lilin"), params=told).status_code == 200
    with parts.stores["monitor"].read() as session:
        [signal] = session.scalars(select(SignalRow))
    assert (signal.type, PASSWORD in signal.data) == ("dayuan.camera.loitering", False)
    assert cameras.get(at("lilin"), params={"key": PASSWORD}).status_code == 200
    assert counted(parts).received == 1, "a word without content is the button that tries the line"


def test_pictures_are_left_out_and_each_text_is_a_message(cameras: TestClient, parts: Parts) -> None:
    body = parted(
        ("application/xml", HIKVISION), ("image/jpeg", JPEG), ("application/octet-stream", JPEG), ("text/xml", b"<")
    )
    headers = proof("hikvision") | {"Content-Type": 'multipart/form-data; boundary="x"'}
    assert cameras.post(at("hikvision"), content=body, headers=headers).status_code == 200
    assert counted(parts) == Totals(received=2, stored=1, dead_letter=1)


@pytest.mark.parametrize(
    ("device", "headers"),
    [
        ("lilin", {}),
        ("lilin", proof("lilin", "wrong")),
        ("lilin", proof("hikvision")),
        ("lilin", proof("lilin", "\x00")),
        ("lilin", proof("lilin", "密" * 64)),
        ("nobody", proof("nobody")),
        ("mute", proof("mute")),
        ("frigate", proof("frigate")),
        ("off", proof("off")),
        ("NO", proof("NO")),
    ],
)
def test_whoever_is_turned_away_learns_nothing(
    cameras: TestClient, parts: Parts, device: str, headers: dict[str, str]
) -> None:
    answer = cameras.post(at(device), content=LILIN, headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (401, "No device posts here with this secret.")
    assert counted(parts) == Totals()


def test_ten_wrong_tries_and_nobody_is_let_in_from_there_but_who_was_right_before(cameras: TestClient) -> None:
    assert cameras.post(at("lilin"), content=LILIN, headers=proof("lilin")).status_code == 200
    statuses = [cameras.post(at("lilin"), headers=proof("lilin", "wrong")).status_code for _ in range(12)]
    assert (statuses[:5], statuses[-1]) == ([401] * 5, 429)
    assert cameras.post(at("lilin"), content=LILIN, headers=proof("lilin")).status_code == 200
    assert cameras.post(at("hikvision"), content=HIKVISION, headers=proof("hikvision")).status_code == 200
    assert [cameras.post(at("nobody"), headers=proof("nobody")).status_code for _ in range(12)] == statuses


def test_a_new_secret_ends_the_old_one_that_was_right_before(cameras: TestClient, parts: Parts) -> None:
    assert cameras.post(at("lilin"), content=LILIN, params={"key": PASSWORD}).status_code == 200
    [device] = [each for each in REGISTER.devices.values() if each.address.name == "lilin"]
    changed = replace(device, secret_generation=2, secret_hash=a_hash_of("another"))
    newer = replace(REGISTER, devices={**REGISTER.devices, device.address: changed})
    old = parts.rooms["monitor"]
    assert isinstance(old, MonitorParts)
    parts.rooms["monitor"] = replace(old, register=lambda: newer)
    assert cameras.post(at("lilin"), content=LILIN, params={"key": PASSWORD}).status_code == 401
    assert cameras.post(at("lilin"), content=LILIN, params={"key": "another"}).status_code == 200


def a_hash_of(secret: str) -> str:
    return hash_secret(secret)


def test_what_is_too_large_or_packed_is_refused_and_a_long_text_is_set_aside(cameras: TestClient, parts: Parts) -> None:
    large = b"a" * (monitor.push.api.MAX_BYTES + 1)
    assert cameras.post(at("lilin"), content=large, headers=proof("lilin")).status_code == 413
    assert cameras.post(at("lilin"), content=iter([large]), headers=proof("lilin")).status_code == 413
    many = parted(*[("text/plain", b"a")] * 200)
    headers = proof("lilin") | {"Content-Type": "multipart/mixed; boundary=x"}
    assert cameras.post(at("lilin"), content=many, headers=headers).status_code == 413
    packed = cameras.post(at("lilin"), content=LILIN, headers=proof("lilin") | {"Content-Encoding": "gzip"})
    assert packed.status_code == 400
    assert counted(parts) == Totals()
    assert cameras.post(at("lilin"), content=b"a" * 65_537, headers=proof("lilin")).status_code == 200
    assert counted(parts) == Totals(received=1, dead_letter=1)


def test_nothing_is_acknowledged_while_the_store_is_away(
    cameras: TestClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_self: Store, _now: object) -> AbstractContextManager[Work]:
        raise OperationalError("INSERT", {}, OSError("No space left on device"))

    with monkeypatch.context() as broken:
        broken.setattr(Store, "begin_beside", away)
        answer = cameras.post(at("lilin"), content=LILIN, headers=proof("lilin"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert cameras.post(at("lilin"), content=LILIN, headers=proof("lilin")).status_code == 200
    assert counted(parts) == Totals(received=1, stored=1)


def test_a_dead_letter_names_its_endpoint_and_can_be_tried_again(cameras: TestClient, parts: Parts) -> None:
    cameras.post(at("lilin", "/alarm/1"), content=HIKVISION, headers=proof("lilin"))
    [lilin] = [each for each in REGISTER.devices.values() if each.address.name == "lilin"]
    mended = replace(REGISTER, devices={lilin.address: replace(lilin, adapter="hikvision")})
    with parts.stores["monitor"].begin(NOON) as work:
        letter = letters.one(work.session, 1)
        assert letter is not None
        assert letter.message.topic == "push/oc1/camera/lilin/alarm/1"
        tried = attempts.try_one(work, 1, mended, a_principal(Role.ADMIN, site=None))
    assert (tried, types(parts)) == (attempts.Attempts(tried=1, stored=1), ["dayuan.camera.intrusion"])


def test_whatever_the_bytes_are_it_is_answered_and_counted(cameras: TestClient, parts: Parts) -> None:
    chance = random.Random(20261123)
    pieces = [
        LILIN,
        HIKVISION,
        DAHUA,
        JPEG,
        b"--x\r\n",
        b"--x--",
        b"\r\n\r\n",
        b"Content-Type:",
        b"\x00",
        b"\xff" * 9,
        b"{" * 99,
    ]
    kinds = [
        "",
        "text/plain",
        "multipart/mixed",
        "multipart/mixed; boundary=x",
        'multipart/form-data; boundary="',
        "image/png",
    ]
    for _ in range(200):
        body = b"".join(chance.choices(pieces, k=chance.randrange(7)))[chance.randrange(3) :]
        device, kind = chance.choice(PUSHING).replace("_", "-"), chance.choice(kinds)
        headers = proof(device) | {"Content-Type": kind}
        assert (
            cameras.post(at(device, chance.choice(["", "/a/b", "/%00"])), content=body, headers=headers).status_code
            == 200
        )
    seen = counted(parts)
    assert seen.received == seen.stored + seen.duplicate + seen.dead_letter > 100
