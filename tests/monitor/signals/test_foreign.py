"""What foreign devices say is theirs, becomes an event or a state of ours, and is counted once."""

from datetime import timedelta
from types import MappingProxyType

import orjson
import pytest

from monitor.adapters.catalogue import Adapter
from monitor.adapters.told import Foreign, Occurred, Stated, Told, Unreadable
from monitor.signals import absences, health, queries, service
from monitor.signals.messages import DeadLetter, Heard, Message, Said, SignOfLife
from monitor.signals.queries import Totals
from monitor.signals.reasons import DeadReason
from monitor.signals.rules import read
from registry.ids import DeviceAddress
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.register import a_device, a_register


def _read(foreign: Foreign) -> Told:
    """A speech of the tests: `{"open": bool}` is an event, `{"battery": n}` a state, as is all that is retained."""
    try:
        said = orjson.loads(foreign.payload)
    except orjson.JSONDecodeError as error:
        return Unreadable(DeadReason.BAD_JSON, str(error))
    child = foreign.below or None
    if "open" in said and not foreign.retained:
        time = NOON + timedelta(seconds=said["at"]) if "at" in said else None
        return Occurred(said.get("type", "dayuan.door.forced"), {"seconds": said["open"]}, time, said.get("id"), child)
    return Stated({name: value for name, value in said.items() if name != "online"}, said.get("online"), child)


SPEECH = MappingProxyType({"of-tests": Adapter(_read, frozenset({"mqtt"}), "测试", "Tests")})
GATEWAY = a_device("oc1/gw/zigbee", foreign_prefixes=("zigbee",), adapter="of-tests")
DOOR = a_device("oc1/door/west", foreign_id="west-door", gateway="zigbee")
REGISTER = a_register(
    GATEWAY,
    DOOR,
    a_device("oc1/door/off", foreign_id="off-door", enabled=False),
    a_device("oc1/camera/own", foreign_prefixes=("zigbee/hall/",), adapter="of-tests"),
    a_device("oc1/camera/mute", foreign_prefixes=("mute",)),
    a_device("oc1/camera/unknown", foreign_prefixes=("unknown",), adapter="of-nobody"),
)


def said(topic: str, *, retained: bool = False, **words: object) -> Heard | Said | DeadLetter | SignOfLife:
    return read(_message(topic, retained=retained, **words), REGISTER, SPEECH)


def _message(topic: str, *, retained: bool = False, **words: object) -> Message:
    return Message(topic=topic, payload=orjson.dumps(words), received_at=NOON, retained=retained)


def take_in(store: Store, *messages: Message) -> Totals:
    with store.begin(NOON) as work:
        return service.take_in(work.session, messages, REGISTER, SPEECH)


@pytest.mark.parametrize(
    ("topic", "device", "child"),
    [
        ("zigbee", "oc1/gw/zigbee", None),
        ("zigbee/west-door", "oc1/door/west", None),
        ("zigbee/nobody", "oc1/gw/zigbee", "nobody"),
        ("zigbee/hall", "oc1/camera/own", None),
        ("zigbee/hall/lamp", "oc1/camera/own", "lamp"),
    ],
)
def test_the_longest_prefix_owns_a_topic_and_a_child_is_the_device_that_is_called_so(
    topic: str, device: str, child: str | None
) -> None:
    heard = said(topic, open=4)
    assert isinstance(heard, Heard)
    assert (str(heard.device), heard.source) == (device, f"//{device}")
    assert orjson.loads(heard.data) == {"seconds": 4, **({"child": child} if child else {})}
    assert (heard.occurred_at, heard.time_quality) == (NOON, "received")


@pytest.mark.parametrize(
    ("topic", "words", "reason"),
    [
        ("elsewhere/x", {"open": 1}, DeadReason.UNKNOWN_DEVICE),
        ("zigbeee", {"open": 1}, DeadReason.UNKNOWN_DEVICE),
        ("mute/x", {"open": 1}, DeadReason.NO_ADAPTER),
        ("unknown/x", {"open": 1}, DeadReason.NO_ADAPTER),
        ("zigbee/off-door", {"open": 1}, DeadReason.DISABLED_DEVICE),
        ("zigbee/west-door", {"open": -1}, DeadReason.BAD_DATA),
        ("zigbee/west-door", {"open": 1, "type": "dayuan.door.sang"}, DeadReason.UNKNOWN_TYPE),
        ("zigbee/west-door", {"open": 1, "at": "no number"}, DeadReason.BAD_DATA),
        ("zigbee/west-door", {"x" * 300: 1}, DeadReason.BAD_DATA),
    ],
)
def test_what_cannot_be_understood_is_set_aside(topic: str, words: dict[str, object], reason: DeadReason) -> None:
    letter = read(Message(topic=topic, payload=orjson.dumps(words), received_at=NOON), REGISTER, SPEECH)
    assert isinstance(letter, DeadLetter)
    assert letter.reason is reason
    assert (letter.device is None) is (reason is DeadReason.UNKNOWN_DEVICE)


