"""The access levels of the city's compounds: office hours, contractors' hours, deliveries. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from deploy.demo.plans import Compound, Use
from registry.access.facts import HolidayRule
from registry.ids import GateId, LevelId, SiteId, derived_id
from registry.levels.rules import Window
from registry.levels.service import LevelFields, NewLevel

OFFICE, CONTRACTORS, DELIVERIES, DUTY = "office", "contractors", "deliveries", "duty"
_HOUR = 60


def level_id(site: SiteId, name: str) -> LevelId:
    """The id of a level, the same in every filling, so that who draws the cards knows it."""
    return LevelId(derived_id("demo-level", site, name))


def draw_levels(compounds: Sequence[Compound], today: date) -> list[NewLevel]:
    """The levels of every compound; the duty level is for the weekday three days after the filling."""
    return [level for compound in compounds for level in _of(compound, today)]


def _of(compound: Compound, today: date) -> list[NewLevel]:
    gates = frozenset(GateId(gate.name) for gate in compound.gates)
    one = frozenset({GateId(compound.gates[0].name)})
    workdays, days = range(5), range(7)
    made: Mapping[str, LevelFields] = {
        OFFICE: _level("工作时间", "Office hours", gates, _daily(workdays, (7.5, 18.5)), HolidayRule.CLOSED),
        CONTRACTORS: _level("施工时段", "Contractors' hours", one, _daily(range(6), (7, 19)), HolidayRule.CLOSED),
        DELIVERIES: _level(
            "送货时段", "Deliveries", one, _daily(days, (5.5, 7.5), (13, 14), (22, 24)), HolidayRule.AS_USUAL
        ),
        DUTY: _level(
            "值班轮换",
            "Duty night",
            gates,
            _daily([(today + timedelta(days=3)).weekday()], (20, 8)),
            HolidayRule.AS_USUAL,
        ),
    }
    is_office = compound.use is Use.OFFICES
    return [
        NewLevel(id=level_id(compound.id, name), site=compound.id, fields=fields)
        for name, fields in made.items()
        if is_office or name in {CONTRACTORS, DELIVERIES}
    ]


def _level(zh: str, en: str, gates: frozenset[GateId], windows: tuple[Window, ...], rule: HolidayRule) -> LevelFields:
    return LevelFields(name_zh=zh, name_en=en, gates=gates, windows=windows, holidays=rule)


def _daily(days: Sequence[int], *spans: tuple[float, float]) -> tuple[Window, ...]:
    """`spans` in hours."""
    return tuple(Window(day, int(begins * _HOUR), int(ends * _HOUR)) for day in days for begins, ends in spans)
