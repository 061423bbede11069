"""What the office has on its desk: cars that share a permit, lost permits, files made twice, days moved. Drawn. Pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from deploy.demo.names import civil_plate
from deploy.demo.population import Household, Inhabitant
from registry.access.facts import CredentialStatus, DayKind
from registry.ids import SiteId
from registry.people.models import PersonKind
from registry.people.service import NewPerson
from registry.permits.models import PermitClass
from registry.permits.service import NewPermit

TWICE = 12
"""How many people have two files."""
_SHARED, _REPLACED, _LOST = 60, 24, 9
_OTHERWISE, _NEW = 11, 17
"""Permits of next year that are other than this year's, and new ones."""
_SHARING = frozenset({PermitClass.OFFICIAL, PermitClass.BUSINESS})
_LOST_WORDS = ("前挡卡遗失，本人挂失", "车辆维修时丢失，本人挂失", "换挡风玻璃时损毁，本人挂失")
_HEARD = str.maketrans("静丽文明伟红建志华玉云", "靖莉雯铭玮虹健智桦钰芸")
"""Letters that are read alike: how a name is written by who hears it."""
_SOON = timedelta(days=10)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class MovedDay:
    """A day that a compound makes something else of."""

    day: date
    kind: DayKind
    zh: str
    en: str


def draw_permits(seed: int, permits: Sequence[NewPermit], year: int, *, untouched: Collection[str]) -> list[NewPermit]:
    """The permits as they stand after a year at the counter: some cars share one, some were lost and replaced.

    Args:
        seed: the same one draws the same.
        permits: as they were issued.
        year: whose permits are meant.
        untouched: plates whose permits stay as they are.

    """
    draw = Random(seed)
    taken = {each.plate for each in permits} | set(untouched)
    good, stopped = (
        [each for each in permits if each.year == year and each.status is status and each.plate not in untouched]
        for status in (CredentialStatus.ACTIVE, CredentialStatus.SUSPENDED)
    )
    sharing = [each for each in good if each.permit_class in _SHARING]
    changed = {
        each.id: replace(each, further=tuple(civil_plate(draw, taken) for _ in range(draw.choice((1, 1, 2)))))
        for each in draw.sample(sharing, min(_SHARED, len(sharing)))
    }
    alone = [each for each in good if each.id not in changed]
    lost = draw.sample(alone, min(_REPLACED, len(alone)))
    changed |= {each.id: _out(draw, each, CredentialStatus.REPLACED) for each in lost}
    changed |= {each.id: _out(draw, each, CredentialStatus.REPORTED_LOST) for each in stopped[:_LOST]}
    return [*(changed.get(each.id, each) for each in permits), *map(_again, lost)]


def draw_next_year(
    seed: int, permits: Sequence[NewPermit], year: int, *, untouched: Collection[str]
) -> list[NewPermit]:
    """Permits of the year after that were issued ahead: some staff's cars become official ones, and some are new."""
    draw = Random(seed)
    taken = {each.plate for each in permits} | set(untouched)
    of_staff = [
        each
        for each in permits
        if each.year == year
        and each.status is CredentialStatus.ACTIVE
        and each.unit_id is not None
        and each.permit_class is PermitClass.PRIVATE
        and each.plate not in untouched
    ]
    becoming, buying = (draw.sample(of_staff, min(count, len(of_staff))) for count in (_OTHERWISE, _NEW))
    return [
        *(_ahead(each, each.plate, PermitClass.OFFICIAL) for each in becoming),
        *(_ahead(each, civil_plate(draw, taken), PermitClass.PRIVATE) for each in buying),
    ]


def draw_twice(seed: int, households: Sequence[Household], homes: Sequence[SiteId]) -> Iterator[Household]:
    """Second files of people who work here and live there; of each third the name was written as it was heard."""
    draw = Random(seed)
    staff = [one for (one, *_) in households if one.person.unit_id is not None and one.person.phone]
    heard = [one for one in staff if one.person.name[1:] != _heard(one)]
    chosen = draw.sample(heard, min(TWICE // 3, len(heard)))
    others = [one for one in staff if one not in chosen]
    for one in chosen:
        yield (_second(draw, one, one.person.name[0] + _heard(one), homes),)
    for one in draw.sample(others, TWICE - len(chosen)):
        yield (_second(draw, one, one.person.name, homes),)


def moved_days(today: date) -> Sequence[MovedDay]:
    """A Saturday soon on which the offices work, the Monday that they get for it, and a New Year that nobody has announced yet."""
    ahead = today + _SOON
    saturday = ahead + timedelta(days=(_SATURDAY - ahead.weekday()) % 7)
    new_year = date(today.year + 1, 1, 1)
    return (
        MovedDay(saturday, DayKind.WORKDAY, "年终清查，全员上班", "Year-end inspection, everybody works"),
        MovedDay(saturday + timedelta(days=2), DayKind.HOLIDAY, "清查补休", "Day off for the inspection"),
        MovedDay(new_year, DayKind.HOLIDAY, "元旦", "New Year"),
    )


def _out(draw: Random, permit: NewPermit, status: CredentialStatus) -> NewPermit:
    return replace(permit, status=status, status_reason=draw.choice(_LOST_WORDS))


def _again(lost: NewPermit) -> NewPermit:
    """The permit that was made in the place of a lost one."""
    return NewPermit(
        holder=lost.holder,
        unit_id=lost.unit_id,
        plate=lost.plate,
        year=lost.year,
        permit_class=lost.permit_class,
        sites=lost.sites,
        replaces=lost.id,
    )


def _ahead(permit: NewPermit, plate: str, permit_class: PermitClass) -> NewPermit:
    return NewPermit(
        holder=permit.holder,
        unit_id=permit.unit_id,
        plate=plate,
        year=permit.year + 1,
        permit_class=permit_class,
        sites=permit.sites,
    )


def _heard(one: Inhabitant) -> str:
    return one.person.name[1:].translate(_HEARD)


def _second(draw: Random, one: Inhabitant, name: str, homes: Sequence[SiteId]) -> Inhabitant:
    person = NewPerson(site=draw.choice(homes), name=name, kind=PersonKind.RESIDENT, phone=one.person.phone)
    return Inhabitant(person, one.age)