def test_an_event_without_an_id_has_the_same_one_whenever_it_comes() -> None:
    once, again, later = (said("zigbee/west-door", open=4, at=at) for at in (1, 1, 2))
    assert isinstance(once, Heard)
    assert isinstance(later, Heard)
    assert once == again
    assert once.id != later.id


def test_an_id_that_no_store_takes_is_replaced() -> None:
    for id_ in ("x" * 201, "a\x00b", " "):
        heard = said("zigbee/west-door", open=4, at=1, id=id_)
        assert isinstance(heard, Heard)
        assert len(heard.id) == 36


@pytest.mark.both_stores
def test_a_state_is_kept_once_and_everything_is_counted(monitor_store: Store) -> None:
    counted = take_in(
        monitor_store,
        _message("zigbee/west-door", open=4, at=-1, id="e-1"),
        _message("zigbee/west-door", open=4, at=-1, id="e-1"),
        _message("zigbee/west-door", battery=80, online=True),
        _message("zigbee/west-door", battery=80, online=True),
        _message("zigbee/west-door", battery=79),
        _message("zigbee/west-door", retained=True, open=4),
        _message("zigbee/garden", battery=11),
        _message("zigbee/west-door", open=-4),
        _message("elsewhere", open=4),
    )
    assert counted == Totals(received=9, stored=5, duplicate=2, dead_letter=2)
    assert take_in(monitor_store, _message("zigbee/west-door", battery=79)).duplicate == 1
    with monitor_store.read() as session:
        assert [signal.id for signal in queries.signals_after(session, 0)] == ["e-1"]
        door = health.health_of(session, DOOR.address)
        gateway = health.health_of(session, GATEWAY.address)
    assert door.states == [("battery", 79, NOON), ("online", True, NOON), ("open", 4, NOON)]
    assert (door.battery, door.online, door.event_at) == (79, True, NOON)
    assert gateway.states == [("garden/battery", 11, NOON)]


@pytest.mark.both_stores
def test_a_state_that_is_tried_again_later_is_not_newer_than_what_was_said_since(monitor_store: Store) -> None:
    def words(minutes: int, **said: object) -> Message:
        return Message("zigbee/west-door", orjson.dumps(said), NOON + timedelta(minutes=minutes))

    take_in(monitor_store, words(0, battery=80, online=True))
    assert take_in(monitor_store, words(2, battery=80, online=True)).duplicate == 1
    assert take_in(monitor_store, words(1, battery=12, online=False, tamper=True)).stored == 1, (
        "of the tamper nothing was said"
    )
    assert take_in(monitor_store, words(1, battery=12)).duplicate == 1
    with monitor_store.read() as session:
        door = health.health_of(session, DOOR.address)
        assert absences.between(session, DOOR.address, NOON, NOON + timedelta(hours=1)) == []
    last = NOON + timedelta(minutes=2)
    assert door.states == [("battery", 80, last), ("online", True, last), ("tamper", True, NOON + timedelta(minutes=1))]
    assert door.online is True


def test_a_retained_message_that_was_set_aside_is_no_event_when_it_is_tried_again() -> None:
    letter = said("mute/x", open=4, retained=True)
    assert isinstance(letter, DeadLetter)
    assert letter.retained


def test_a_topic_of_very_many_levels_is_looked_up_at_once() -> None:
    assert isinstance(said("zigbee" + "/" * 60_000, open=1), Heard)
    assert isinstance(said("/" * 60_000, open=1), DeadLetter)


def test_an_unknown_device_is_healthy_in_nothing(monitor_store: Store) -> None:
    with monitor_store.read() as session:
        nobody = health.health_of(session, DeviceAddress.parse("oc1/beam/nobody"))
    assert (nobody.event_at, nobody.last_seq, nobody.gap, nobody.battery) == (None, None, 0, None)
