"""Names and identifiers: what a thing is called on the wire and in the store."""

import re
import secrets
from dataclasses import dataclass
from typing import NewType, Self
from uuid import UUID, uuid5

import uuid_utils

SiteId = NewType("SiteId", str)
"""A compound, `oc1`."""
GateId = NewType("GateId", str)
"""A gate, `oc1-north`."""
LaneId = NewType("LaneId", str)
"""A lane of a gate, `oc1-north-1`."""
AreaId = NewType("AreaId", str)
"""Where people and vehicles are counted, `oc1-inside`."""
ZoneId = NewType("ZoneId", str)
"""A thing one arms, `oc1-perimeter-north`."""
UserId = NewType("UserId", UUID)
SessionId = NewType("SessionId", UUID)
"""A browser that signed in, as it is named where sessions are listed."""
TokenId = NewType("TokenId", UUID)
PersonId = NewType("PersonId", UUID)
UnitId = NewType("UnitId", UUID)
BuildingId = NewType("BuildingId", UUID)
RoomId = NewType("RoomId", UUID)
"""A dwelling or an office; not one of the house's own rooms."""
TenancyId = NewType("TenancyId", UUID)
ProjectId = NewType("ProjectId", UUID)
"""Building work of a contractor, for a time."""
LevelId = NewType("LevelId", UUID)
"""An access level: gates and the hours at which they open."""
ApplicationId = NewType("ApplicationId", UUID)
"""An application for a vehicle permit."""
BatchId = NewType("BatchId", UUID)
"""All that one unit applies for in one year."""
CredentialId = NewType("CredentialId", UUID)
EntryId = NewType("EntryId", UUID)
AlarmId = NewType("AlarmId", UUID)
MediaId = NewType("MediaId", UUID)

NAME_PATTERN = r"[a-z0-9-]{1,40}"
"""What a site, device, gate or zone may be called: it must fit a topic level of every broker."""
NAME = re.compile(NAME_PATTERN)

_DERIVED = UUID("6f5a4b1e-6d0c-5c8e-9a53-0d1a59f7d0a1")
# Without letters and digits that are mistaken for one another on a radio or a screen.
_SHORT_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_id() -> UUID:
    """Make a UUIDv7: unique, and ordered by the moment it was made."""
    return UUID(bytes=uuid_utils.uuid7().bytes)


def derived_id(*parts: str) -> UUID:
    """Make the one UUIDv5 that these parts always give, so that a thing found twice is one thing."""
    return uuid5(_DERIVED, "\x1f".join(parts))


def short_code(prefix: str) -> str:
    """Make a code that people can say to each other, `A-7K3`; the caller keeps it unique among what is open."""
    return f"{prefix}-{''.join(secrets.choice(_SHORT_ALPHABET) for _ in range(4))}"


@dataclass(frozen=True, slots=True, order=True)
class DeviceAddress:
    """A device as it is written everywhere: `site/class/name`."""

    site: SiteId
    kind: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `oc1/beam/north-01`.

        Raises:
            ValueError: it is not three names with a slash between.

        """
        parts = text.split("/")
        if len(parts) != 3 or not all(NAME.fullmatch(part) for part in parts):  # noqa: PLR2004 - site, class, name
            raise ValueError(f"{text!r} is no device: it is written site/class/name, in a-z, 0-9 and -")
        return cls(SiteId(parts[0]), parts[1], parts[2])

    @property
    def source(self) -> str:
        """The CloudEvents source, `//oc1/beam/north-01`."""
        return f"//{self}"

    @property
    def username(self) -> str:
        """The MQTT user, `oc1.beam.north-01`."""
        return f"{self.site}.{self.kind}.{self.name}"

    def __str__(self) -> str:
        return f"{self.site}/{self.kind}/{self.name}"
