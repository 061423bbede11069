"""Commands to a device and their answers (CONTRACT 2)."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from registry.messages.envelope import WireInstant


class Command(BaseModel):
    """An order to a device or a room. Whoever receives it past `expires_at` refuses it."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: UUID
    action: str = Field(max_length=80)
    by: str = Field(max_length=200)
    expires_at: WireInstant


class OpenBarrier(Command):
    action: Literal["open"] = "open"
    entry_id: UUID
    hold_seconds: float = Field(gt=0, le=600)


class Acknowledgement(BaseModel):
    """A device's answer on `cmd/ack`, with the command's id."""

    model_config = ConfigDict(frozen=True, extra="allow")

    id: UUID
    ok: bool
    detail: str | None = Field(default=None, max_length=1000)
