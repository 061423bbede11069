"""Adding units."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from registry.ids import PersonId, UnitId, new_id
from registry.units.models import Unit, UnitContract, UnitResponsible


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContract:
    """A yearly target contract; `signed_on` and `signed_by` both None: it is not signed yet."""

    year: int
    signed_on: date | None
    signed_by: str | None
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAnswers:
    """What a unit that nobody has changed yet answers for, and who."""

    unit_id: UnitId
    permit_quota: int | None
    responsible: PersonId | None
    contract: NewContract


def add_unit(session: Session, *, name_zh: str, name_en: str) -> Unit:
    """Add an office or company that answers for its people and vehicles."""
    unit = Unit(id=UnitId(new_id()), name_zh=name_zh, name_en=name_en)
    session.add(unit)
    session.flush()
    return unit


def add_answers(session: Session, answers: Sequence[NewAnswers]) -> None:
    """Say for many units at once who answers for them and for what. Makes no entry in the audit: its caller does."""
    if not answers:
        return
    session.execute(update(Unit), [{"id": each.unit_id, "permit_quota": each.permit_quota} for each in answers])
    responsible = [
        {"unit_id": each.unit_id, "person_id": each.responsible} for each in answers if each.responsible is not None
    ]
    if responsible:
        session.execute(insert(UnitResponsible), responsible)
    contracts = [
        {
            "unit_id": each.unit_id,
            "year": each.contract.year,
            "signed_on": each.contract.signed_on,
            "signed_by": each.contract.signed_by,
            "targets": "\n".join(each.contract.targets),
        }
        for each in answers
    ]
    session.execute(insert(UnitContract), contracts)
