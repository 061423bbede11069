"""The heads of all chains, told to the outside: what was cut off later shows against what was heard earlier."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from pydantic import BaseModel

from registry.audit.chain import Head, heads
from registry.clock import Instant
from registry.ids import SiteId
from registry.messages.topics import audit_head_topic
from registry.store import Store, outbox


class RoomHead(BaseModel):
    """The end of one room's chain; `digest` in hex."""

    room: str
    position: int
    digest: str


class SiteHeads(BaseModel):
    """What is published, retained, on `dayuan/v1/{site}/_audit/head`."""

    site: SiteId
    at: Instant
    heads: list[RoomHead]


def announce_heads(stores: Mapping[str, Store], now: Instant) -> int:
    """Announce the ends of every room's chains together, a message for each site; called each minute.

    All leave by the registry's outbox, which alone may write to that topic. Gives how many messages.
    """
    found: list[Head] = []
    for store in stores.values():
        with store.read() as session:
            found += heads(session)
    by_site = groupby(sorted(found, key=attrgetter("site", "room")), key=attrgetter("site"))
    messages = [SiteHeads(site=site, at=now, heads=[_room_head(head) for head in group]) for site, group in by_site]
    with stores["registry"].begin(now) as work:
        for message in messages:
            outbox.announce(work.session, audit_head_topic(message.site), message, retain=True)
    return len(messages)


def announced_heads(message: SiteHeads) -> Sequence[Head]:
    """The heads of a message that was heard, as `verify` takes them."""
    return [
        Head(room=head.room, site=message.site, position=head.position, digest=head.digest) for head in message.heads
    ]


def _room_head(head: Head) -> RoomHead:
    return RoomHead(room=head.room, position=head.position, digest=head.digest)
