"""Adding units."""

from sqlalchemy.orm import Session

from registry.ids import UnitId, new_id
from registry.units.models import Unit


def add_unit(session: Session, *, name_zh: str, name_en: str) -> Unit:
    """Add an office or company that answers for its people and vehicles."""
    unit = Unit(id=UnitId(new_id()), name_zh=name_zh, name_en=name_en)
    session.add(unit)
    session.flush()
    return unit
