"""The facts on which a gate decides, as the registry hands them to a gateway. Immutable, without a database behind them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from registry.access.parts import LanePart
from registry.clock import Instant
from registry.ids import AreaId, CredentialId, GateId, LaneId, LevelId, PersonId, SiteId


class CredentialKind(StrEnum):
    """How somebody or something shows that it may enter."""

    PLATE = "plate"
    CARD = "card"
    QR = "qr"
    PIN = "pin"
    ID_NUMBER = "id_number"
    PERMIT = "permit"
    """The number of a vehicle permit, as it stands on the card behind the windscreen."""


class CredentialStatus(StrEnum):
    """What the registry says of a credential, beside its dates."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    REPORTED_LOST = "reported_lost"
    REPLACED = "replaced"
    """Reported lost, and another was made in its place."""
    ENDED = "ended"
    """Revoked with the tenancy or the project on which it rested."""


class Ground(StrEnum):
    """What a credential rests on, and cannot outlive."""

    TENANCY = "tenancy"
    PROJECT = "project"


class HolidayRule(StrEnum):
    """What an access level does on a public holiday; a worked Saturday is a workday to all of them."""

    AS_USUAL = "as_usual"
    CLOSED = "closed"
    ONLY = "only"


class DayKind(StrEnum):
    """What the calendar says of a day that is not what its weekday says."""

    HOLIDAY = "holiday"
    WORKDAY = "workday"


class Passback(StrEnum):
    """What an area does when something enters that is inside already."""

    OFF = "off"
    SOFT = "soft"
    HARD = "hard"


class Direction(StrEnum):
    """Into the compound or out of it."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRights:
    """What the gates ask of a person beside credentials."""

    clearance: int = 0
    """0-5: up to which threat level the gates open; with 5 also in a lockdown."""
    first_person: bool = False
    """May come into an area before anybody else (首人)."""
    may_escort: bool = False
    needs_escort: bool = False
    """Comes in only after somebody who may escort (陪同)."""


NO_RIGHTS = GateRights()
HIGHEST_CLEARANCE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose credential it is, as far as a guard may see it."""

    id: PersonId
    name: str
    unit_zh: str | None
    unit_en: str | None
    photo: UUID | None
    rights: GateRights = NO_RIGHTS


@dataclass(frozen=True, slots=True, kw_only=True)
class RestsOn:
    """The tenancy or project on which a credential rests."""

    ground: Ground
    over_from: Instant | None
    """The first moment at which it is over; None: nobody has said when."""
    training_until: Instant | None = None
    """Until when a worker's safety training holds; None: none is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFacts:
    """What the calendar says of one day at one compound."""

    hours_of: int
    """The weekday whose hours hold, 0 is Monday: its own, or that for which a worked day of a weekend stands."""
    kind: DayKind | None
    """None: what its weekday says."""
    is_known: bool
    """False: the holidays of its year are not announced, so it counts as an ordinary day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCalendar:
    """The days of a compound that are not what their weekday says."""

    days: Mapping[date, DayFacts]
    years_known: frozenset[int]
    """Years whose holidays are announced."""


Week = tuple[tuple[tuple[int, int], ...], ...]
"""For each weekday, Monday first, the windows that begin on it: from minute to minute of that day; one that ends on the
next day ends later than 1440."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelFacts:
    """An access level: the gates that it opens, when, and what a holiday changes."""

    id: LevelId
    name_zh: str
    name_en: str
    gates: frozenset[GateId]
    holidays: HolidayRule
    week: Week


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class CredentialFacts:
    """One card, QR pass or vehicle permit. `key` is what is looked up: a normalised plate, a card number, a QR's credential id."""

    id: CredentialId
    kind: CredentialKind
    key: str
    holder: Holder | None
    sites: frozenset[SiteId]
    gates: frozenset[GateId] | None
    """The gates that it opens; None: all gates of its sites."""
    status: CredentialStatus
    valid_from: Instant
    valid_until: Instant
    permit_year: int | None
    """The calendar year of a vehicle permit; it ends with the year, in the site's time. None: a car that stands in for days."""
    permit_number: str | None = None
    permit: CredentialId | None = None
    """The vehicle permit of which `key` is a plate; of its several plates one may be inside at a time."""
    rests_on: RestsOn | None = None
    """What it cannot outlive; None: it stands by itself."""
    levels: tuple[LevelId, ...] = ()
    """With levels it opens what they open, when they open it, and nothing else."""
    entries_allowed: int | None = None
    """How often it lets in; None: as often as one likes."""
    replaced_by: str | None = None
    """The number of what was made in its place."""
    duress_key: str | None = None
    """Of a PIN: under what it is looked up when its holder is forced to type it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneFacts:
    """A lane of a gate. `direction` None: it is used both ways, and the check says which."""

    id: LaneId
    direction: Direction | None
    from_area: AreaId
    to_area: AreaId
    manned: bool
    interlock: bool = False
    """One crossing is over, and the barriers closed, before the next begins."""
    passage_seconds: int | None = None
    """Within this time the lane's sensor sees who was let in, or they did not pass; None: it has no sensor."""
    out_is_inside: bool = False
    """Who goes out by it, of a room say, comes into another area of the compound, and is counted there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFacts:
    """A gate. It has at least one lane; the first is meant where a check names none."""

    id: GateId
    site: SiteId
    name_zh: str
    name_en: str
    lanes: tuple[LaneFacts, ...]
    parts: tuple[LanePart, ...] = ()
    """What reads, opens and sees at its lanes."""
    escape_lanes: frozenset[LaneId] = frozenset()
    """The lanes that a fire alarm opens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaFacts:
    """Where people and vehicles are counted."""

    id: AreaId
    site: SiteId
    passback_people: Passback
    passback_vehicles: Passback
    passback_minutes: int | None = None
    """Who came in longer ago may come in again; None: however long ago it was."""
    capacity_people: int | None = None
    capacity_vehicles: int | None = None
    """How many may be inside at a time; None: as many as come."""
    first_person: bool = False
    """Nobody comes in before somebody who may be the first."""
    two_person: bool = False
    """People come in by twos only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DenyEntry:
    """Something or somebody that must not enter, by what can be read of it: a plate, a card, a document, a phone."""

    id: UUID
    sites: frozenset[SiteId] | None
    """None: everywhere."""
    kind: CredentialKind
    key: str
    words: str
    """Why, for the guard who stops it."""
    valid_until: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessFacts:
    """All that the gates of all sites need, at one version of each site."""

    versions: Mapping[SiteId, int]
    timezones: Mapping[SiteId, str]
    gates: Mapping[GateId, GateFacts]
    areas: Mapping[AreaId, AreaFacts]
    credentials: Collection[CredentialFacts]
    """Of a registry the `Roll`, for they are many."""
    denied: tuple[DenyEntry, ...]
    levels: Mapping[LevelId, LevelFacts] = field(default_factory=dict)
    calendars: Mapping[SiteId, SiteCalendar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessChanges:
    """What became different since `versions` before it. Gates and areas are few: when one changes, `structure_changed` says to load all anew."""

    versions: Mapping[SiteId, int]
    credentials: tuple[CredentialFacts, ...]
    """New or changed, as they are now."""
    removed_credentials: frozenset[CredentialId]
    denied: tuple[DenyEntry, ...]
    removed_denied: frozenset[UUID]
    structure_changed: bool
    levels: Mapping[LevelId, LevelFacts] | None = None
    """All of them, where one changed; they are few."""
    calendars: Mapping[SiteId, SiteCalendar] | None = None
    """All of them, where one changed."""
