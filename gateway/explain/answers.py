"""Who could pass, and who gains and loses by a change, as the API has it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StringConstraints,
)

from gateway.checks.answers import WRITTEN, Name
from gateway.checks.rules import Decision
from gateway.entries.models import Entry
from gateway.explain.changes import (
    AreaChange,
    Change,
    DayChange,
    Denial,
    Group,
    LevelChange,
    LevelGiven,
    LevelTaken,
)
from gateway.explain.replaying import Replayed
from gateway.explain.what_if import Effect, Touched
from gateway.explain.who_can import Passing, WhoCan
from registry.access.facts import CredentialFacts, CredentialKind, DayKind, DenyEntry, HolidayRule
from registry.clock import in_utc
from registry.credentials.written import require_card_number, require_plate
from registry.ids import AreaId, GateId, LevelId, SiteId, new_id
from registry.levels.rules import Window, parse_hours, week_of
from registry.messages.envelope import WireInstant
from registry.messages.reasons import Reason, Verdict
from registry.problems import Unprocessable

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
FIRST_NAMES = 50
"""Of those who gain and of those who lose; the counts are of all."""


class UnreadableHours(Unprocessable):
    slug = "unreadable-hours"
    title = "These are no hours"


def _of_our_time(moment: datetime) -> datetime:
    if not EARLIEST <= moment.date() < LATEST:
        raise ValueError("no gate asks for a moment before 2000 or after 2099")
    return in_utc(moment)


def _day_of_our_time(day: date) -> date:
    if not EARLIEST <= day < LATEST:
        raise ValueError("no gate asks for a day before 2000 or after 2099")
    return day


AskedAt = Annotated[AwareDatetime, AfterValidator(_of_our_time)]
AskedDay = Annotated[date, AfterValidator(_day_of_our_time)]
Hours = Annotated[str, StringConstraints(max_length=200, pattern=WRITTEN)]


class HolderOut(BaseModel):
    name: str
    unit_zh: str | None
    unit_en: str | None


class CredentialOut(BaseModel):
    """Whose credential it is. `key`: a plate or a card's number; of a pass and a PIN nothing is told."""

    id: UUID
    kind: CredentialKind
    key: str | None
    holder: HolderOut | None

    @classmethod
    def of(cls, credential: CredentialFacts) -> Self:
        holder = credential.holder
        has_key = credential.kind in {CredentialKind.PLATE, CredentialKind.CARD}
        return cls(
            id=credential.id,
            kind=credential.kind,
            key=credential.key if has_key else None,
            holder=None
            if holder is None
            else HolderOut(name=holder.name, unit_zh=holder.unit_zh, unit_en=holder.unit_en),
        )


class Told(BaseModel):
    """What a gate tells."""

    verdict: Verdict
    reason: Reason

    @classmethod
    def of(cls, decision: Decision) -> Self:
        return cls(verdict=decision.verdict, reason=decision.reason)


class PassingOut(BaseModel):
    credential: CredentialOut
    told: Told

    @classmethod
    def of(cls, passing: Passing) -> Self:
        return cls(credential=CredentialOut.of(passing.credential), told=Told.of(passing.decision))


class WhoCanOut(BaseModel):
    """What a gate would tell at a moment, of every credential of its compound; the counts are of all, not of this page."""

    gate: GateId
    at: WireInstant
    snapshot: int
    people: int = Field(description="who could pass, however many credentials each has")
    vehicles: int
    verdicts: Mapping[Verdict, int]
    reasons: Mapping[Reason, int] = Field(description="why the others could not, or not without somebody else")
    found: int = Field(description="how many fit what was asked for")
    items: list[PassingOut]
    next: int | None

    @classmethod
    def of(cls, asked: WhoCan, wanted: list[Passing], begin: int, limit: int) -> Self:
        return cls(
            gate=asked.gate.id,
            at=asked.at,
            snapshot=asked.version,
            people=asked.people(),
            vehicles=asked.vehicles(),
            verdicts=asked.verdicts(),
            reasons=asked.reasons(),
            found=len(wanted),
            items=[PassingOut.of(one) for one in wanted[begin : begin + limit]],
            next=begin + limit if len(wanted) > begin + limit else None,
        )


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LevelChangeIn(_Body):
    """A level with other gates, hours or holidays; what is left out stays. `hours`: of Monday to Sunday, as people write them."""

    kind: Literal["level"]
    level: UUID
    gates: Annotated[list[Name], Field(min_length=1, max_length=100)] | None = None
    hours: Annotated[list[Hours], Field(min_length=7, max_length=7)] | None = None
    holidays: HolidayRule | None = None

    def change(self) -> Change:
        return LevelChange(
            level=LevelId(self.level),
            gates=None if self.gates is None else frozenset(map(GateId, self.gates)),
            week=None if self.hours is None else week_of(windows_in(self.hours)),
            holidays=self.holidays,
        )


