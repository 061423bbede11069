"""Who is inside and who was found, as the API has it."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from gateway.checks.answers import WRITTEN, Text
from gateway.checks.snapshot import Snapshot
from gateway.musters.models import Because, Mark, Muster, MusterLine
from gateway.musters.queries import Counts
from gateway.presence import wording
from gateway.presence.lines import Inside, LimitBy, Line
from gateway.presence.rules import Doubt, Kind
from registry.i18n import translator
from registry.ids import NAME_PATTERN, AreaId, GateId, SiteId
from registry.messages.envelope import WireInstant

SiteName = Annotated[str, StringConstraints(pattern=f"^{NAME_PATTERN}$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000, pattern=WRITTEN)]
Number = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]
Certainty = Literal["sure", "unsure"]


class InsideLine(BaseModel):
    """One that may be inside. `shown`: a plate or a card; empty: nothing that one could read."""

    subject: str
    kind: Kind
    named: bool = Field(description="false: somebody passed and nobody knows who")
    name: str | None
    shown: str
    unit_zh: str | None
    unit_en: str | None
    area: AreaId
    gate: GateId = Field(description="where it was seen last, at `since`")
    since: WireInstant
    entry_id: UUID | None
    certainty: Certainty
    doubts: list[Doubt] = Field(description="why it is not sure; empty: it is")
    forgiven_at: WireInstant | None
    text: Text = Field(description="the ground, and every doubt")

    @classmethod
    def of(cls, line: Line, inside: Inside, snapshot: Snapshot | None) -> Self:
        return cls(
            subject=line.subject,
            kind=line.kind,
            named=line.is_named,
            name=line.name,
            shown=line.shown,
            unit_zh=line.unit_zh,
            unit_en=line.unit_en,
            area=line.area,
            gate=line.gate,
            since=line.since,
            entry_id=line.entry_id,
            certainty="sure" if line.standing.is_sure else "unsure",
            doubts=list(line.standing.doubts),
            forgiven_at=line.forgiven_at,
            text=Text(zh=_said("zh", line, inside, snapshot), en=_said("en", line, inside, snapshot)),
        )


def _said(language: str, line: Line, inside: Inside, snapshot: Snapshot | None) -> str:
    t = translator(language)
    gate = wording.gate_name(t, snapshot, line.gate)
    parts = [wording.ground(t, line, gate, wording.timezone_of(snapshot, inside.site))]
    return t("ground.between").join([*parts, *wording.doubts(t, line, inside.limits)])


class LimitOut(BaseModel):
    """For how long one of a kind is surely inside."""

    kind: Kind
    hours: float
    by: LimitBy


class InsideCounts(BaseModel):
    """How many may be inside: people, vehicles, and people of whom nobody knows who they are."""

    people: int
    vehicles: int
    unnamed: int
    sure: int
    unsure: int


class InsideOf(BaseModel):
    """How many may be inside of one unit or in one area; `name` None: of no unit that is known."""

    name: str | None
    sure: int
    unsure: int


class InsideNow(BaseModel):
    """Everybody who may be inside a compound, by unit, then by name; nobody is left out because it is doubtful."""

    site: SiteId
    at: WireInstant
    counts: InsideCounts
    units: list[InsideOf]
    areas: list[InsideOf]
    limits: list[LimitOut]
    open_muster: UUID | None = Field(description="the muster that is being called")
    lines: list[InsideLine]

    @classmethod
    def of(cls, inside: Inside, snapshot: Snapshot | None, opened: Muster | None) -> Self:
        return cls(
            site=inside.site,
            at=inside.at,
            counts=counts_of(inside.lines),
            units=by_name((line.unit_zh or line.unit_en, line) for line in inside.lines),
            areas=by_name((line.area or None, line) for line in inside.lines),
            limits=[
                LimitOut(kind=kind, hours=limit.lasts.total_seconds() / 3600, by=limit.by)
                for kind, limit in inside.limits.items()
            ],
            open_muster=None if opened is None else opened.id,
            lines=[InsideLine.of(line, inside, snapshot) for line in inside.lines],
        )


def counts_of(lines: Iterable[Line]) -> InsideCounts:
    """Count lines of a list."""
    kinds = Counter(
        ("vehicles" if line.is_vehicle else "people" if line.is_named else "unnamed", line.standing.is_sure)
        for line in lines
    )
    of = {name: kinds[name, True] + kinds[name, False] for name in ("people", "vehicles", "unnamed")}
    sure = sum(count for (_, is_sure), count in kinds.items() if is_sure)
    return InsideCounts(**of, sure=sure, unsure=kinds.total() - sure)


def by_name(named: Iterable[tuple[str | None, Line]]) -> list[InsideOf]:
    """How many there are of each name, the most first."""
    found = Counter((name, line.standing.is_sure) for name, line in named)
    totals = Counter[str | None]()
    for (name, _), count in found.items():
        totals[name] += count
    return [InsideOf(name=name, sure=found[name, True], unsure=found[name, False]) for name, _ in totals.most_common()]


class MusterRequest(BaseModel):
    """Call a compound over."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    site: SiteName
    because: Because
    words: Words = ""


