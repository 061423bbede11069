"""Questions of which only some is known: a rule that asks for the rest raises `TurnsOnMore`, and a moment notes what it is compared with."""

from dataclasses import dataclass
from typing import Any, NoReturn, cast

from gateway.checks.circumstances import NOTHING_PARTICULAR
from gateway.checks.shown import Shown
from gateway.checks.standing import Schedule
from registry.access.facts import CredentialFacts, DenyEntry, Direction, GateRights
from registry.access.roll import Roll
from registry.ids import SiteId


class TurnsOnMore(Exception):
    """A rule wants to know what is not foreseen."""


@dataclass(slots=True)
class Noting:
    """A moment that notes the nearest moments on both sides that it is compared with.

    From `since` until before `until` each comparison says the same. Intervals are half-open, so there are two
    comparisons only; a rule that makes another is told so by Python.
    """

    value: Any
    since: Any
    until: Any

    def __lt__(self, other: Any) -> bool:
        if self.value < other:
            if other < self.until:  # noqa: PLR1730 - min() takes twice as long, and each first decision asks often
                self.until = other
            return True
        if other > self.since:  # noqa: PLR1730 - as above
            self.since = other
        return False

    def __ge__(self, other: Any) -> bool:
        return not self < other

    def __add__(self, minutes: int) -> "_Later":
        return _Later(self, minutes)


@dataclass(slots=True)
class _Later:
    """The same moment as another clock counts it."""

    noting: Noting
    by: int

    def __lt__(self, other: int) -> bool:
        return self.noting < other - self.by

    def __ge__(self, other: int) -> bool:
        return not self < other


@dataclass(slots=True, kw_only=True)
class Anywhere:
    """A question of which only this is known: nobody is inside, and nothing particular is so."""

    shown: Shown
    site: SiteId
    now: Noting
    denied: tuple[DenyEntry, ...]
    direction: Direction = Direction.IN
    inside: None = None
    closed: None = None
    circumstances: object = NOTHING_PARTICULAR

    def __getattr__(self, name: str) -> NoReturn:
        raise TurnsOnMore(name)

    def schedule_of(self, credential: CredentialFacts) -> None:
        if credential.levels:
            raise TurnsOnMore("schedule")


@dataclass(frozen=True, slots=True)
class _Held:
    """A holder of whom only this is known."""

    rights: GateRights

    def __getattr__(self, name: str) -> NoReturn:
        raise TurnsOnMore(name)


class _Somebody:
    """A row of the roll of which only this is known. Its facts are not made: that would take longer than to ask the rules."""

    __slots__ = (
        "entries_allowed",
        "gates",
        "holder",
        "kind",
        "levels",
        "permit_year",
        "rests_on",
        "sites",
        "status",
        "valid_from",
        "valid_until",
    )

    def __init__(self, roll: Roll, row: int) -> None:
        terms = roll.terms(row)
        self.kind, self.sites, self.status, self.gates, self.permit_year, self.rests_on, self.entries_allowed = terms
        self.valid_from, self.valid_until = roll.validity(row)
        self.levels = roll.levels(row)
        self.holder = _Held(roll.rights(row))

    def __getattr__(self, name: str) -> NoReturn:
        raise TurnsOnMore(name)


@dataclass(frozen=True, slots=True)
class _WithLevels:
    """A credential of which is only known that it has levels."""

    levels: bool = True

    def __getattr__(self, name: str) -> NoReturn:
        raise TurnsOnMore(name)


@dataclass(frozen=True, slots=True)
class AtThatHour:
    """A place of which only the hours are known."""

    schedule: Schedule

    def __getattr__(self, name: str) -> NoReturn:
        raise TurnsOnMore(name)

    def schedule_of(self, _credential: CredentialFacts) -> Schedule:
        return self.schedule


def somebody(roll: Roll, row: int) -> CredentialFacts:
    """All of a row that may be foreseen."""
    return cast("CredentialFacts", _Somebody(roll, row))


WITH_LEVELS = cast("CredentialFacts", _WithLevels())
