"""Handing the gateways their facts: all of them once, then what changed.

Versions are read before the rows. Rows may then be newer than the versions say, and are read again with the next
changes; they are never older.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access.facts import (
    NO_RIGHTS,
    AccessChanges,
    AccessFacts,
    CredentialKind,
    DenyEntry,
    GateRights,
)
from registry.access.passes import cards, pins, qr_passes
from registry.access.permits import permits
from registry.access.roll import Holders, Line, Roll
from registry.access.rows import chosen, each, number, sites_of
from registry.access.structure import areas, gates, timezones
from registry.calendar.queries import calendars
from registry.credentials.columns import CredentialColumns
from registry.denylist.models import DeniedKey, DeniedSite
from registry.feed.changes import ChangeKind
from registry.feed.service import changes_after, versions
from registry.ids import CredentialId, SiteId
from registry.levels.queries import all_level_facts
from registry.passes.models import Card, Pin, QrPass
from registry.people.models import GateRights as RightsRow
from registry.people.models import Person
from registry.permits.models import VehiclePermit
from registry.units.models import Unit

MOST_CHANGES = 2000
"""With more changed credentials than this, reading all anew is the shorter way."""
_TABLES: Mapping[ChangeKind, type[CredentialColumns]] = {
    ChangeKind.PERMIT: VehiclePermit,
    ChangeKind.CARD: Card,
    ChangeKind.QR: QrPass,
    ChangeKind.PIN: Pin,
}
"""Of each kind of credential that a gate decides on."""
_STRUCTURE = frozenset({ChangeKind.SITE, ChangeKind.GATE, ChangeKind.MANY})


def load_access(session: Session) -> AccessFacts:
    """Read everything that the gates of all sites need."""
    at = versions(session)
    zones = timezones(session)
    return AccessFacts(
        versions=at,
        timezones=zones,
        gates=gates(session),
        areas=areas(session),
        credentials=_roll(session, zones, None),
        denied=tuple(_denied(session, None)),
        levels=all_level_facts(session),
        calendars=calendars(session, zones),
    )


def access_changes(session: Session, since: Mapping[SiteId, int]) -> AccessChanges:
    """Read what became different at the sites since these versions."""
    at = versions(session)
    changes = changes_after(session, since)
    keys: dict[ChangeKind, set[str]] = defaultdict(set)
    for change in changes:
        keys[change.kind].add(change.key)
    people = {UUID(key) for key in keys[ChangeKind.PERSON]}
    changed: dict[ChangeKind, set[UUID]] = {kind: {UUID(key) for key in keys[kind]} for kind in _TABLES}
    for kind, row in _TABLES.items():
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
    credentials = tuple(_roll(session, timezones(session), changed)) if count else ()
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
        levels=all_level_facts(session) if keys[ChangeKind.LEVEL] else None,
        calendars=calendars(session, at) if keys[ChangeKind.CALENDAR] else None,
    )


def _roll(
    session: Session, timezones: Mapping[SiteId, str], only: Mapping[ChangeKind, Collection[UUID]] | None
) -> Roll:
    """All credentials or these."""
    changed = dict.fromkeys(_TABLES) if only is None else only
    return Roll(_lines(session, timezones, changed), _holders(session, changed))


def _lines(
    session: Session, timezones: Mapping[SiteId, str], changed: Mapping[ChangeKind, Collection[UUID] | None]
) -> Iterator[Line]:
    """One statement for each table, whatever their number."""
    yield from permits(session, timezones, changed[ChangeKind.PERMIT])
    yield from cards(session, timezones, changed[ChangeKind.CARD])
    yield from qr_passes(session, timezones, changed[ChangeKind.QR])
    yield from pins(session, timezones, changed[ChangeKind.PIN])


def _holders(session: Session, only: Mapping[ChangeKind, Collection[UUID] | None]) -> Holders:
    some = [select(_TABLES[kind].person_id).where(_TABLES[kind].id.in_(ids)) for kind, ids in only.items() if ids]
    rows = select(number(Person.id), Person.name, Person.photo, Unit.name_zh, Unit.name_en)
    rows = rows.outerjoin(Unit, Unit.id == Person.unit_id)
    rights = select(RightsRow)
    holders = Holders()
    if None not in only.values():
        if not some:
            return holders
        these = some[0].union(*some[1:])
        rows, rights = rows.where(Person.id.in_(these)), rights.where(RightsRow.person_id.in_(these))
    rights_of = {
        row.person_id.int: GateRights(
            clearance=row.clearance,
            first_person=row.first_person,
            may_escort=row.may_escort,
            needs_escort=row.needs_escort,
        )
        for row in session.scalars(rights)
    }
    for id_, name, photo, name_zh, name_en in each(session, rows):
        holders.add(id_, name, (name_zh, name_en), photo, rights_of.get(id_, NO_RIGHTS))
    return holders


def _denied(session: Session, only: Collection[UUID] | None) -> Iterator[DenyEntry]:
    sites = sites_of(session, DeniedSite.denied_id, DeniedSite.site, only)
    row = DeniedKey
    columns = select(row.id, row.kind, row.key, row.everywhere, row.words, row.valid_until)
    columns = columns.where(row.taken_off_at.is_(None))
    for id_, kind, key, everywhere, words, valid_until in session.execute(chosen(columns, row.id, only)):
        yield DenyEntry(
            id=id_,
            sites=None if everywhere else sites.get(id_.int, frozenset()),
            kind=CredentialKind(kind),
            key=key,
            words=words,
            valid_until=valid_until,
        )
