"""The people of one compound, drawn: who works in its offices, or who lives with whom in its homes. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from deploy.demo.names import Sex, given_name, identity_number, phone_number, surname
from deploy.demo.plans import Compound, Use
from registry.ids import SiteId, UnitId
from registry.people.models import PersonKind
from registry.people.service import NewPerson

_OLD_ENOUGH = 10
"""Years from which somebody has a card of their own, and a telephone."""
_GROWN_UP = 18
_HOUSEHOLDS = {1: 18, 2: 27, 3: 31, 4: 17, 5: 7}
"""Of a hundred households, how many have so many people."""
_TENANTS = 0.14
_STAFF = {PersonKind.STAFF: 88, PersonKind.CONTRACTOR: 8, PersonKind.TEMPORARY: 4}


@dataclass(frozen=True, slots=True)
class Inhabitant:
    """Somebody with what later draws need to know."""

    person: NewPerson
    age: int

    @property
    def has_card(self) -> bool:
        return self.age >= _OLD_ENOUGH

    @property
    def may_drive(self) -> bool:
        return self.age >= _GROWN_UP


Household = tuple[Inhabitant, ...]
"""People who live together; whoever works somewhere is one alone."""


@dataclass(slots=True)
class Registrar:
    """Writes people down; no ID number is given twice."""

    draw: Random
    year: int
    taken: set[str] = field(default_factory=set)

    def inhabitant(
        self, site: SiteId, family: str, *, sex: Sex, age: int, kind: PersonKind, unit: UnitId | None = None
    ) -> Inhabitant:
        number = identity_number(self.draw, self.taken, sex=sex, born=self.year - age)
        person = NewPerson(
            site=site,
            name=family + given_name(self.draw, sex),
            kind=kind,
            unit_id=unit,
            phone=phone_number(self.draw) if age >= _OLD_ENOUGH else None,
            id_number=number,
        )
        return Inhabitant(person, age)


def draw_people(registrar: Registrar, compound: Compound, units: Sequence[UnitId]) -> list[Household]:
    """Everybody whose file this compound keeps; exactly as many as it has."""
    drawn = _staff(registrar, compound, units) if compound.use is Use.OFFICES else _families(registrar, compound)
    found: list[Household] = []
    left = compound.people
    while left > 0:
        household = next(drawn)[:left]
        found.append(household)
        left -= len(household)
    return found


def _staff(registrar: Registrar, compound: Compound, units: Sequence[UnitId]) -> Iterator[Household]:
    draw = registrar.draw
    while True:
        kind = draw.choices(list(_STAFF), weights=list(_STAFF.values()))[0]
        sex, unit = draw.choice(list(Sex)), draw.choice(units)
        yield (
            registrar.inhabitant(compound.id, surname(draw), sex=sex, age=draw.randrange(22, 61), kind=kind, unit=unit),
        )


def _families(registrar: Registrar, compound: Compound) -> Iterator[Household]:
    draw = registrar.draw
    while True:
        kind = PersonKind.TENANT if draw.random() < _TENANTS else PersonKind.RESIDENT
        size = draw.choices(list(_HOUSEHOLDS), weights=list(_HOUSEHOLDS.values()))[0]
        yield tuple(_family(registrar, compound.id, kind, size))


def _family(registrar: Registrar, site: SiteId, kind: PersonKind, size: int) -> Iterator[Inhabitant]:
    """One alone, a couple, or parents with children; a fifth is somebody's mother or father."""
    draw = registrar.draw
    family, age = surname(draw), draw.randrange(24, 78 if size < 3 else 56)  # noqa: PLR2004 - with children
    first = draw.choice(list(Sex))
    yield registrar.inhabitant(site, family, sex=first, age=age, kind=kind)
    if size > 1:
        other = Sex.FEMALE if first is Sex.MALE else Sex.MALE
        yield registrar.inhabitant(site, surname(draw), sex=other, age=max(22, age + draw.randrange(-4, 5)), kind=kind)
    for _ in range(min(size, 4) - 2):
        born_at = draw.randrange(23, 33)
        yield registrar.inhabitant(site, family, sex=draw.choice(list(Sex)), age=max(1, age - born_at), kind=kind)
    if size > 4:  # noqa: PLR2004 - see above
        yield registrar.inhabitant(
            site, family, sex=draw.choice(list(Sex)), age=age + draw.randrange(22, 34), kind=kind
        )
