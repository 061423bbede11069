"""Handing the gateways their facts: all of them once, then what changed.

Versions are read before the rows. Rows may then be newer than the versions say, and are read again with the next
changes; they are never older.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from registry.access.facts import (
    AccessChanges,
    AccessFacts,
    AreaFacts,
    CredentialFacts,
    CredentialKind,
    DenyEntry,
    GateFacts,
    Holder,
    LaneFacts,
)
from registry.clock import Instant
from registry.denylist.models import DeniedKey, DeniedSite
from registry.feed.changes import ChangeKind
from registry.feed.service import changes_after, versions
from registry.ids import AreaId, CredentialId, GateId, LaneId, PersonId, SiteId
from registry.passes.models import Card, CardGate, CardSite, QrPass, QrPassSite
from registry.people.models import Person
from registry.permits.models import PermitSite, VehiclePermit
from registry.permits.rules import permit_number, permit_period
from registry.sites.models import Area, Gate, Lane, Site
from registry.units.models import Unit

MOST_CHANGES = 2000
"""With more changed credentials than this, reading all anew is the shorter way."""
_STRUCTURE = frozenset({ChangeKind.SITE, ChangeKind.GATE, ChangeKind.MANY})


def load_access(session: Session) -> AccessFacts:
    """Read everything that the gates of all sites need."""
    at = versions(session)
    timezones = _timezones(session)
    return AccessFacts(
        versions=at,
        timezones=timezones,
        gates=_gates(session),
        areas=_areas(session),
        credentials=tuple(_credentials(session, timezones, None)),
        denied=tuple(_denied(session, None)),
    )


def access_changes(session: Session, since: Mapping[SiteId, int]) -> AccessChanges:
    """Read what became different at the sites since these versions."""
    at = versions(session)
    changes = changes_after(session, since)
    keys: dict[ChangeKind, set[str]] = defaultdict(set)
    for change in changes:
        keys[change.kind].add(change.key)
    people = {UUID(key) for key in keys[ChangeKind.PERSON]}
    changed: dict[ChangeKind, set[UUID]] = {
        kind: {UUID(key) for key in keys[kind]} for kind in (ChangeKind.PERMIT, ChangeKind.CARD, ChangeKind.QR)
    }
    for kind, row in ((ChangeKind.PERMIT, VehiclePermit), (ChangeKind.CARD, Card), (ChangeKind.QR, QrPass)):
        if people:
            changed[kind] |= set(session.scalars(select(row.id).where(row.person_id.in_(people))))
    count = sum(len(ids) for ids in changed.values())
    if at.keys() != since.keys() or not _STRUCTURE.isdisjoint(keys) or count > MOST_CHANGES:
        return AccessChanges(
            versions=at,
            credentials=(),
            removed_credentials=frozenset(),
            denied=(),
            removed_denied=frozenset(),
            structure_changed=True,
        )
    credentials = tuple(_credentials(session, _timezones(session), changed)) if count else ()
    denials = {UUID(key) for key in keys[ChangeKind.DENY]}
    denied = tuple(_denied(session, denials)) if denials else ()
    return AccessChanges(
        versions=at,
        credentials=credentials,
        removed_credentials=frozenset(
            CredentialId(each)
            for each in set[UUID]().union(*changed.values()) - {credential.id for credential in credentials}
        ),
        denied=denied,
        removed_denied=frozenset(denials - {entry.id for entry in denied}),
        structure_changed=False,
    )


def _timezones(session: Session) -> dict[SiteId, str]:
    return dict(session.execute(select(Site.id, Site.timezone)).all())


def _gates(session: Session) -> dict[GateId, GateFacts]:
    lanes: dict[GateId, list[LaneFacts]] = defaultdict(list)
    for lane in session.execute(
        select(Lane.id, Lane.gate, Lane.direction, Lane.from_area, Lane.to_area, Lane.manned).order_by(Lane.position)
    ):
        lanes[lane.gate].append(
            LaneFacts(
                id=LaneId(lane.id),
                direction=lane.direction,
                from_area=lane.from_area,
                to_area=lane.to_area,
                manned=lane.manned,
            )
        )
    gates = session.execute(select(Gate.id, Gate.site, Gate.name_zh, Gate.name_en))
    return {
        gate.id: GateFacts(
            id=gate.id, site=gate.site, name_zh=gate.name_zh, name_en=gate.name_en, lanes=tuple(lanes[gate.id])
        )
        for gate in gates
        if lanes[gate.id]
    }


def _areas(session: Session) -> dict[AreaId, AreaFacts]:
    rows = session.execute(select(Area.id, Area.site, Area.passback_people, Area.passback_vehicles))
    return {
        area.id: AreaFacts(
            id=area.id,
            site=area.site,
            passback_people=area.passback_people,
            passback_vehicles=area.passback_vehicles,
        )
        for area in rows
    }


def _credentials(
    session: Session, timezones: Mapping[SiteId, str], only: Mapping[ChangeKind, Collection[UUID]] | None
) -> Iterator[CredentialFacts]:
    """Permits, cards and QR passes, all or these; one statement for each table, whatever their number."""
    permits, cards, passes = (
        None if only is None else only[kind] for kind in (ChangeKind.PERMIT, ChangeKind.CARD, ChangeKind.QR)
    )
    holders = _holders(session, {ChangeKind.PERMIT: permits, ChangeKind.CARD: cards, ChangeKind.QR: passes})
    yield from _permits(session, timezones, holders, permits)
    yield from _cards(session, holders, cards)
    yield from _qr_passes(session, holders, passes)


def _holders(session: Session, only: Mapping[ChangeKind, Collection[UUID] | None]) -> dict[PersonId, Holder]:
    rows = select(Person.id, Person.name, Person.photo, Unit.name_zh, Unit.name_en).outerjoin(
        Unit, Unit.id == Person.unit_id
    )
    tables: dict[ChangeKind, type[VehiclePermit | Card | QrPass]] = {
        ChangeKind.PERMIT: VehiclePermit,
        ChangeKind.CARD: Card,
        ChangeKind.QR: QrPass,
    }
    some = [
        select(tables[kind].person_id).where(tables[kind].id.in_(ids)) for kind, ids in only.items() if ids is not None
    ]
    if some:
        rows = rows.where(Person.id.in_(some[0].union(*some[1:])))
    return {
        id_: Holder(id=id_, name=name, unit_zh=name_zh, unit_en=name_en, photo=photo)
        for id_, name, photo, name_zh, name_en in session.execute(rows)
    }


def _permits(
    session: Session,
    timezones: Mapping[SiteId, str],
    holders: Mapping[PersonId, Holder],
    only: Collection[UUID] | None,
) -> Iterator[CredentialFacts]:
    sites = _sites_of(session, PermitSite.permit_id, PermitSite.site, only)
    periods: dict[tuple[int, str], tuple[Instant, Instant]] = {}
    row = VehiclePermit
    rows = _chosen(select(row.id, row.person_id, row.plate, row.status, row.year, row.serial), row.id, only)
    for id_, person, plate, status, year, serial in session.execute(rows):
        opens = sites.get(id_, frozenset())
        zone = timezones[min(opens)] if opens else "UTC"
        period = periods.get((year, zone)) or periods.setdefault((year, zone), permit_period(year, zone))
        yield CredentialFacts(
            id=id_,
            kind=CredentialKind.PLATE,
            key=plate,
            holder=holders.get(person),
            sites=opens,
            gates=None,
            status=status,
            valid_from=period[0],
            valid_until=period[1],
            permit_year=year,
            permit_number=permit_number(year, serial),
        )


def _cards(
    session: Session, holders: Mapping[PersonId, Holder], only: Collection[UUID] | None
) -> Iterator[CredentialFacts]:
    sites = _sites_of(session, CardSite.card_id, CardSite.site, only)
    gates: dict[UUID, set[GateId]] = defaultdict(set)
    for card, gate in session.execute(_chosen(select(CardGate.card_id, CardGate.gate), CardGate.card_id, only)):
        gates[card].add(gate)
    row = Card
    columns = select(row.id, row.person_id, row.number, row.status, row.valid_from, row.valid_until, row.all_gates)
    rows = session.execute(_chosen(columns, row.id, only))
    for id_, person, number, status, valid_from, valid_until, all_gates in rows:
        yield CredentialFacts(
            id=id_,
            kind=CredentialKind.CARD,
            key=number,
            holder=holders.get(person),
            sites=sites.get(id_, frozenset()),
            gates=None if all_gates else frozenset(gates[id_]),
            status=status,
            valid_from=valid_from,
            valid_until=valid_until,
            permit_year=None,
        )


def _qr_passes(
    session: Session, holders: Mapping[PersonId, Holder], only: Collection[UUID] | None
) -> Iterator[CredentialFacts]:
    sites = _sites_of(session, QrPassSite.pass_id, QrPassSite.site, only)
    row = QrPass
    rows = _chosen(select(row.id, row.person_id, row.status, row.valid_from, row.valid_until), row.id, only)
    for id_, person, status, valid_from, valid_until in session.execute(rows):
        yield CredentialFacts(
            id=id_,
            kind=CredentialKind.QR,
            key=str(id_),
            holder=holders.get(person),
            sites=sites.get(id_, frozenset()),
            gates=None,
            status=status,
            valid_from=valid_from,
            valid_until=valid_until,
            permit_year=None,
        )


def _denied(session: Session, only: Collection[UUID] | None) -> Iterator[DenyEntry]:
    sites = _sites_of(session, DeniedSite.denied_id, DeniedSite.site, only)
    row = DeniedKey
    columns = select(row.id, row.kind, row.key, row.everywhere, row.words, row.valid_until)
    columns = columns.where(row.taken_off_at.is_(None))
    for id_, kind, key, everywhere, words, valid_until in session.execute(_chosen(columns, row.id, only)):
        yield DenyEntry(
            id=id_,
            sites=None if everywhere else sites.get(id_, frozenset()),
            kind=CredentialKind(kind),
            key=key,
            words=words,
            valid_until=valid_until,
        )


def _sites_of(
    session: Session,
    owner: InstrumentedAttribute[UUID] | InstrumentedAttribute[CredentialId],
    site: InstrumentedAttribute[SiteId],
    only: Collection[UUID] | None,
) -> dict[UUID, frozenset[SiteId]]:
    """Which sites each row names; equal sets are one object, for there are thousands of rows and few sets."""
    found: dict[UUID, frozenset[SiteId]] = {}
    known: dict[frozenset[SiteId], frozenset[SiteId]] = {}
    for id_, name in session.execute(_chosen(select(owner, site), owner, only)):
        opens = found.get(id_, frozenset()) | {name}
        found[id_] = known.setdefault(opens, opens)
    return found


def _chosen(rows: Select, column: InstrumentedAttribute[UUID], only: Collection[UUID] | None) -> Select:  # type: ignore[type-arg]
    return rows if only is None else rows.where(column.in_(only))
