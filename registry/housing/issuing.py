"""Giving passes to those who live in a let room: through the gates of its compound, for no longer than the tenancy."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from registry.access.facts import CredentialStatus
from registry.clock import Instant
from registry.credentials.ending import resting_on
from registry.credentials.grounds import begin_of
from registry.credentials.period import require_moment
from registry.feed.changes import ChangeKind
from registry.housing.queries import Let
from registry.housing.tenancies import hold_tenancy
from registry.ids import CredentialId, PersonId, SiteId, TenancyId
from registry.passes.models import Card, Pin, QrPass
from registry.passes.pins import MadePin, NewPin, issue_pin
from registry.passes.service import NewCard, NewQrPass, issue_card, issue_qr_pass
from registry.people.queries import whole_file
from registry.sites.queries import zone_of

USUALLY = timedelta(days=365)
"""How long a pass is offered for where a tenancy has no last day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A card, QR pass or PIN that rests on a tenancy."""

    kind: ChangeKind
    id: CredentialId
    person_id: PersonId
    number: str | None
    """Of a card; None: a QR pass or a PIN."""
    status: CredentialStatus
    valid_from: Instant
    valid_until: Instant


def usual_last_day(let: Let, today: date) -> date:
    """The last day that is offered for a pass: the tenancy's own, or a year from now."""
    return let.days.last or max(today, let.days.first) + USUALLY


def issue_on_tenancy(
    session: Session,
    tenancy_id: TenancyId,
    person_id: PersonId,
    *,
    last_day: date,
    card_number: str | None,
    within: Collection[SiteId],
    by: str,
    now: Instant,
) -> CredentialId:
    """Give somebody who lives there a card, or without its number a QR pass, through the last day, which is included.

    Raises:
        OutlivesGround, GroundOver, NotOfGround: the tenancy does not bear it.

    """
    sites, begins, ends = _borne(session, tenancy_id, last_day, within=within, now=now)
    holder = whole_file(session, person_id, within).person.id
    if card_number is None:
        qr = NewQrPass(holder=holder, valid_from=begins, valid_until=ends, sites=sites, tenancy_id=tenancy_id)
        return issue_qr_pass(session, qr, by=by, now=now).id
    card = NewCard(
        holder=holder,
        number=card_number,
        valid_from=begins,
        valid_until=ends,
        sites=sites,
        tenancy_id=tenancy_id,
    )
    return issue_card(session, card, within=within, by=by, now=now).id


def issue_pin_on_tenancy(
    session: Session,
    tenancy_id: TenancyId,
    person_id: PersonId,
    *,
    last_day: date,
    pin: str | None,
    key: bytes,
    within: Collection[SiteId],
    by: str,
    now: Instant,
) -> MadePin:
    """Give somebody who lives there a PIN through the last day, which is included; `pin` None: one is drawn.

    Raises:
        PinNotUsable, NoPinLeft: there is none so.
        OutlivesGround, GroundOver, NotOfGround: the tenancy does not bear it.

    """
    sites, begins, ends = _borne(session, tenancy_id, last_day, within=within, now=now)
    holder = whole_file(session, person_id, within).person.id
    new = NewPin(holder=holder, pin=pin, valid_from=begins, valid_until=ends, sites=sites, tenancy_id=tenancy_id)
    return issue_pin(session, new, key=key, by=by, now=now)


def _borne(
    session: Session, tenancy_id: TenancyId, last_day: date, *, within: Collection[SiteId], now: Instant
) -> tuple[frozenset[SiteId], Instant, Instant]:
    """What a credential on the tenancy opens, from when until when; the room is locked."""
    held = hold_tenancy(session, tenancy_id, within)
    sites = frozenset({held.building.site})
    zone = zone_of(session, sites)
    require_moment(datetime.combine(last_day, time(), UTC))
    begins = max(now, begin_of(held.tenancy.first_day, zone))
    return sites, begins, begin_of(last_day + timedelta(days=1), zone)


def passes_on(session: Session, tenancy_id: TenancyId) -> Sequence[Shown]:
    """The cards, QR passes and PINs that rest on a tenancy, the newest first of each kind."""
    return [
        Shown(
            kind=one.kind,
            id=one.row.id,
            person_id=one.row.person_id,
            number=one.row.number if isinstance(one.row, Card) else None,
            status=one.row.status,
            valid_from=one.row.valid_from,
            valid_until=one.row.valid_until,
        )
        for one in resting_on(session, tenancy_id=tenancy_id)
        if isinstance(one.row, Card | QrPass | Pin)
    ]
