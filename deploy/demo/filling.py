"""Filling an empty store with the fictional city: the same services that a clerk's page calls."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from deploy.demo import compounds
from deploy.demo.city import City, draw_city
from deploy.demo.names import UNITS
from deploy.folder import DataFolder
from registry.access.facts import Passback
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.auth.service import add_token, add_user
from registry.clock import Instant
from registry.denylist.models import DenyKind
from registry.denylist.service import NewDenial, deny
from registry.devices.facts import Place, ZoneFacts, ZoneKind, ZoneMember
from registry.devices.service import NewDevice, add_device
from registry.ids import AreaId, DeviceAddress, GateId, LaneId, SiteId, ZoneId
from registry.passes.service import issue_cards, issue_qr_pass
from registry.people.identity import IdentityKeys
from registry.people.service import register_people
from registry.permits.service import issue_permits
from registry.sites.models import Site
from registry.sites.service import NewLane, add_area, add_gate, add_site
from registry.store import Store, Work
from registry.units.service import add_unit
from registry.zones.service import add_zone

FIRST, SECOND = SiteId("oc1"), SiteId("oc2")
SEED = 20
_BY = "demo"
TIMEZONE = "Asia/Shanghai"

_EVERYWHERE = frozenset({Role.CLERK, Role.SECURITY_OFFICER, Role.POLICE, Role.AUDITOR, Role.ADMIN, Role.OPERATOR})
"""Roles whose demo user works for all compounds; the others are of oc1."""


@dataclass(frozen=True, slots=True)
class DemoUser:
    """What one needs to sign in as one of the roles."""

    password: str
    token: str


@dataclass(frozen=True, slots=True)
class Filled:
    """What only this moment knows: passwords and tokens in clear; the store keeps digests."""

    city: City
    users: Mapping[Role, DemoUser]


def is_empty(store: Store) -> bool:
    """Whether nobody has put a compound into the registry yet."""
    with store.read() as session:
        return session.scalars(select(Site.id).limit(1)).first() is None


def fill_registry(work: Work, folder: DataFolder) -> Filled:
    """Put the whole city into an empty registry, in one transaction."""
    session, now = work.session, work.now
    _add_first_compound(session, folder.key("device"), now)
    _add_second_compound(session, folder.key("device"), now)
    units = [add_unit(session, name_zh=unit.zh, name_en=unit.en).id for unit in UNITS]
    city = draw_city(
        SEED,
        site=FIRST,
        other_site=SECOND,
        south=GateId("oc1-south"),
        units=units,
        now=now,
        local=now.astimezone(ZoneInfo(TIMEZONE)),
    )
    register_people(session, IdentityKeys(folder.key("identity")), city.people, now=now)
    issue_permits(session, city.permits, now=now)
    issue_cards(session, city.cards, now=now)
    issue_qr_pass(session, city.examples.qr, by=_BY, now=now)
    words = "套牌车，拦下并报保卫科"
    deny(
        session,
        NewDenial(kind=DenyKind.PLATE, key=city.examples.plate_denied, sites=None, words=words),
        by=_BY,
        now=now,
    )
    return Filled(city, {role: _add_demo_user(session, role, now) for role in Role})


def _add_demo_user(session: Session, role: Role, now: Instant) -> DemoUser:
    grants = {Grant(role, None if role in _EVERYWHERE else FIRST)}
    password = secrets.token_urlsafe(12)
    add_user(session, name=role.value, password=password, grants=grants, now=now, actor=_BY)
    return DemoUser(
        password, add_token(session, name=f"demo {role}", grants=grants, owner=role.value, now=now, actor=_BY)
    )


def _add_first_compound(session: Session, key: bytes, now: Instant) -> None:
    add_site(
        session,
        site_id=FIRST,
        name_zh="市政府第一办公大院",
        name_en="First Office Compound",
        timezone=TIMEZONE,
        outline=compounds.OUTLINE,
        buildings=compounds.BUILDINGS,
    )
    inside, outside = AreaId("oc1-inside"), AreaId("oc1-outside")
    add_area(session, area_id=outside, site=FIRST, name_zh="院外", name_en="Outside")
    add_area(
        session,
        area_id=inside,
        site=FIRST,
        name_zh="院内",
        name_en="Inside",
        passback_people=Passback.HARD,
        passback_vehicles=Passback.SOFT,
    )
    for gate in compounds.GATES:
        place = Place(x=gate.x, y=gate.y)
        lane = NewLane(id=LaneId(f"{gate.name}-1"), from_area=outside, to_area=inside)
        add_gate(
            session, gate_id=GateId(gate.name), site=FIRST, name_zh=gate.zh, name_en=gate.en, lanes=[lane], place=place
        )
        _add_device(session, key, "gate", gate, now)
    for segment in compounds.SEGMENTS:
        beam = compounds.Spot(segment.side, f"{segment.zh}红外对射", f"{segment.en}, beam", segment.x, segment.y)
        shift = 0.025 if segment.side.startswith(("north", "south")) else 0.0
        camera = compounds.Spot(
            segment.side, f"{segment.zh}摄像机", f"{segment.en}, camera", segment.x + shift, segment.y + 0.03 - shift
        )
        members = (
            ZoneMember(device=_add_device(session, key, "beam", beam, now), region=None),
            ZoneMember(device=_add_device(session, key, "camera", camera, now), region=None),
        )
        _add_zone(session, FIRST, segment, members, now)
    for spot in compounds.OTHER_CAMERAS:
        _add_device(session, key, "camera", spot, now)
    for spot in (
        compounds.Spot("phones", "巡更手机", "Patrol phones", 0.45, 0.14),
        compounds.Spot("wand-01", "一号巡更棒", "Patrol wand 1", 0.55, 0.14),
    ):
        _add_device(session, key, "patrol", spot, now)


def _add_second_compound(session: Session, key: bytes, now: Instant) -> None:
    outline = compounds.OUTLINE
    add_site(
        session,
        site_id=SECOND,
        name_zh="市政府第二办公大院",
        name_en="Second Office Compound",
        timezone=TIMEZONE,
        outline=outline,
    )
    segment = compounds.SECOND_SEGMENT
    spot = compounds.Spot(segment.side, f"{segment.zh}红外对射", f"{segment.en}, beam", segment.x, segment.y)
    beam = _add_device(session, key, "beam", spot, now, site=SECOND)
    spot = compounds.Spot(segment.side, f"{segment.zh}摄像机", f"{segment.en}, camera", segment.x, segment.y + 0.03)
    camera = _add_device(session, key, "camera", spot, now, site=SECOND)
    members = (ZoneMember(device=beam, region=None), ZoneMember(device=camera, region=None))
    _add_zone(session, SECOND, segment, members, now)


def _add_device(
    session: Session, key: bytes, kind: str, spot: compounds.Spot, now: Instant, *, site: SiteId = FIRST
) -> DeviceAddress:
    address = DeviceAddress(site, kind, spot.name)
    device = NewDevice(address=address, name_zh=spot.zh, name_en=spot.en, place=Place(x=spot.x, y=spot.y))
    add_device(session, key, device, by=_BY, now=now)
    return address


def _add_zone(
    session: Session, site: SiteId, segment: compounds.Segment, members: tuple[ZoneMember, ...], now: Instant
) -> None:
    zone = ZoneFacts(
        id=ZoneId(segment.zone),
        site=site,
        name_zh=segment.zh,
        name_en=segment.en,
        kind=ZoneKind.PERIMETER,
        armed=True,
        members=members,
        outline=segment.outline,
    )
    add_zone(session, zone, by=_BY, now=now)
