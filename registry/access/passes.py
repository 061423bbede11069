"""Reading cards, QR passes and PINs as gates know them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access.facts import CredentialKind
from registry.access.grounds import grounds
from registry.access.roll import Further, Line, Terms
from registry.access.rows import chosen, each, levels_of, number, replacements, sites_of
from registry.ids import GateId, SiteId
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

_NOWHERE: frozenset[SiteId] = frozenset()


def cards(
    session: Session,
    timezones: Mapping[SiteId, str],
    only: Collection[UUID] | None,
) -> Iterator[Line]:
    sites = sites_of(session, CardSite.card_id, CardSite.site, only)
    rest = grounds(session, Card, timezones, only)
    levels = levels_of(session, CardLevel.card_id, CardLevel.level_id, only)
    replaced = replacements(session, Card, [Card.number], str)
    gates: dict[int, set[GateId]] = defaultdict(set)
    for card, gate in each(session, chosen(select(number(CardGate.card_id), CardGate.gate), CardGate.card_id, only)):
        gates[card].add(gate)
    row = Card
    columns = select(
        number(row.id), number(row.person_id), row.number, row.status, row.valid_from, row.valid_until, row.all_gates
    )
    for id_, person, key, status, valid_from, valid_until, all_gates in each(session, chosen(columns, row.id, only)):
        yield Line(
            id=id_,
            key=key,
            holder=person,
            terms=Terms(
                kind=CredentialKind.CARD,
                sites=sites.get(id_, _NOWHERE),
                gates=None if all_gates else frozenset(gates[id_]),
                status=status,
                rests_on=rest.get(id_),
            ),
            levels=levels.get(id_, ()),
            valid_from=valid_from,
            valid_until=valid_until,
            further=Further(replaced_by=replaced.get(id_)),
        )


def qr_passes(
    session: Session,
    timezones: Mapping[SiteId, str],
    only: Collection[UUID] | None,
) -> Iterator[Line]:
    sites = sites_of(session, QrPassSite.pass_id, QrPassSite.site, only)
    rest = grounds(session, QrPass, timezones, only)
    levels = levels_of(session, QrPassLevel.pass_id, QrPassLevel.level_id, only)
    replaced = replacements(session, QrPass, [QrPass.id], pass_number)
    row = QrPass
    columns = select(
        number(row.id), number(row.person_id), row.status, row.valid_from, row.valid_until, row.entries_allowed
    )
    for id_, person, status, valid_from, valid_until, entries in each(session, chosen(columns, row.id, only)):
        yield Line(
            id=id_,
            key=str(UUID(int=id_)),
            holder=person,
            terms=Terms(
                kind=CredentialKind.QR,
                sites=sites.get(id_, _NOWHERE),
                status=status,
                rests_on=rest.get(id_),
                entries_allowed=entries,
            ),
            levels=levels.get(id_, ()),
            valid_from=valid_from,
            valid_until=valid_until,
            further=Further(replaced_by=replaced.get(id_)),
        )


def pins(
    session: Session,
    timezones: Mapping[SiteId, str],
    only: Collection[UUID] | None,
) -> Iterator[Line]:
    sites = sites_of(session, PinSite.pin_id, PinSite.site, only)
    rest = grounds(session, Pin, timezones, only)
    levels = levels_of(session, PinLevel.pin_id, PinLevel.level_id, only)
    replaced = replacements(session, Pin, [Pin.id], pass_number)
    row = Pin
    columns = select(
        number(row.id),
        number(row.person_id),
        row.status,
        row.valid_from,
        row.valid_until,
        row.number_index,
        row.duress_index,
    )
    for id_, person, status, valid_from, valid_until, ordinary, duress in each(session, chosen(columns, row.id, only)):
        yield Line(
            id=id_,
            key=ordinary.hex(),
            holder=person,
            terms=Terms(
                kind=CredentialKind.PIN,
                sites=sites.get(id_, _NOWHERE),
                status=status,
                rests_on=rest.get(id_),
            ),
            levels=levels.get(id_, ()),
            valid_from=valid_from,
            valid_until=valid_until,
            further=Further(replaced_by=replaced.get(id_), duress_key=duress.hex()),
        )
