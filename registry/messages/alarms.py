"""An alarm as the API and the retained topic say it (CONTRACT 4)."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from registry.ids import AlarmId
from registry.messages.envelope import WireInstant
from registry.messages.events import MediaReference


class AlarmState(StrEnum):
    """How far people have come with it, in this order."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    VERIFYING = "verifying"
    DISPATCHED = "dispatched"
    CONTAINED = "contained"
    CLOSED = "closed"


class AlarmVerdict(StrEnum):
    """What it turned out to be; said when it is closed."""

    REAL = "real"
    NUISANCE = "nuisance"
    FAULT = "fault"
    TEST = "test"
    AUTHORISED = "authorised"


class AlarmFlag(StrEnum):
    """What else is true of it, independent of its state."""

    RETURNED = "returned"
    CONFIRMED = "confirmed"
    CHATTERING = "chattering"
    SHELVED = "shelved"
    LATE_EVIDENCE = "late_evidence"
    DRILL = "drill"


class Contribution(BaseModel):
    """A signal that the alarm rests on."""

    model_config = ConfigDict(frozen=True)

    signal_id: str
    device: str
    type: str
    occurred_at: WireInstant


class Explanation(BaseModel):
    """Why, in words for a person."""

    model_config = ConfigDict(frozen=True)

    zh: str
    en: str


class AlarmDocument(BaseModel):
    """One incident. Every write to it sends `version` and loses to a newer one."""

    model_config = ConfigDict(frozen=True)

    id: AlarmId
    code: str
    site: str
    zone: str | None
    rule: str
    rule_version: int
    priority: int = Field(ge=1, le=4)
    state: AlarmState
    flags: list[AlarmFlag]
    occurred_at: WireInstant
    raised_at: WireInstant
    count: int = Field(ge=1)
    contributing: list[Contribution]
    explanation: Explanation
    media: list[MediaReference]
    plan_id: str | None
    assigned_to: str | None
    verdict: AlarmVerdict | None
    version: int = Field(ge=1)
