"""Who answers for each unit of the city, how many permits it may have, and what it has signed for the year. Pure."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from deploy.demo.city import City
from registry.ids import UnitId
from registry.people.models import PersonKind
from registry.units.service import NewAnswers, NewContract

_TARGETS = (
    "不发生火灾和重大治安案件",
    "不发生失泄密事件",
    "本单位人员、车辆信息变动三日内报保卫处",
    "外来人员由本单位接待登记，随进随销",
    "每季度开展一次消防安全自查",
    "节假日安排人员值班并报备",
    "车证不转借，停用车辆及时交证",
)
_UNSIGNED, _FULL = 0.15, 0.1
"""How many units have not signed yet, and have used up their quota."""


def draw_answers(seed: int, city: City, units: Sequence[UnitId], today: date) -> list[NewAnswers]:
    """For each unit its first member of the staff, a quota a little above its permits, and this year's contract."""
    chance = Random(f"{seed} answers")
    staff = [one for one in city.people if one.kind is PersonKind.STAFF]
    first = {one.unit_id: one for one in reversed(staff) if one.unit_id is not None}
    has = Counter(permit.unit_id for permit in city.permits if permit.year == today.year)
    drawn = []
    for unit in units:
        signed = date(today.year, 1, 4) + timedelta(days=chance.randrange(40))
        is_signed = chance.random() >= _UNSIGNED and signed <= today
        quota = has[unit] if chance.random() < _FULL else (has[unit] * 11 // 10 // 5 + 1) * 5
        who = first.get(unit)
        targets = tuple(sorted(chance.sample(_TARGETS, chance.randint(4, 6)), key=_TARGETS.index))
        contract = NewContract(
            year=today.year,
            signed_on=signed if is_signed and who else None,
            signed_by=who.name if is_signed and who else None,
            targets=targets,
        )
        drawn.append(
            NewAnswers(unit_id=unit, permit_quota=quota, responsible=who.id if who else None, contract=contract)
        )
    return drawn
