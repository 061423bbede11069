"""What the city's people are here as since when, and who lives with whom, drawn. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random

from deploy.demo.population import Household, Inhabitant
from registry.ids import PersonId
from registry.people.changing import NewRole

_LONGEST_DAYS = 3000
_GENERATION = 16
"""Years between parents and children, at least."""


def draw_roles(seed: int, households: Sequence[Household], today: date) -> list[tuple[PersonId, NewRole]]:
    """Everybody's present role, which began on some day of the last eight years."""
    draw = Random(seed)
    return [
        (one.person.id, _role(one, today - timedelta(days=draw.randrange(30, _LONGEST_DAYS))))
        for household in households
        for one in household
    ]


def members(households: Sequence[Household]) -> Iterator[tuple[PersonId, PersonId, str]]:
    """Each member of a household with its head and what they are to the head."""
    for head, *others in households:
        for one in others:
            yield one.person.id, head.person.id, _relation(one.age - head.age)


def _role(one: Inhabitant, first_day: date) -> NewRole:
    return NewRole(kind=one.person.kind, unit_id=one.person.unit_id, first_day=first_day)


def _relation(older_by: int) -> str:
    if older_by <= -_GENERATION:
        return "子女"
    return "父母" if older_by >= _GENERATION else "配偶"
