"""Filling an empty registry with the fictional city, in one transaction."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from deploy.demo.answering import draw_answers
from deploy.demo.applying import draw_applying
from deploy.demo.building import BY, TIMEZONE, build
from deploy.demo.city import City, draw_city
from deploy.demo.city_map import FIRST
from deploy.demo.deskwork import draw_next_year, draw_permits, draw_twice, moved_days
from deploy.demo.families import draw_roles, members
from deploy.demo.housing import Housing, draw_housing
from deploy.demo.levels import draw_levels
from deploy.demo.names import UNITS
from deploy.demo.plans import Compound, Use
from deploy.demo.renting import draw_renting
from deploy.folder import DataFolder
from deploy.progress import Begin
from registry.applications.many import add_applications, add_batches
from registry.auth.models import UserRow
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.auth.service import add_token, add_user
from registry.calendar.service import set_day
from registry.clock import Instant
from registry.denylist.service import deny
from registry.housing.checks import add_checks
from registry.housing.files import add_files
from registry.housing.service import add_housing
from registry.ids import SiteId, UnitId
from registry.levels.service import add_levels
from registry.passes.digests import digest_key
from registry.passes.pins import MadePin, NewPin, issue_pin
from registry.passes.service import issue_cards, issue_qr_passes
from registry.people.changing import add_many
from registry.people.gate_rights import write_rights
from registry.people.identity import IdentityKeys
from registry.people.service import register_people
from registry.permits.series import prepare
from registry.permits.service import issue_permits
from registry.projects.workers import add_projects
from registry.sites.models import Site
from registry.store import Store, Work
from registry.units.service import add_answers, add_unit

SEED = 20
STEPS = 7
"""How often `fill_registry` says what it begins."""
_UNITS_OF = {SiteId("oc1"): 12, SiteId("oc2"): 9, SiteId("oc3"): 8, SiteId("oc4"): 6}
"""How many of the units work where; all of the city's."""

_EVERYWHERE = frozenset({Role.CLERK, Role.SECURITY_OFFICER, Role.POLICE, Role.AUDITOR, Role.ADMIN, Role.OPERATOR})
"""Roles whose demo user works for all compounds; the others are of oc1."""
_CLERK = Role.CLERK.value
"""Who did what clerks do, and gave their user's name for it."""
_PLAYED = (Role.GUARD, Role.OPERATOR, Role.SECURITY_OFFICER, Role.ADMIN)
"""What the simulators' user may do: stand at gates, look after alarms, point cameras at clips."""


@dataclass(frozen=True, slots=True)
class DemoUser:
    """What one needs to sign in as one of the roles."""

    password: str
    token: str


@dataclass(frozen=True, slots=True)
class Filled:
    """What only this moment knows: passwords and tokens in clear; the store keeps digests."""

    city: City
    housing: Housing
    pin: MadePin
    users: Mapping[Role, DemoUser]
    simulators: DemoUser


def is_empty(store: Store) -> bool:
    """Whether nobody has put a compound or a user into the registry yet."""
    with store.read() as session:
        return all(session.scalars(select(key).limit(1)).first() is None for key in (Site.id, UserRow.id))


def redraw(compounds: Sequence[Compound], filled_at: Instant) -> City:
    """The city as it was put into the registry at that moment, but for the ids of people: who may turn up, and with what."""
    units = _units_of([UnitId(UUID(int=number)) for number in range(len(UNITS))])
    return draw_city(SEED, compounds, units, now=filled_at, local=filled_at.astimezone(ZoneInfo(TIMEZONE)))


