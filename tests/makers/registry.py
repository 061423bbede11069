"""Compounds, people, credentials and devices of tests. Each maker makes what it needs and is not given.

They write rows and changes of the feed, as the services do, but no audit: a test's store may be without its key.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access.facts import CredentialStatus, Direction, Passback
from registry.clock import Instant
from registry.denylist.models import DeniedKey, DeniedSite, DenyKind
from registry.devices.facts import Place, RegionFacts, ZoneKind
from registry.devices.models import Device
from registry.devices.secrets import device_secret, hash_secret
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change, record_change_everywhere
from registry.ids import (
    AreaId,
    CredentialId,
    DeviceAddress,
    GateId,
    LaneId,
    PersonId,
    ProjectId,
    SiteId,
    TenancyId,
    UnitId,
    ZoneId,
    new_id,
)
from registry.keyring import Keyring
from registry.messages.topics import DeviceClass
from registry.passes.models import Card, CardFormat, CardGate, CardSite, QrPass, QrPassSite
from registry.passes.rules import parse_card_number
from registry.people.identity import IdentityKeys
from registry.people.models import Person, PersonKind
from registry.people.search import keep_tokens
from registry.permits.models import PermitClass, PermitSite, VehiclePermit
from registry.permits.queries import last_serial
from registry.plates.grammar import Plate, parse_plate
from registry.qr.passes import load_key, new_signing_key
from registry.sites.models import Area, Gate, Site
from registry.sites.service import NewLane, add_area, add_gate, add_site
from registry.units.models import Unit
from registry.zones.models import Zone, ZoneMemberRow
from tests.fakes.clock import NOON

OC1 = SiteId("oc1")
DEVICE_KEY = bytes(range(32))
"""The key from which the makers' device secrets are derived: `device_secret(DEVICE_KEY, address, 1)`."""
IDENTITY = IdentityKeys(bytes(range(32, 64)))
_numbers = count(1)


def a_keyring() -> Keyring:
    """The keys that `deploy` gives the registry's routes as `Parts.rooms["registry"]`."""
    return Keyring(identity=IDENTITY, device_key=DEVICE_KEY, pass_key=load_key(new_signing_key()))


def a_site(
    session: Session,
    site: str = OC1,
    *,
    name_zh: str = "一号院",
    name_en: str = "Compound One",
    passback_people: Passback = Passback.OFF,
    passback_vehicles: Passback = Passback.OFF,
) -> Site:
    """A compound with two areas, `<site>-outside` (never passback) and `<site>-inside`; the one of this name if it is there."""
    known = session.get(Site, site)
    if known is not None:
        return known
    row = add_site(session, site_id=SiteId(site), name_zh=name_zh, name_en=name_en)
    add_area(session, area_id=AreaId(f"{site}-outside"), site=row.id, name_zh="院外", name_en="Outside")
    add_area(
        session,
        area_id=AreaId(f"{site}-inside"),
        site=row.id,
        name_zh="院内",
        name_en="Inside",
        passback_people=passback_people,
        passback_vehicles=passback_vehicles,
    )
    return row


def an_area(
    session: Session,
    area: str,
    *,
    site: str = OC1,
    passback_people: Passback = Passback.OFF,
    passback_vehicles: Passback = Passback.OFF,
) -> Area:
    """One more area of a compound."""
    return add_area(
        session,
        area_id=AreaId(area),
        site=a_site(session, site).id,
        name_zh=area,
        name_en=area,
        passback_people=passback_people,
        passback_vehicles=passback_vehicles,
    )


def a_gate(
    session: Session,
    gate: str = "oc1-north",
    *,
    site: str = OC1,
    manned: bool = True,
    direction: Direction | None = None,
    lanes: Sequence[NewLane] = (),
) -> Gate:
    """A gate; unless lanes are given it has one, `<gate>-1`, from outside to inside."""
    at = a_site(session, site).id
    lane = NewLane(
        id=LaneId(f"{gate}-1"),
        direction=direction,
        from_area=AreaId(f"{site}-outside"),
        to_area=AreaId(f"{site}-inside"),
        manned=manned,
    )
    return add_gate(
        session,
        gate_id=GateId(gate),
        site=at,
        name_zh="北门",
        name_en="North gate",
        lanes=lanes or [lane],
        place=Place(x=0.5, y=0.1),
    )


