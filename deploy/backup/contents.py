"""What a backup says of itself: at its head what it is, at its end the digest of every member."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from deploy.backup.rows import Table

FORMAT: Final = 1

HEAD = "head.json"
AUDIT_HEADS = "audit-heads.jsonl"
MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
KEYS = "keys/"
ROWS = "rows/"
MEDIA = "media/"


class StoreKind(StrEnum):
    """What the rows were read from."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class Format(_Model):
    """As much of a head as every version understands."""

    format: int
    product: str


class RoomHead(_Model):
    """One room's store at the moment of the backup. Tables stand in the order in which they can be filled."""

    revision: str
    tables: tuple[Table, ...] = Field(strict=False)
    rows: dict[str, int]
    """By table."""


class Head(Format):
    """The first member."""

    id: str
    """Of this backup."""
    taken_at: datetime = Field(strict=False)
    store: StoreKind = Field(strict=False)
    """For information: it is restored into either."""
    with_keys: bool
    pictures: int
    rooms: dict[str, RoomHead]

    @property
    def rows(self) -> int:
        return sum(sum(room.rows.values()) for room in self.rooms.values())


class Manifest(_Model):
    """The last member but one. Pictures are not in it: their name is their digest."""

    members: dict[str, str]
    """SHA-256 in hex, by name."""
    missing_pictures: tuple[str, ...] = Field(strict=False)
    """Rows name them, and they were not there or not whole."""