def fill_registry(work: Work, folder: DataFolder, compounds: Sequence[Compound], begin: Begin) -> Filled:
    """Put the whole city into an empty registry."""
    session, now = work.session, work.now
    begin("compounds and devices")
    for compound in compounds:
        build(session, compound, folder.key("device"), now)
    begin("drawing the people")
    units = _units_of([UnitId(add_unit(session, name_zh=unit.zh, name_en=unit.en).id) for unit in UNITS])
    local = now.astimezone(ZoneInfo(TIMEZONE))
    city = draw_city(SEED, compounds, units, now=now, local=local)
    begin("people")
    homes = [compound.id for compound in compounds if compound.use is Use.HOMES]
    twice = list(draw_twice(SEED, city.households, homes))
    people = [*city.people, *(one.person for (one,) in twice)]
    register_people(session, IdentityKeys(folder.key("identity")), people, now=now)
    everyone = [unit for at_site in units.values() for unit in at_site]
    add_answers(session, draw_answers(SEED, city, everyone, local.date()))
    for person, rights in city.rights.items():
        write_rights(session, person, rights)
    add_many(session, draw_roles(SEED, [*city.households, *twice], local.date()), list(members(city.households)))
    begin("rooms and tenancies")
    housing = draw_housing(SEED, compounds, city.households, local.date())
    renting = draw_renting(SEED, housing, city.households, city.cards, now=now, zone=ZoneInfo(TIMEZONE))
    rooms = [replace(room, risk=renting.risks.get(room.id)) for room in housing.rooms]
    add_housing(session, housing.buildings, rooms, housing.tenancies)
    add_files(session, renting.files, by=_CLERK)
    add_checks(session, renting.checks, by=_CLERK)
    add_projects(session, renting.projects, renting.workers, now=now)
    add_levels(session, draw_levels(compounds, local.date()))
    begin("permits")
    examples = city.examples
    untouched = {examples.plate_valid, examples.plate_last_year, examples.plate_unknown, examples.plate_denied}
    permits = draw_permits(SEED, city.permits, local.year, untouched=untouched)
    ahead = draw_next_year(SEED, permits, local.year, untouched=untouched)
    issue_permits(session, [*permits, *ahead], now=now)
    all_units = sorted({unit for those in units.values() for unit in those}, key=str)
    settled = {each.plate for each in ahead}
    to_apply = [each for each in permits if each.plate not in settled]
    applying = draw_applying(SEED, to_apply, all_units, local.date())
    add_batches(session, applying.batches, by=_CLERK, now=now)
    add_applications(session, applying.applications, unit_officer=Role.UNIT_OFFICER.value, clerk=_CLERK, now=now)
    prepare(session, local.year + 1, by=Role.SECURITY_OFFICER.value, now=now)
    _move_days(session, compounds, local.date(), now)
    begin("cards and passes")
    issue_cards(session, renting.cards, now=now)
    issue_qr_passes(session, city.passes, now=now)
    pin = issue_pin(session, _pin_of(city, now), key=digest_key(folder.key("device")), by=BY, now=now)
    for denial in city.denials:
        deny(session, denial, by=BY, now=now)
    begin("users")
    users = {role: _add_user(session, role.value, {_grant(role, unit=units[FIRST][0])}, now) for role in Role}
    return Filled(
        city, housing, pin, users, _add_user(session, "simulators", {Grant(role, None) for role in _PLAYED}, now)
    )


def _pin_of(city: City, now: Instant) -> NewPin:
    begins, ends = now - timedelta(days=1), now + timedelta(days=365)
    return NewPin(holder=city.typist, valid_from=begins, valid_until=ends, sites=frozenset({FIRST}))


def _move_days(session: Session, compounds: Sequence[Compound], today: date, now: Instant) -> None:
    """Let the offices work and rest on other days than the public calendar says."""
    offices = [compound.id for compound in compounds if compound.use is Use.OFFICES]
    for site in offices:
        for each in moved_days(today):
            set_day(
                session, site, each.day, each.kind, name_zh=each.zh, name_en=each.en, within=offices, by=_CLERK, now=now
            )


def _grant(role: Role, *, unit: UnitId) -> Grant:
    """What the user of a role is given; `unit`: whose officer one of them is."""
    site = None if role in _EVERYWHERE else FIRST
    return Grant(role, site, unit=unit if role is Role.UNIT_OFFICER else None)


def _units_of(units: Sequence[UnitId]) -> dict[SiteId, Sequence[UnitId]]:
    left = iter(units)
    return {site: tuple(islice(left, count)) for site, count in _UNITS_OF.items()}


def _add_user(session: Session, name: str, grants: set[Grant], now: Instant) -> DemoUser:
    password = secrets.token_urlsafe(12)
    add_user(session, name=name, password=password, grants=grants, now=now, actor=BY)
    return DemoUser(password, add_token(session, name=f"demo {name}", grants=grants, owner=name, now=now, actor=BY))
