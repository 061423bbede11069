"""What the bus is told of an entry: `dayuan.gate.entry_decided`, as the gate's own event."""

import hmac
from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection, Table, insert

from gateway.room import Outbox
from registry.access.facts import CredentialKind, Direction
from registry.clock import Instant
from registry.ids import DeviceAddress, EntryId, GateId, LaneId, PersonId, SiteId
from registry.messages.envelope import Event, TimeQuality
from registry.messages.events import EntryDecided
from registry.messages.reasons import Reason, Verdict
from registry.messages.topics import Channel, DeviceClass, DeviceTopic

TYPE = "dayuan.gate.entry_decided"
_ANNOUNCE = insert(cast("Table", Outbox.__table__))


def decided_event(
    *,
    event_id: str,
    entry_id: EntryId,
    site: SiteId,
    gate: GateId,
    lane: LaneId,
    direction: Direction,
    verdict: Verdict,
    reason: Reason,
    kind: CredentialKind,
    key: str,
    holder_id: PersonId | None,
    attempt_key: bytes,
    now: Instant,
) -> tuple[str, bytes]:
    """The topic and payload that tell of a decision. A card's number stays here: the bus gets a keyed digest of it."""
    device = DeviceAddress(site, DeviceClass.GATE, gate)
    decided = EntryDecided(
        entry_id=entry_id,
        gate=gate,
        verdict=verdict,
        reason=reason,
        lane=lane,
        direction=direction.value,
        credential=kind.value,
        holder_id=holder_id,
        plate=key if kind is CredentialKind.PLATE else None,
        attempt_key=hmac.digest(attempt_key, f"{kind}\x1f{key}".encode(), "sha256").hex()[:32],
    )
    event = Event(
        id=event_id,
        source=device.source,
        type=TYPE,
        time=now,
        timequality=TimeQuality.GATEWAY,
        data=decided.model_dump(mode="json", exclude_none=True),
    )
    return str(DeviceTopic(device, Channel.EVENT)), event.model_dump_json(exclude_none=True).encode()


def announce_together(connection: Connection, messages: Sequence[tuple[str, bytes]]) -> None:
    """Put many messages into the outbox in one statement; they go out after the commit, in this order."""
    connection.execute(
        _ANNOUNCE, [{"topic": topic, "payload": payload, "retain": False} for topic, payload in messages]
    )
