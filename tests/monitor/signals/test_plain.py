"""What is read by hand is exactly what the model would have read; all that the model refuses is left to it."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from monitor.signals.plain import plain_event
from registry.messages.envelope import Event
from tests.makers.events import an_event, on_the_wire

SOURCE = "//oc1/beam/north-01"
LEFT_OUT = object()
STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.text(max_size=210),
    st.sampled_from(["", " ", "\x00", "\x1c", "\u3000", "x" * 80, "x" * 81, "x" * 200, "x" * 201, "é" * 200]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
    st.just(LEFT_OUT),
)
TIMES = st.one_of(
    st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat().replace("+00:00", "Z")),
    st.from_regex(
        r"\A[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,9})?(Z|z|\+08:00)?\Z"
    ),
    st.sampled_from(
        [
            "0000-01-01T00:00:00Z",
            "2026-11-23T24:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-11-23T12:00:60Z",
            "2026-11-23T12:00:00.123456Z",
            "\u0662026-11-23T12:00:00Z",
            "2026-W48-1T12:00:00Z",
            "20261123T120000Z",
            "2026-11-23T12:00:00Z\n",
        ]
    ),
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "specversion": st.sampled_from(["1.0", "1", 1.0]),
    "id": st.text(max_size=201),
    "source": st.sampled_from([SOURCE, "//oc1/beam/north-02", ""]),
    "type": st.sampled_from(["dayuan.beam.interrupted", "dayuan.patrol.scan", "dayuan.no.no", "x"]),
    "subject": st.text(max_size=201),
    "time": TIMES,
    "datacontenttype": st.sampled_from(["application/json", "text/plain"]),
    "seq": st.integers(-1, 2**64),
    "bootid": st.text(max_size=81),
    "timequality": st.sampled_from(["device", "gateway", "received", "Device"]),
    "data": st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
    "own": st.text(max_size=5),
}
CHANGES = st.dictionaries(st.sampled_from(sorted(FIELDS)), st.none(), max_size=3).flatmap(
    lambda names: st.fixed_dictionaries({name: st.one_of(FIELDS[name], STRANGE) for name in names})
)


def of_the_model(body: object) -> Event | None:
    try:
        return Event.model_validate(body)
    except (ValidationError, OverflowError):
        return None


@given(CHANGES)
def test_what_is_read_by_hand_is_what_the_model_reads(changes: dict[str, Any]) -> None:
    body: dict[str, Any] = {**orjson.loads(on_the_wire(an_event())), **changes}
    body = {name: value for name, value in body.items() if value is not LEFT_OUT}
    plain, event = plain_event(body, SOURCE), of_the_model(body)
    if plain is not None:
        assert event is not None
        assert plain._asdict() == {name: getattr(event, name) for name in plain._fields}
        assert plain.time.tzinfo is event.time.tzinfo is UTC
        assert all("\x00" not in text for text in (plain.id, plain.subject or "", plain.bootid or ""))


@pytest.mark.parametrize("more", [{}, {"seq": 7, "bootid": "b", "subject": "s", "timequality": "gateway", "own": 1}])
def test_an_ordinary_event_is_read_by_hand(more: dict[str, Any]) -> None:
    plain = plain_event(orjson.loads(on_the_wire(an_event("e-1", **more))), SOURCE)
    assert plain is not None
    assert plain.id == "e-1"


@pytest.mark.parametrize("time", ["2026-11-23T02:15:07Z", "2026-11-23T02:15:07.312Z", "2026-11-23T02:15:07.312045Z"])
def test_a_moment_in_utc_is_read_by_hand(time: str) -> None:
    plain = plain_event({**orjson.loads(on_the_wire(an_event())), "time": time}, SOURCE)
    assert plain is not None
    assert plain.time == datetime.fromisoformat(time)


@pytest.mark.parametrize("body", [None, [], "x", {}, {"id": []}])
def test_what_is_no_event_is_left_to_the_model(body: object) -> None:
    assert plain_event(body, SOURCE) is None
