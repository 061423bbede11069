"""Reading cards, QR passes and PINs as gates know them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access.facts import CredentialFacts, CredentialKind, Holder
from registry.access.grounds import grounds
from registry.access.rows import chosen, levels_of, replacements, sites_of
from registry.clock import Instant
from registry.ids import GateId, PersonId, SiteId
from registry.passes.models import (
    Card,
    CardGate,
    CardLevel,
    CardSite,
    Pin,
    PinLevel,
    PinSite,
    QrPass,
    QrPassLevel,
    QrPassSite,
)
from registry.passes.rules import pass_number


def cards(
    session: Session,
    timezones: Mapping[SiteId, str],
    holders: Mapping[PersonId, Holder],
    only: Collection[UUID] | None,
) -> Iterator[CredentialFacts]:
    sites = sites_of(session, CardSite.card_id, CardSite.site, only)
    rest = grounds(session, Card, timezones, only)
    levels = levels_of(session, CardLevel.card_id, CardLevel.level_id, only)
    replaced = replacements(session, Card, [Card.number], str)
    gates: dict[UUID, set[GateId]] = defaultdict(set)
    for card, gate in session.execute(chosen(select(CardGate.card_id, CardGate.gate), CardGate.card_id, only)):
        gates[card].add(gate)
    moments: dict[Instant, Instant] = {}
    row = Card
    columns = select(row.id, row.person_id, row.number, row.status, row.valid_from, row.valid_until, row.all_gates)
    rows = session.execute(chosen(columns, row.id, only))
    for id_, person, number, status, valid_from, valid_until, all_gates in rows:
        yield CredentialFacts(
            id=id_,
            kind=CredentialKind.CARD,
            key=number,
            holder=holders.get(person),
            sites=sites.get(id_, frozenset()),
            gates=None if all_gates else frozenset(gates[id_]),
            status=status,
            # Many are issued together: equal moments are one object.
            valid_from=moments.setdefault(valid_from, valid_from),
            valid_until=moments.setdefault(valid_until, valid_until),
            permit_year=None,
            rests_on=rest.get(id_),
            levels=levels.get(id_, ()),
            replaced_by=replaced.get(id_),
        )


def qr_passes(
    session: Session,
    timezones: Mapping[SiteId, str],
    holders: Mapping[PersonId, Holder],
    only: Collection[UUID] | None,
) -> Iterator[CredentialFacts]:
    sites = sites_of(session, QrPassSite.pass_id, QrPassSite.site, only)
    rest = grounds(session, QrPass, timezones, only)
    levels = levels_of(session, QrPassLevel.pass_id, QrPassLevel.level_id, only)
    replaced = replacements(session, QrPass, [QrPass.id], pass_number)
    row = QrPass
    columns = select(row.id, row.person_id, row.status, row.valid_from, row.valid_until, row.entries_allowed)
    rows = session.execute(chosen(columns, row.id, only))
    for id_, person, status, valid_from, valid_until, entries_allowed in rows:
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
            rests_on=rest.get(id_),
            levels=levels.get(id_, ()),
            entries_allowed=entries_allowed,
            replaced_by=replaced.get(id_),
        )


def pins(
    session: Session,
    timezones: Mapping[SiteId, str],
    holders: Mapping[PersonId, Holder],
    only: Collection[UUID] | None,
) -> Iterator[CredentialFacts]:
    sites = sites_of(session, PinSite.pin_id, PinSite.site, only)
    rest = grounds(session, Pin, timezones, only)
    levels = levels_of(session, PinLevel.pin_id, PinLevel.level_id, only)
    replaced = replacements(session, Pin, [Pin.id], pass_number)
    row = Pin
    columns = select(
        row.id, row.person_id, row.status, row.valid_from, row.valid_until, row.number_index, row.duress_index
    )
    rows = session.execute(chosen(columns, row.id, only))
    for id_, person, status, valid_from, valid_until, number, duress in rows:
        yield CredentialFacts(
            id=id_,
            kind=CredentialKind.PIN,
            key=number.hex(),
            holder=holders.get(person),
            sites=sites.get(id_, frozenset()),
            gates=None,
            status=status,
            valid_from=valid_from,
            valid_until=valid_until,
            permit_year=None,
            rests_on=rest.get(id_),
            levels=levels.get(id_, ()),
            replaced_by=replaced.get(id_),
            duress_key=duress.hex(),
        )
