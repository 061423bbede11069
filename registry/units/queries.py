"""Reading units."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.ids import UnitId
from registry.problems import Unprocessable
from registry.units.models import Unit


class NoSuchUnit(Unprocessable):
    slug = "no-such-unit"
    title = "There is no such unit"


def require_unit(session: Session, unit_id: UnitId | None) -> None:
    """Refuse an id that is no unit of ours; None is nobody's, which is allowed."""
    if unit_id is not None and session.get(Unit, unit_id) is None:
        raise NoSuchUnit("There is no such unit: it may have been taken away; choose another.")


def all_units(session: Session) -> Sequence[Unit]:
    return session.scalars(select(Unit).order_by(Unit.name_zh)).all()
