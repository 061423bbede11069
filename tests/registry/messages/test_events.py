import pytest
from pydantic import ValidationError

from registry.messages.envelope import Event
from registry.messages.events import EVENT_DATA, BeamInterrupted, PatrolScan, Phase
from registry.messages.topics import DeviceClass

CROSSING = """{"specversion": "1.0", "id": "01JE", "source": "//oc1/beam/north-03", "type": "dayuan.beam.interrupted",
 "time": "2026-11-23T10:15:07.312+08:00", "datacontenttype": "application/json", "seq": 18231, "bootid": "b7f1",
 "timequality": "device", "data": {"beam_ids": ["a", "b"], "dur_ms": 220, "both": true, "level_db": -18.5}, "partner": "x"}"""


def test_an_event_is_read_and_its_moment_is_utc() -> None:
    event = Event.model_validate_json(CROSSING)
    assert event.time.isoformat() == "2026-11-23T02:15:07.312000+00:00"
    assert '"time":"2026-11-23T02:15:07.312Z"' in event.model_dump_json()


def test_an_attribute_that_we_do_not_know_is_kept() -> None:
    assert '"partner":"x"' in Event.model_validate_json(CROSSING).model_dump_json()


@pytest.mark.parametrize(
    "fault",
    [
        '"specversion": "0.3"',
        '"time": "0001-01-01T00:00:00+08:00"',
        '"time": "9999-12-31T23:59:59-08:00"',
        '"id": ""',
        '"id": " "',
        '"source": "oc1/beam/x"',
        '"type": "beam"',
        '"time": "2026-11-23T10:15:07"',
        '"seq": -1',
    ],
)
def test_what_is_not_our_envelope_is_refused(fault: str) -> None:
    name = fault.split(":", 1)[0]
    good = next(
        part
        for part in (
            '"specversion": "1.0"',
            '"id": "01JE"',
            '"source": "//oc1/beam/north-03"',
            '"type": "dayuan.beam.interrupted"',
            '"time": "2026-11-23T10:15:07.312+08:00"',
            '"seq": 18231',
        )
        if part.startswith(name)
    )
    with pytest.raises(ValidationError):
        Event.model_validate_json(CROSSING.replace(good, fault))


def test_an_event_that_says_no_state_was_over_at_once() -> None:
    assert BeamInterrupted.model_validate({"dur_ms": 220}).state is Phase.INSTANT


@pytest.mark.parametrize("name", ["tag", "checkpoint", "checkpoint_tag"])
def test_a_checkpoint_is_read_by_each_name_that_readers_give_it(name: str) -> None:
    assert PatrolScan.model_validate({name: "DYC:1"}).tag == "DYC:1"


def test_every_class_of_device_may_say_that_it_is_tampered_with() -> None:
    assert all(f"dayuan.{kind}.device_tamper" in EVENT_DATA for kind in DeviceClass)
