"""What a command's words name: roles, permissions, compounds, gates, units. A wrong one is refused with the nearest right one."""

from collections.abc import Iterable
from difflib import get_close_matches

from sqlalchemy.orm import Session

from registry.auth.permissions import Permission, Role
from registry.ids import SiteId, UnitId
from registry.problems import Refusal
from registry.sites.models import Gate
from registry.sites.queries import all_sites, gates
from registry.units.queries import all_units


def roles(names: Iterable[str]) -> list[Role]:
    return [Role(_one(name, "role", Role)) for name in names]


def sites(session: Session, names: Iterable[str]) -> list[SiteId]:
    known = [site.id for site in all_sites(session)]
    return [SiteId(_one(name, "compound", known)) for name in names]


def gate(session: Session, name: str) -> Gate:
    known = {str(gate.id): gate for gate in gates(session, [site.id for site in all_sites(session)])}
    return known[_one(name, "gate", known)]


def unit(session: Session, name: str) -> UnitId:
    """A unit by its name in either language."""
    known = {word: unit.id for unit in all_units(session) for word in (unit.name_zh, unit.name_en)}
    return known[_one(name, "unit", known)]


def scope(names: Iterable[str]) -> tuple[frozenset[Role], frozenset[Permission]]:
    """The roles and the permissions among these names."""
    known = {_one(name, "role or permission", [*Role, *Permission]) for name in names}
    return frozenset(map(Role, known & set(Role))), frozenset(map(Permission, known & set(Permission)))


def _one(name: str, kind: str, known: Iterable[str]) -> str:
    there = [str(each) for each in known]
    if name in there:
        return name
    near = get_close_matches(name, there, n=1, cutoff=0.5)
    if near:
        raise Refusal(f"There is no {kind} {name}. Did you mean {near[0]}?")
    listed = f" There are: {', '.join(there)}." if there else f" There is no {kind} at all yet."
    raise Refusal(f"There is no {kind} {name}.{listed if len(there) <= _LISTED else ''}")


_LISTED = 30
"""More than that nobody reads."""
