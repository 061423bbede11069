"""The envelope of every event: CloudEvents 1.0, structured JSON (CONTRACT 2)."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

from registry.clock import format_instant, in_utc

MAX_BYTES = 64 * 1024
"""A larger message is a dead letter."""

WireInstant = Annotated[
    AwareDatetime,
    AfterValidator(in_utc),
    PlainSerializer(format_instant, when_used="json"),
]
"""A moment as the wire has it; one without an offset, or out of the calendar, is refused."""


class TimeQuality(StrEnum):
    """Whose word `time` is."""

    DEVICE = "device"
    GATEWAY = "gateway"
    RECEIVED = "received"


class Event(BaseModel):
    """One thing that happened, as its source says it. (source, id) is unique; a repeat changes nothing."""

    model_config = ConfigDict(frozen=True, extra="allow")

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(pattern=r"\S", max_length=200)
    source: str = Field(pattern=r"^//[a-z0-9-]{1,40}/[a-z]{1,20}/[a-z0-9-]{1,40}$")
    type: str = Field(pattern=r"^dayuan\.[a-z]+\.[a-z_]+$", max_length=80)
    subject: str | None = Field(default=None, max_length=200)
    time: WireInstant
    datacontenttype: Literal["application/json"] = "application/json"
    seq: int | None = Field(default=None, ge=0)
    bootid: str | None = Field(default=None, max_length=80)
    timequality: TimeQuality = TimeQuality.DEVICE
    data: dict[str, Any]
