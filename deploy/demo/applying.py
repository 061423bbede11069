"""What the units of the city apply for: next year's permits, in every state in which a clerk finds them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from registry.access.facts import CredentialStatus
from registry.applications.many import NewBatch, Standing
from registry.applications.service import NewApplication
from registry.ids import UnitId
from registry.permits.models import ApplicationState
from registry.permits.service import NewPermit

APPLIED = 160
"""How many of this year's permits are applied for again already."""
_STATES = (ApplicationState.APPLIED, ApplicationState.REVIEWED, ApplicationState.DRAFT, ApplicationState.RETURNED)
_SHARES = (5, 3, 2, 1)
_MISSING = "缺行驶证复印件"
_OFFICERS = ("吴科长", "郑主任", "刘干事", "何秘书")


@dataclass(frozen=True, slots=True)
class Applying:
    """The batches of next year and what was handed in."""

    batches: Sequence[NewBatch]
    applications: Sequence[Standing]


def draw_applying(seed: int, permits: Sequence[NewPermit], units: Sequence[UnitId], today: date) -> Applying:
    """Draw who has applied for the next year; every unit can until the year ends."""
    draw = Random(seed)
    year = today.year + 1
    last_day = date(today.year, 12, 31)
    batches = [
        NewBatch(unit_id=unit, year=year, officer=draw.choice(_OFFICERS), closing_day=last_day) for unit in units
    ]
    held = {
        each.plate: each
        for each in permits
        if each.unit_id is not None and each.year == today.year and each.status is CredentialStatus.ACTIVE
    }
    chosen = draw.sample(sorted(held), min(APPLIED, len(held)))
    return Applying(batches, [_again(draw, held[plate], year) for plate in chosen])


def _again(draw: Random, permit: NewPermit, year: int) -> Standing:
    state = draw.choices(_STATES, _SHARES)[0]
    if permit.unit_id is None:
        raise ValueError("nobody's permit is applied for by a unit")
    new = NewApplication(
        unit_id=permit.unit_id,
        holder=permit.holder,
        plate=permit.plate,
        further=permit.further,
        year=year,
        permit_class=permit.permit_class,
        sites=permit.sites,
    )
    return Standing(new=new, state=state, words=_MISSING if state is ApplicationState.RETURNED else None)