def a_unit(session: Session, *, name_zh: str = "档案局", name_en: str = "Archives Office") -> Unit:
    """An office; the one of this name if it is there."""
    known = session.scalars(select(Unit).where(Unit.name_zh == name_zh)).one_or_none()
    if known is not None:
        return known
    unit = Unit(id=UnitId(new_id()), name_zh=name_zh, name_en=name_en)
    session.add(unit)
    session.flush()
    return unit


def a_person(
    session: Session,
    name: str = "王建国",
    *,
    site: str = OC1,
    kind: PersonKind = PersonKind.STAFF,
    unit: Unit | None = None,
    phone: str | None = None,
    photo: UUID | None = None,
    at: Instant = NOON,
) -> Person:
    """Somebody whose file is kept at a compound."""
    person = Person(
        id=PersonId(new_id()),
        site=a_site(session, site).id,
        name=name,
        kind=kind,
        unit_id=None if unit is None else unit.id,
        phone=phone,
        photo=photo,
        created_at=at,
    )
    session.add(person)
    keep_tokens(session, IDENTITY, [person])
    record_change(session, [person.site], ChangeKind.PERSON, str(person.id))
    return person


def a_permit(
    session: Session,
    plate: str = "鄂E12345",
    *,
    year: int = 2026,
    person: Person | None = None,
    sites: Collection[str] = (OC1,),
    permit_class: PermitClass = PermitClass.PRIVATE,
    status: CredentialStatus = CredentialStatus.ACTIVE,
    at: Instant = NOON,
) -> VehiclePermit:
    """A vehicle permit of a calendar year."""
    parsed = parse_plate(plate)
    if not isinstance(parsed, Plate):
        raise TypeError(f"{plate} is no plate")
    names = [a_site(session, site).id for site in sites]
    permit = VehiclePermit(
        id=CredentialId(new_id()),
        person_id=(person or a_person(session, site=names[0])).id,
        status=status,
        status_at=at,
        issued_at=at,
        year=year,
        serial=last_serial(session, year) + 1,
        plate=parsed.text,
        plate_kind=parsed.kind,
        permit_class=permit_class,
        sites=[PermitSite(site=site) for site in names],
    )
    session.add(permit)
    record_change(session, names, ChangeKind.PERMIT, str(permit.id))
    return permit


def a_card(
    session: Session,
    number: str | None = None,
    *,
    person: Person | None = None,
    sites: Collection[str] = (OC1,),
    gates: Collection[str] | None = None,
    valid_from: datetime = NOON - timedelta(days=30),
    valid_until: datetime = NOON + timedelta(days=30),
    revoked: bool = False,
    status: CredentialStatus | None = None,
    tenancy_id: TenancyId | None = None,
    project_id: ProjectId | None = None,
    at: Instant = NOON,
) -> Card:
    """A card, good for a month around the tests' noon; `gates` None: every gate."""
    key = parse_card_number(number or f"04A1{next(_numbers):08d}")
    if key is None:
        raise ValueError(f"{number} is no card number")
    names = [a_site(session, site).id for site in sites]
    card = Card(
        format=CardFormat.UID,
        id=CredentialId(new_id()),
        person_id=(person or a_person(session, site=names[0])).id,
        status=status or (CredentialStatus.REVOKED if revoked else CredentialStatus.ACTIVE),
        status_at=at,
        tenancy_id=tenancy_id,
        project_id=project_id,
        issued_at=at,
        number=key,
        valid_from=valid_from,
        valid_until=valid_until,
        all_gates=gates is None,
        sites=[CardSite(site=site) for site in names],
        gates=[CardGate(gate=GateId(gate)) for gate in gates or ()],
    )
    session.add(card)
    record_change(session, names, ChangeKind.CARD, str(card.id))
    return card


