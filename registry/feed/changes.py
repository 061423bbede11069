"""What a change can be about."""

from dataclasses import dataclass
from enum import StrEnum

from registry.ids import SiteId


class ChangeKind(StrEnum):
    """The kind of thing that changed; `key` then says which one."""

    SITE = "site"
    GATE = "gate"
    DEVICE = "device"
    ZONE = "zone"
    PERSON = "person"
    PERMIT = "permit"
    CARD = "card"
    QR = "qr"
    DENY = "deny"
    PIN = "pin"
    LEVEL = "level"
    CALENDAR = "calendar"
    MANY = "many"
    """So much at once that one reads everything anew."""


REGISTER_KINDS = frozenset({ChangeKind.SITE, ChangeKind.GATE, ChangeKind.DEVICE, ChangeKind.ZONE, ChangeKind.MANY})
"""What the monitor, the broker and the camera workers must know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of the feed."""

    site: SiteId
    version: int
    kind: ChangeKind
    key: str