class GroupIn(_Body):
    """Credentials of a compound: those that have a level, those of a unit's people, those of a kind."""

    site: Name
    level: UUID | None = None
    unit: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=WRITTEN)] | None = None
    kind: CredentialKind | None = None

    def group(self) -> Group:
        level = None if self.level is None else LevelId(self.level)
        return Group(site=SiteId(self.site), level=level, unit=self.unit, kind=self.kind)


class LevelGivenIn(_Body):
    """A group is given a level."""

    kind: Literal["level_given"]
    level: UUID
    group: GroupIn

    def change(self) -> Change:
        return LevelGiven(level=LevelId(self.level), group=self.group.group())


class LevelTakenIn(_Body):
    """A level is taken from a group."""

    kind: Literal["level_taken"]
    level: UUID
    group: GroupIn

    def change(self) -> Change:
        return LevelTaken(level=LevelId(self.level), group=self.group.group())


class DayChangeIn(_Body):
    """A day becomes a holiday or a workday; null: an ordinary day."""

    kind: Literal["day"]
    site: Name
    day: AskedDay
    day_kind: DayKind | None

    def change(self) -> Change:
        return DayChange(site=SiteId(self.site), day=self.day, kind=self.day_kind)


class DenialIn(_Body):
    """A plate or a card is put on the deny list; `sites` null: everywhere."""

    kind: Literal["denial"]
    credential: Literal[CredentialKind.PLATE, CredentialKind.CARD]
    value: Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=WRITTEN)]
    sites: Annotated[list[Name], Field(min_length=1, max_length=50)] | None = None
    valid_until: AskedAt | None = None

    def change(self) -> Change:
        """The change.

        Raises:
            NoPlate, NoCardNumber: no plate and no card is so.

        """
        is_plate = self.credential is CredentialKind.PLATE
        key = require_plate(self.value).text if is_plate else require_card_number(self.value)
        sites = None if self.sites is None else frozenset(map(SiteId, self.sites))
        return Denial(
            line=DenyEntry(
                id=new_id(), sites=sites, kind=self.credential, key=key, words="", valid_until=self.valid_until
            )
        )


class AreaChangeIn(_Body):
    """What an area asks of who comes in; what is left out stays."""

    kind: Literal["area"]
    site: Name
    area: Name
    lockdown: StrictBool | None = None
    threat_level: Annotated[int, Field(ge=0, le=5, strict=True)] | None = None
    first_person: StrictBool | None = None
    two_person: StrictBool | None = None

    def change(self) -> Change:
        return AreaChange(
            site=SiteId(self.site),
            area=AreaId(self.area),
            lockdown=self.lockdown,
            threat_level=self.threat_level,
            first_person=self.first_person,
            two_person=self.two_person,
        )


ChangeIn = Annotated[
    LevelChangeIn | LevelGivenIn | LevelTakenIn | DayChangeIn | DenialIn | AreaChangeIn, Discriminator("kind")
]


class WhatIfRequest(_Body):
    """A change that is not made. `day`: the first of the week that is looked at; left out: today."""

    change: ChangeIn
    day: AskedDay | None = None


class TouchedOut(BaseModel):
    """A credential, and the first place and moment of the week at which it is told something else."""

    credential: CredentialOut
    gate: GateId
    at: WireInstant
    before: Told
    after: Told

    @classmethod
    def of(cls, touched: Touched) -> Self:
        return cls(
            credential=CredentialOut.of(touched.credential),
            gate=touched.gate,
            at=touched.at.astimezone(UTC),
            before=Told.of(touched.before),
            after=Told.of(touched.after),
        )


class Side(BaseModel):
    """Those who gain, or those who lose: how many, and the first of them."""

    credentials: int
    people: int
    first: list[TouchedOut]


class WhatIfOut(BaseModel):
    """Who gains and who loses by the change within a week. Who gains at one hour may lose at another."""

    day: date
    gains: Side
    loses: Side

    @classmethod
    def of(cls, effect: Effect) -> Self:
        gains, loses = (
            Side(
                credentials=len(those),
                people=effect.people(those),
                first=[TouchedOut.of(each) for each in those[:FIRST_NAMES]],
            )
            for those in (effect.gains, effect.loses)
        )
        return cls(day=effect.day, gains=gains, loses=loses)


class ReplayOut(BaseModel):
    """What an entry was told, what the same facts give again, and what today's facts would; null: the lane is no more."""

    entry_id: UUID
    told: Told
    again: Told
    same: bool
    today: Told | None

    @classmethod
    def of(cls, entry: Entry, replayed: Replayed) -> Self:
        told = Told(verdict=entry.verdict, reason=entry.reason)
        again = Told.of(replayed.again)
        today = None if replayed.today is None else Told.of(replayed.today)
        return cls(entry_id=entry.id, told=told, again=again, same=told == again, today=today)


def windows_in(hours: list[str]) -> list[Window]:
    """Hours of Monday to Sunday as people write them.

    Raises:
        UnreadableHours: `field` is the day.

    """
    windows: list[Window] = []
    for weekday, text in enumerate(hours):
        read = parse_hours(weekday, text)
        if read is None:
            raise UnreadableHours("Write hours like 08:00-18:00.", field=f"day{weekday}")
        windows += read
    return windows