class MarkRequest(BaseModel):
    """What was found of these lines; `mark` null takes it back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lines: Annotated[list[Number], Field(min_length=1, max_length=200)]
    mark: Mark | None


class ClosingRequest(BaseModel):
    """End a muster, with what is to be remembered of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: Words = ""


class MusterCounts(BaseModel):
    """How far it is; `waiting`: nobody has said anything of them."""

    all: int
    safe: int
    missing: int
    not_inside: int
    waiting: int

    @classmethod
    def of(cls, counts: Counts) -> Self:
        return cls(
            all=counts.all,
            safe=counts.safe,
            missing=counts.missing,
            not_inside=counts.not_inside,
            waiting=counts.waiting,
        )


class MusterOut(BaseModel):
    """A muster, open or closed."""

    id: UUID
    site: SiteId
    because: Because
    words: str | None
    opened_by: str
    opened_at: WireInstant
    closed_by: str | None
    closed_at: WireInstant | None
    closing_words: str | None
    counts: MusterCounts

    @classmethod
    def of(cls, muster: Muster, counts: Counts) -> Self:
        return cls(
            id=muster.id,
            site=muster.site,
            because=muster.because,
            words=muster.words,
            opened_by=muster.opened_by,
            opened_at=muster.opened_at,
            closed_by=muster.closed_by,
            closed_at=muster.closed_at,
            closing_words=muster.closing_words,
            counts=MusterCounts.of(counts),
        )


class MusterLineOut(BaseModel):
    """One that may have been inside when the muster was opened, and what was found of it."""

    number: int
    subject: str
    kind: Kind
    name: str | None
    shown: str
    unit_zh: str | None
    unit_en: str | None
    area: AreaId
    gate: GateId
    since: WireInstant
    doubts: list[Doubt]
    mark: Mark | None
    marked_by: str | None
    marked_at: WireInstant | None

    @classmethod
    def of(cls, line: MusterLine) -> Self:
        return cls(
            number=line.number,
            subject=line.subject,
            kind=line.kind,
            name=line.name,
            shown=line.shown,
            unit_zh=line.unit_zh,
            unit_en=line.unit_en,
            area=line.area,
            gate=line.gate,
            since=line.since,
            doubts=[Doubt(one) for one in line.doubts],
            mark=line.mark,
            marked_by=line.marked_by,
            marked_at=line.marked_at,
        )


class MusterLines(BaseModel):
    """Lines of a muster in the order of its list; `next` is the `after` of the page after it."""

    items: list[MusterLineOut]
    next: int | None


class MusterList(BaseModel):
    """The newest first."""

    items: list[MusterOut]