def a_qr_pass(
    session: Session,
    *,
    person: Person | None = None,
    sites: Collection[str] = (OC1,),
    valid_from: datetime = NOON - timedelta(days=1),
    valid_until: datetime = NOON + timedelta(days=1),
    status: CredentialStatus = CredentialStatus.ACTIVE,
    tenancy_id: TenancyId | None = None,
    project_id: ProjectId | None = None,
    at: Instant = NOON,
) -> QrPass:
    """A QR pass, good for a day around the tests' noon; its key at a gate is its id."""
    names = [a_site(session, site).id for site in sites]
    qr_pass = QrPass(
        id=CredentialId(new_id()),
        person_id=(person or a_person(session, site=names[0])).id,
        status=status,
        status_at=at,
        tenancy_id=tenancy_id,
        project_id=project_id,
        issued_at=at,
        valid_from=valid_from,
        valid_until=valid_until,
        sites=[QrPassSite(site=site) for site in names],
    )
    session.add(qr_pass)
    record_change(session, names, ChangeKind.QR, str(qr_pass.id))
    return qr_pass


def a_deny_entry(
    session: Session,
    key: str = "鄂E99999",
    *,
    kind: DenyKind = DenyKind.PLATE,
    sites: Collection[str] | None = (OC1,),
    words: str = "曾冒用他人通行证",
    valid_until: datetime | None = None,
    at: Instant = NOON,
) -> DeniedKey:
    """A line of the deny list; `key` in the form in which a gate looks it up, `sites` None: everywhere."""
    names = [a_site(session, site).id for site in sites or ()]
    line = DeniedKey(
        id=new_id(),
        kind=kind,
        key=key,
        everywhere=sites is None,
        words=words,
        valid_until=valid_until,
        listed_at=at,
        sites=[DeniedSite(site=site) for site in names],
    )
    session.add(line)
    if sites is None:
        record_change_everywhere(session, ChangeKind.DENY, str(line.id))
    else:
        record_change(session, names, ChangeKind.DENY, str(line.id))
    return line


def a_device(
    session: Session,
    address: str = "oc1/beam/north-01",
    *,
    enabled: bool = True,
    source: str | None = None,
    regions: Sequence[RegionFacts] = (),
    foreign_prefixes: Sequence[str] = (),
    place: Place | None = None,
) -> Device:
    """A device with the first generation of its secret."""
    where = DeviceAddress.parse(address)
    device = Device(
        site=a_site(session, where.site).id,
        kind=DeviceClass(where.kind),
        name=where.name,
        name_zh=where.name,
        name_en=where.name,
        enabled=enabled,
        secret_hash=hash_secret(device_secret(DEVICE_KEY, where, 1)),
        secret_generation=1,
        foreign_prefixes=list(foreign_prefixes),
        x=None if place is None else place.x,
        y=None if place is None else place.y,
        source=source,
        regions=[
            {"id": region.id, "polygon": [list(point) for point in region.polygon], "rules": list(region.rules)}
            for region in regions
        ],
    )
    session.add(device)
    record_change(session, [device.site], ChangeKind.DEVICE, address)
    return device


def a_zone(
    session: Session,
    zone: str = "oc1-perimeter-north",
    *,
    kind: ZoneKind = ZoneKind.PERIMETER,
    armed: bool = True,
    members: Sequence[tuple[str, str | None]] = (("oc1/beam/north-01", None), ("oc1/camera/north-01", None)),
    site: str = OC1,
) -> Zone:
    """A zone; its members are (device, region or None), and devices that lack are made."""
    addresses = [(DeviceAddress.parse(device), region) for device, region in members]
    for address, _ in addresses:
        if session.get(Device, (address.site, DeviceClass(address.kind), address.name)) is None:
            a_device(session, str(address))
    row = Zone(
        id=ZoneId(zone),
        site=a_site(session, site).id,
        name_zh="北围墙",
        name_en="North perimeter",
        kind=kind,
        armed=armed,
        outline=[],
        members=[
            ZoneMemberRow(site=address.site, kind=DeviceClass(address.kind), name=address.name, region=region or "")
            for address, region in addresses
        ],
    )
    session.add(row)
    record_change(session, [row.site], ChangeKind.ZONE, row.id)
    return row
