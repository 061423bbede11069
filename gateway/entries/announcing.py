"""What the bus is told of an entry: `dayuan.gate.entry_decided`, as the gate's own event."""

import hmac
from collections.abc import Iterable
from functools import lru_cache
from typing import cast
from uuid import UUID

import orjson
from sqlalchemy import Connection, Table, insert

from gateway.room import Outbox
from registry.access.facts import CredentialKind, Direction
from registry.clock import Instant, format_instant
from registry.ids import DeviceAddress, EntryId, GateId, LaneId, PersonId, SiteId
from registry.messages.envelope import TimeQuality
from registry.messages.events import Phase
from registry.messages.reasons import Reason, Verdict
from registry.messages.topics import Channel, DeviceClass, DeviceTopic
from registry.store.prepared import Bare, Prepared

TYPE = "dayuan.gate.entry_decided"
_ANNOUNCE = Prepared(insert(cast("Table", Outbox.__table__)), ("topic", "payload", "retain"))


def decided_event(
    *,
    event_id: str | UUID,
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
    attempt_key: str,
    now: Instant,
) -> tuple[str, bytes]:
    """The topic and payload that tell of a decision. A card's number stays here: the bus gets the digest of `attempt_key_of`."""
    topic, source = _address(site, gate)
    # In the order and the form of `EntryDecided` and `Event`, which read it; to go through them costs ten times as much.
    data: dict[str, object] = {
        "state": Phase.INSTANT,
        "media": [],
        "entry_id": entry_id,
        "gate": gate,
        "verdict": verdict,
        "reason": reason,
        "lane": lane,
        "direction": direction,
        "credential": kind,
    }
    if holder_id is not None:
        data["holder_id"] = holder_id
    if kind is CredentialKind.PLATE:
        data["plate"] = key
    data["attempt_key"] = attempt_key
    return topic, _event(TYPE, event_id, source, data, now)


def auth_failed_event(
    *, event_id: UUID, site: SiteId, gate: GateId, lane: LaneId, place: str, tries: int, now: Instant
) -> tuple[str, bytes]:
    """The topic and payload that tell of wrong PINs in a row (GB 50396: at most five)."""
    topic, source = _address(site, gate)
    data = {"state": Phase.INSTANT, "gate": gate, "lane": lane, "reader": place, "tries": tries}
    return topic, _event("dayuan.gate.auth_failed", event_id, source, data, now)


def guard_called_event(*, event_id: UUID, site: SiteId, gate: GateId, guard: str, now: Instant) -> tuple[str, bytes]:
    """The topic and payload that tell the control room that a guard calls it."""
    topic, source = _address(site, gate)
    data: dict[str, object] = {"state": Phase.INSTANT, "gate": gate, "guard": guard}
    return topic, _event("dayuan.gate.guard_called", event_id, source, data, now)


def duress_event(
    *, entry_id: EntryId, site: SiteId, gate: GateId, lane: LaneId, holder_id: PersonId | None, now: Instant
) -> tuple[str, bytes]:
    """The topic and payload of the silent alarm: somebody was made to type their PIN. It is of the class of panic buttons."""
    device = DeviceAddress(site, DeviceClass.PANIC, gate)
    data = {"state": Phase.INSTANT, "duress": True, "gate": gate, "lane": lane, "entry_id": entry_id}
    if holder_id is not None:
        data["holder_id"] = holder_id
    payload = _event("dayuan.panic.pressed", f"{entry_id}/duress", device.source, data, now)
    return str(DeviceTopic(device, Channel.EVENT)), payload


def _event(kind: str, event_id: str | UUID, source: str, data: dict[str, object], now: Instant) -> bytes:
    event = {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": kind,
        "time": format_instant(now),
        "datacontenttype": "application/json",
        "timequality": TimeQuality.GATEWAY,
        "data": data,
    }
    return orjson.dumps(event)


def attempt_key_of(secret: bytes, kind: CredentialKind, key: str) -> str:
    """The keyed digest of what was shown, 32 hex digits: by it tries with one thing are known as such, and not the thing."""
    return hmac.digest(secret, f"{kind}\x1f{key}".encode(), "sha256").hex()[:32]


def announce_together(connection: Connection | Bare, messages: Iterable[tuple[str, bytes]]) -> None:
    """Put many messages into the outbox in one statement; they go out after the commit, in this order."""
    _ANNOUNCE.many(connection, [(topic, payload, False) for topic, payload in messages])


@lru_cache(1024)
def _address(site: SiteId, gate: GateId) -> tuple[str, str]:
    """A gate's topic, and its name as the source of an event."""
    device = DeviceAddress(site, DeviceClass.GATE, gate)
    return str(DeviceTopic(device, Channel.EVENT)), device.source
