"""An oracle that keeps its own books of tenancies, projects and passes.

It is written apart from the services: it knows days, people and passes as plain values, and of the services it is told
only whether they did something. What it says of a pass is what a guard who knows the rules would say.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
Kind = Literal["card", "qr", "pin"]
State = Literal["active", "suspended", "reported_lost", "revoked", "ended"]
Answer = Literal[
    "open", "reported_lost", "revoked", "suspended", "lease_ended", "project_ended", "early", "expired", "untrained"
]


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


@dataclass
class Ground:
    """A tenancy or a project; `last` included, None: open; `members`: those in it with the day until when they are trained."""

    kind: Literal["tenancy", "project"]
    id: UUID
    where: UUID
    first: date
    last: date | None
    ended_at: datetime | None = None
    members: dict[UUID, date | None] = field(default_factory=dict)

    def is_over(self, at: datetime) -> bool:
        by_day = self.last is not None and at >= midnight(self.last + timedelta(days=1))
        return by_day or (self.ended_at is not None and at >= self.ended_at)


@dataclass
class Pass:
    """A card, QR pass or PIN."""

    kind: Kind
    id: UUID
    key: str
    person: UUID
    ground: UUID
    since: datetime
    until: datetime
    state: State = "active"


@dataclass
class Books:
    """What the oracle knows."""

    grounds: dict[UUID, Ground] = field(default_factory=dict)
    passes: dict[UUID, Pass] = field(default_factory=dict)

    def answer(self, one: Pass, at: datetime) -> Answer:
        """What the gate must say of a pass at a moment."""
        ground = self.grounds[one.ground]
        if one.state in {"reported_lost", "revoked", "suspended"}:
            return one.state
        if one.state == "ended" or ground.is_over(at):
            return "lease_ended" if ground.kind == "tenancy" else "project_ended"
        if at < one.since:
            return "early"
        if at >= one.until:
            return "expired"
        if ground.kind == "project":
            trained = ground.members.get(one.person)
            if trained is None or at >= midnight(trained + timedelta(days=1)):
                return "untrained"
        return "open"

    def resting(self, ground: UUID) -> list[Pass]:
        return [one for one in self.passes.values() if one.ground == ground]
