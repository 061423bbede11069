"""What the broker refused is counted for the account that said it, on both kinds, from what they really write."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from deploy.broker.mosquitto_log import MosquittoLog, denied_by
from deploy.broker.nats_log import NatsLog, refused_by, topic_of
from deploy.broker.refusals import Names, Refusals
from registry.devices.refusals import FILE, TOPIC_SIGNS, read_refusals
from registry.settings import BrokerKind
from tests.brokers import RealBroker, a_broker, why_not
from tests.fakes.caller import Caller
from tests.fakes.clock import NOON, FixedClock
from tests.ports import free_port

Eventually = Callable[..., None]
DENIED = "2026-11-23T09:15:54+0000: Denied PUBLISH from {client} (d0, q1, r0, m3, '{topic}', ... (2 bytes))"
VIOLATION = '[18128] 2026/11/23 09:19:33.162931 [ERR] 127.0.0.1:34889 - mid:5 - "{client}" - Publish Violation - Subject "{topic}"'


@pytest.fixture(params=list(BrokerKind), ids=str)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealBroker]:
    missing = why_not(request.param)
    if missing is not None:
        pytest.skip(missing)
    running = a_broker(request.param, tmp_path / "broker", free_port())
    running.start()
    yield running
    running.child.stop()


@pytest.mark.broker
def test_a_refused_publish_of_a_device_is_counted_with_its_last_topic_and_outlives_a_restart(
    house: RealBroker, eventually: Eventually
) -> None:
    file = house.child.places.folder / FILE
    device = Caller(house.address("oc1.beam.north-01"), client_id="a-name-of-its-own")
    device.start()
    eventually(lambda: device.connected)
    for topic in ("frigate/events", "dayuan/v1/oc1/beam/south.1/evt", "dayuan/v1/oc1/beam/north-01/evt"):
        eventually(device.say(topic, b"x").is_published)
        eventually(lambda: device.connected)
    eventually(lambda: bool(found := read_refusals(file)) and found["oc1.beam.north-01"].count == 2)
    device.stop()
    assert read_refusals(file)["oc1.beam.north-01"].topic == "dayuan/v1/oc1/beam/south.1/evt"
    house.child.stop()
    house.start()
    again = Caller(house.address("oc1.beam.north-01"), client_id="another-name")
    again.start()
    eventually(lambda: again.connected)
    eventually(again.say("once/more", b"x").is_published)
    eventually(lambda: read_refusals(file)["oc1.beam.north-01"].count == 3)
    again.stop()


def _names(**accounts: str) -> Names:
    names = Names()
    for client, account in accounts.items():
        names.learn(client.replace("_", " "), account)
    return names


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (DENIED.format(client="cam", topic="a/b"), ("oc1.camera.a", "a/b")),
        (DENIED.format(client="stranger", topic="a/b"), None),
        (DENIED.format(client="cam", topic="a (d0, q1, r0, m1, 'b"), ("oc1.camera.a", "a (d0, q1, r0, m1, 'b")),
        ("2026-11-23T09:15:54+0000: Client cam: Denied PUBLISH from cam disconnected.", None),
        ("2026-11-23T09:15:54+0000: Denied PUBLISH from cam", None),
        ("", None),
    ],
)
def test_mosquittos_line_of_a_refusal_is_told_from_all_others(line: str, found: tuple[str, str] | None) -> None:
    assert denied_by(line, _names(cam="oc1.camera.a", beam="oc1.beam.b")) == found


def test_a_client_cannot_call_itself_so_that_another_is_blamed() -> None:
    names = _names(cam="oc1.camera.a")
    names.learn("cam (d0, q1, r0, m1, 'x", "oc1.beam.evil")
    line = DENIED.format(client="cam (d0, q1, r0, m1, 'x", topic="a/b")
    assert denied_by(line, names) == ("oc1.beam.evil", "a/b")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (VIOLATION.format(client="cam", topic="dayuan.v1.oc1.beam.a-1.evt"), ("5", "dayuan/v1/oc1/beam/a-1/evt")),
        (VIOLATION.format(client='"mid:7" - x', topic="a//b.cd"), ("5", "a.b/cd")),
        (
            '[1] 2026/11/23 09:19:33.1 [ERR] 127.0.0.1:3 - mid:5 - "c" - character not supported for MQTT topics',
            ("5", ""),
        ),
        ("[1] 2026/11/23 09:19:33.1 [INF] Server is ready", None),
        ("", None),
    ],
)
def test_natss_line_of_a_refusal_is_told_from_all_others(line: str, found: tuple[str, str] | None) -> None:
    assert refused_by(line.encode()) == found


@pytest.mark.parametrize(("subject", "topic"), [("a.b", "a/b"), ("a./.b", "a//b"), ("/.a", "/a"), ("a//b", "a.b")])
def test_a_subject_of_nats_is_the_topic_that_was_written(subject: str, topic: str) -> None:
    assert topic_of(subject) == topic


def test_a_log_that_is_begun_anew_loses_no_line(tmp_path: Path, clock: FixedClock) -> None:
    refusals, file = Refusals(tmp_path, clock), tmp_path / "broker.log"
    file.write_text("the history\n")
    log = NatsLog(file, refusals, lambda number: f"account-{number}")
    log.start()
    with file.open("a") as said:
        said.write(
            VIOLATION.format(client="c", topic="before") + "\n" + VIOLATION.format(client="c", topic="half")[:40]
        )
        said.flush()
        log.look()
        said.write(VIOLATION.format(client="c", topic="half")[40:] + "\n")
    file.rename(tmp_path / "broker.log.1")
    file.write_text(VIOLATION.format(client="c", topic="after") + "\n")
    log.stop()
    found = read_refusals(tmp_path / FILE)["account-5"]
    assert (found.count, found.topic, found.at) == (3, "after", NOON)


def test_a_log_that_was_long_when_it_was_begun_anew_is_read_to_its_end(tmp_path: Path, clock: FixedClock) -> None:
    refusals, file = Refusals(tmp_path, clock), tmp_path / "broker.log"
    file.write_text("")
    log = NatsLog(file, refusals, lambda number: f"account-{number}")
    log.start()
    half = VIOLATION.format(client="c", topic="half").replace("mid:5", "mid:9")[:75]
    chatter = "[1] 2026/11/23 09:19:33.1 [INF] " + "x" * 1000 + "\n"
    with file.open("a") as said:
        said.write(chatter * 3000 + VIOLATION.format(client="c", topic="far") + "\n" + half)
    file.rename(tmp_path / "broker.log.1")
    file.write_text(VIOLATION.format(client="c", topic="after") + "\n")
    log.stop()
    found = read_refusals(tmp_path / FILE)
    assert found.keys() == {"account-5"}
    assert (found["account-5"].count, found["account-5"].topic) == (2, "after")


def test_a_line_that_cannot_be_looked_at_is_told_and_does_not_end_the_reading(
    tmp_path: Path, clock: FixedClock, eventually: Eventually
) -> None:
    def account_of(number: str) -> str:
        if number == "5":
            raise RuntimeError("an answer that nobody expected")
        return f"account-{number}"

    file = tmp_path / "broker.log"
    file.write_text("")
    log = NatsLog(file, Refusals(tmp_path, clock), account_of)
    log.start()
    bad = VIOLATION.format(client="c", topic="bad")
    with capture_logs() as told, file.open("a") as said:
        said.write(f"{bad}\n{bad.replace('mid:5', 'mid:6')}\n")
        said.flush()
        eventually(lambda: "account-6" in read_refusals(tmp_path / FILE))
        said.write(f"{bad.replace('mid:5', 'mid:7')}\n")
        said.flush()
        eventually(lambda: "account-7" in read_refusals(tmp_path / FILE))
    log.stop()
    assert [line["event"] for line in told if line["log_level"] == "error"] == ["broker-log-line-not-understood"]


def test_mosquittos_chatter_is_not_kept_and_its_log_does_not_grow_without_end(
    tmp_path: Path, clock: FixedClock
) -> None:
    file, said = tmp_path / "broker.log", tmp_path / "said"
    line = "2026-11-23T09:15:54+0000: Client {} closed its connection.\n"
    chatter = "2026-11-23T09:15:54+0000: Sending PUBACK to a-id (m1, rc0)\n2026-11-23T09:15:54+0000: \tt/# (QoS 1)\n"
    for number in range(60):
        said.write_text(line.format(number) + chatter)
        MosquittoLog(file, said.open("rb"), Refusals(tmp_path, clock), log_bytes=1000).read_to_the_end()
    logs = sorted(each.name for each in tmp_path.glob("broker.log*"))
    assert logs == ["broker.log", "broker.log.1", "broker.log.2"]
    assert all((tmp_path / name).stat().st_size <= 1000 for name in logs)
    assert "PUBACK" not in file.read_text()
    assert "Client 59 closed" in file.read_text()


def test_a_topic_is_kept_short_and_can_play_no_tricks(tmp_path: Path, clock: FixedClock) -> None:
    refusals = Refusals(tmp_path, clock)
    refusals.note("oc1.beam.a", "\N{RIGHT-TO-LEFT OVERRIDE}" + "x" * 1000)
    refusals.save()
    topic = read_refusals(tmp_path / FILE)["oc1.beam.a"].topic
    assert topic == "\N{REPLACEMENT CHARACTER}" + "x" * (TOPIC_SIGNS - 1)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', '{"a": {"count": 0, "topic": "", "at": "now"}}'])
def test_a_damaged_file_of_refusals_is_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert read_refusals(tmp_path / FILE) == {}
    Refusals(tmp_path).note("oc1.beam.a", "x")
