"""Patrols over HTTP: the rounds of a day, the checkpoints, and the scans of our own patrol page."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Query, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from monitor.dependencies import MonitorReading, MonitorWork, TheRegister
from monitor.patrols import pictures, service
from monitor.patrols.problems import (
    CheckpointUnknown,
    NoCodeSeen,
    PhoneClockAhead,
    PhonesSwitchedOff,
    ScanIdReused,
    SiteUnknown,
)
from monitor.patrols.rules import CheckpointFacts, JudgedRound, JudgedVisit, Judgement
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import NAME_PATTERN, SiteId
from registry.media.problems import UnreadablePicture
from registry.messages.envelope import WireInstant
from registry.problems import TooLarge, problems

router = APIRouter(prefix="/api/monitor/patrols", tags=["patrols"])

PatrolReader = Annotated[Principal, Depends(requires(Permission.PATROLS_READ))]
PatrolGuard = Annotated[Principal, Depends(requires(Permission.PATROL_SCAN))]
Day = Annotated[date | None, Query(ge=date(2000, 1, 1), lt=date(2200, 1, 1))]
SiteName = Annotated[str, Query(pattern=f"^{NAME_PATTERN}$")]


class CheckpointOut(BaseModel):
    """A checkpoint; `x` and `y` are fractions of the site plan."""

    id: UUID
    tag: str
    short_code: str
    name_zh: str
    name_en: str
    x: float | None
    y: float | None

    @classmethod
    def of(cls, facts: CheckpointFacts) -> Self:
        return cls(
            id=facts.id,
            tag=facts.tag,
            short_code=facts.short_code,
            name_zh=facts.name_zh,
            name_en=facts.name_en,
            x=facts.place.x if facts.place else None,
            y=facts.place.y if facts.place else None,
        )


class CheckpointList(BaseModel):
    items: list[CheckpointOut]
    next: None = None


class VisitOut(BaseModel):
    """A checkpoint of a round: the window, and how it stands."""

    checkpoint: CheckpointOut
    opens_at: WireInstant
    closes_at: WireInstant
    judgement: Judgement
    scanned_at: WireInstant | None
    guard: str | None
    offline: bool | None

    @classmethod
    def of(cls, judged: JudgedVisit) -> Self:
        return cls(
            checkpoint=CheckpointOut.of(judged.visit.stop.checkpoint),
            opens_at=judged.visit.opens_at,
            closes_at=judged.visit.closes_at,
            judgement=judged.judgement,
            scanned_at=judged.scan.occurred_at if judged.scan else None,
            guard=judged.scan.guard if judged.scan else None,
            offline=judged.scan.offline if judged.scan else None,
        )


class RoundOut(BaseModel):
    """One walk of a tour."""

    tour: UUID
    name_zh: str
    name_en: str
    starts_at: WireInstant
    visits: list[VisitOut]
    left: int

    @classmethod
    def of(cls, judged: JudgedRound) -> Self:
        return cls(
            tour=judged.round.tour.id,
            name_zh=judged.round.tour.name_zh,
            name_en=judged.round.tour.name_en,
            starts_at=judged.round.starts_at,
            visits=[VisitOut.of(visit) for visit in judged.visits],
            left=judged.left,
        )


class RoundList(BaseModel):
    items: list[RoundOut]
    next: None = None


class ScanBody(BaseModel):
    """A scan; the phone makes the id once, and sends it again when it got no answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: UUID
    site: str = Field(pattern=f"^{NAME_PATTERN}$")
    tag: str = Field(min_length=1, max_length=200, description="what the QR code says, or the digits below it")
    scanned_at: WireInstant
    offline: bool = False


class ScanOut(BaseModel):
    """What the plan says of the scan; `round` null: no round asks for this checkpoint at that time.

    `early_until`: the checkpoint is asked for from then on, scan it again; `repeats`: it was scanned then already.
    """

    id: UUID
    checkpoint: CheckpointOut
    round: RoundOut | None
    judgement: Judgement | None
    left: int | None
    early_until: WireInstant | None
    repeats: WireInstant | None

    @classmethod
    def of(cls, answer: service.ScanAnswer) -> Self:
        return cls(
            id=answer.id,
            checkpoint=CheckpointOut.of(answer.checkpoint),
            round=RoundOut.of(answer.walked) if answer.walked else None,
            judgement=answer.judgement,
            left=answer.left,
            early_until=answer.early_until,
            repeats=answer.repeats,
        )


@router.get("/rounds", responses=problems(SiteUnknown))
def list_rounds(
    principal: PatrolReader, reading: MonitorReading, register: TheRegister, site: SiteName, day: Day = None
) -> RoundList:
    """The rounds that start on a day of the site; without a day, today's."""
    where = SiteId(site)
    principal.require(Permission.PATROLS_READ, where)
    wanted = day or reading.now.astimezone(service.timezone_of(register, where)).date()
    found = service.rounds(reading.session, register, where, wanted, reading.now)
    return RoundList(items=[RoundOut.of(each) for each in found])


@router.get("/checkpoints", responses=problems(SiteUnknown))
def list_checkpoints(principal: PatrolReader, reading: MonitorReading, site: SiteName) -> CheckpointList:
    """The checkpoints of a site, in their order."""
    principal.require(Permission.PATROLS_READ, SiteId(site))
    found = service.checkpoints(reading.session, SiteId(site))
    return CheckpointList(items=[CheckpointOut.of(each) for each in found])


@router.post("/scans", responses=problems(CheckpointUnknown, ScanIdReused, PhoneClockAhead, PhonesSwitchedOff))
def take_scan(body: ScanBody, guard: PatrolGuard, work: MonitorWork, register: TheRegister) -> ScanOut:
    """Take a scan, and say what the plan says of it."""
    return ScanOut.of(
        service.scan(
            work,
            register,
            scan_id=body.id,
            site=SiteId(body.site),
            tag=body.tag,
            scanned_at=body.scanned_at,
            offline=body.offline,
            by=guard,
        )
    )


@router.post(
    "/scans/picture",
    responses=problems(
        CheckpointUnknown, ScanIdReused, PhoneClockAhead, PhonesSwitchedOff, UnreadablePicture, NoCodeSeen, TooLarge
    ),
)
def take_scan_of_picture(
    *,
    picture: Annotated[UploadFile, File()],
    scan_id: Annotated[UUID, Form(alias="id")],
    site: Annotated[str, Form(pattern=f"^{NAME_PATTERN}$")],
    scanned_at: Annotated[WireInstant, Form()],
    guard: PatrolGuard,
    work: MonitorWork,
    register: TheRegister,
    offline: Annotated[bool, Form()] = False,
) -> ScanOut:
    """Take a scan from a picture of the checkpoint's QR code."""
    tag = pictures.tag_in(picture.file.read(pictures.MAX_BYTES + 1))
    return ScanOut.of(
        service.scan(
            work,
            register,
            scan_id=scan_id,
            site=SiteId(site),
            tag=tag,
            scanned_at=scanned_at,
            offline=offline,
            by=guard,
        )
    )
