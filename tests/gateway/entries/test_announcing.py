"""What the bus is told of an entry, written by hand, is what the models of its messages would write."""

import hmac
from uuid import uuid4

import pytest

from gateway.entries.announcing import TYPE, attempt_key_of, decided_event
from registry.access.facts import CredentialKind, Direction
from registry.ids import EntryId, LaneId, PersonId
from registry.messages.envelope import Event
from registry.messages.events import EVENT_DATA, EntryDecided
from registry.messages.reasons import Reason, Verdict
from registry.messages.topics import Channel, parse_device_topic
from tests.fakes.clock import NOON
from tests.makers.gateway import CARD, NORTH, OC1, PLATE

KEY = b"k" * 32


def told(kind: CredentialKind, key: str, *, holder: PersonId | None = None) -> tuple[str, bytes]:
    return decided_event(
        event_id="an event",
        entry_id=EntryId(uuid4()),
        site=OC1,
        gate=NORTH,
        lane=LaneId("oc1-north-1"),
        direction=Direction.IN,
        verdict=Verdict.GRANTED,
        reason=Reason.OK,
        kind=kind,
        key=key,
        holder_id=holder,
        attempt_key=attempt_key_of(KEY, kind, key),
        now=NOON,
    )


@pytest.mark.parametrize("holder", [None, PersonId(uuid4())], ids=["nobody", "somebody"])
@pytest.mark.parametrize(("kind", "key"), [(CredentialKind.CARD, CARD), (CredentialKind.PLATE, PLATE)])
def test_an_event_is_byte_for_byte_what_its_models_write(
    kind: CredentialKind, key: str, holder: PersonId | None
) -> None:
    topic, payload = told(kind, key, holder=holder)
    event = Event.model_validate_json(payload)
    data = EVENT_DATA[TYPE].model_validate(event.data)
    assert isinstance(data, EntryDecided)
    written = event.model_copy(update={"data": data.model_dump(mode="json", exclude_none=True)})
    assert written.model_dump_json(exclude_none=True).encode() == payload
    assert (data.holder_id, data.plate) == (holder, PLATE if kind is CredentialKind.PLATE else None)
    address = parse_device_topic(topic)
    assert address is not None
    assert (address.device.source, address.channel) == (event.source, Channel.EVENT)


def test_the_bus_gets_a_keyed_digest_of_a_card_and_not_its_number() -> None:
    _, payload = told(CredentialKind.CARD, CARD)
    assert CARD.encode() not in payload
    digest = hmac.new(KEY, f"card\x1f{CARD}".encode(), "sha256").hexdigest()[:32]
    assert f'"attempt_key":"{digest}"'.encode() in payload
