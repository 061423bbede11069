"""Where the checkpoints of a compound stand on its plan. The plan itself is the registry's, and so is who may move them."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import select

from monitor.dependencies import MonitorReading, MonitorWork
from monitor.patrols import queries
from monitor.patrols.models import Checkpoint
from monitor.patrols.problems import CheckpointMoved, CheckpointUnknown
from monitor.patrols.rules import CheckpointFacts
from registry.audit.chain import record
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.devices.facts import Place
from registry.ids import NAME_PATTERN, SiteId
from registry.problems import problems
from registry.sites.plan import is_where
from registry.store import Work

router = APIRouter(prefix="/api/monitor/patrols", tags=["patrols"])
PlanReader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
PlanWriter = Annotated[Principal, Depends(requires(Permission.REGISTRY_WRITE))]
SiteName = Annotated[str, Query(pattern=f"^{NAME_PATTERN}$")]
Fraction = Annotated[float, Field(ge=0, le=1)]


class PlaceOnPlan(BaseModel):
    """In fractions of the plan's width and height, y downwards."""

    x: Fraction
    y: Fraction


class Moved(BaseModel):
    """`place` null takes it off the plan; `was`: where it stood when it was taken up."""

    place: PlaceOnPlan | None
    was: PlaceOnPlan | None


class CheckpointPlace(BaseModel):
    """A checkpoint and where it stands; null: nowhere yet."""

    id: UUID
    name_zh: str
    name_en: str
    place: PlaceOnPlan | None

    @classmethod
    def of(cls, facts: CheckpointFacts) -> Self:
        return cls(
            id=facts.id,
            name_zh=facts.name_zh,
            name_en=facts.name_en,
            place=None if facts.place is None else PlaceOnPlan(x=facts.place.x, y=facts.place.y),
        )


class CheckpointPlaces(BaseModel):
    items: list[CheckpointPlace]
    next: None = None


@router.get("/places", responses=problems(CheckpointUnknown))
def list_places(reader: PlanReader, reading: MonitorReading, site: SiteName) -> CheckpointPlaces:
    """The checkpoints of a compound, for whoever draws its plan."""
    reader.require(Permission.REGISTRY_READ, SiteId(site))
    return CheckpointPlaces(
        items=[CheckpointPlace.of(each) for each in queries.checkpoints(reading.session, SiteId(site))]
    )


@router.put("/places/{checkpoint_id}", responses=problems(CheckpointUnknown, CheckpointMoved))
def put_checkpoint(checkpoint_id: UUID, body: Moved, clerk: PlanWriter, work: MonitorWork) -> CheckpointPlace:
    place, was = body.place, body.was
    return CheckpointPlace.of(
        place_checkpoint(
            work,
            checkpoint_id,
            None if place is None else Place(x=place.x, y=place.y),
            was=None if was is None else Place(x=was.x, y=was.y),
            by=clerk,
        )
    )


def place_checkpoint(
    work: Work, checkpoint_id: UUID, place: Place | None, *, was: Place | None, by: Principal
) -> CheckpointFacts:
    """Say where a checkpoint stands; None takes it off the plan. `was`: where whoever moves it saw it.

    Raises:
        CheckpointUnknown: there is none at a compound whose registry they write.
        CheckpointMoved: it is not where it was seen; nothing is changed.

    """
    row = work.session.scalars(select(Checkpoint).where(Checkpoint.id == checkpoint_id).with_for_update()).one_or_none()
    if row is None or not by.may(Permission.REGISTRY_WRITE, row.site):
        raise CheckpointUnknown("There is no such checkpoint here.")
    before = queries.checkpoint_facts(row).place
    if not is_where(before, was):
        shown = None if before is None else {"x": before.x, "y": before.y}
        raise CheckpointMoved("Somebody else has moved it meanwhile: look where it stands now.", place=shown)
    row.x, row.y = (None, None) if place is None else (place.x, place.y)
    facts = {
        "x_before": before.x if before else None,
        "y_before": before.y if before else None,
        "x": row.x,
        "y": row.y,
    }
    subject = f"checkpoint:{row.id}"
    record(
        work.session,
        actor=by.name,
        action="checkpoint-placed",
        site=row.site,
        subject=subject,
        facts=facts,
        now=work.now,
    )
    return queries.checkpoint_facts(row)
