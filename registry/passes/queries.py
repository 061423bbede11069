"""Reading cards and QR passes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack
from uuid import UUID

from sqlalchemy import Select, or_, select, tuple_
from sqlalchemy.orm import Session, selectinload

from registry.access.facts import CredentialStatus
from registry.clock import Instant
from registry.counting import Total, counted
from registry.credentials.columns import IN_USE
from registry.credentials.rules import OUT_OF_USE
from registry.ids import CredentialId, PersonId, SiteId
from registry.passes.models import Card, CardSite, QrPass, QrPassSite
from registry.passes.rules import parse_card_number
from registry.people.models import Person
from registry.people.search import fits_person
from registry.problems import NotFound
from registry.units.models import Unit


class NoSuchCard(NotFound):
    slug = "no-such-card"
    title = "There is no such card here"


class NoSuchPass(NotFound):
    slug = "no-such-pass"
    title = "There is no such QR pass here"


@dataclass(frozen=True, slots=True)
class ListedCard:
    """A card with its holder and their unit."""

    card: Card
    holder: Person
    unit: Unit | None


_LISTED = (
    select(Card, Person, Unit).join(Person, Person.id == Card.person_id).outerjoin(Unit, Unit.id == Person.unit_id)
)
_LOADED = (selectinload(Card.sites), selectinload(Card.gates), selectinload(Card.levels))


def card(session: Session, card_id: CredentialId, sites: Collection[SiteId]) -> ListedCard:
    """One card that opens at least one of these sites."""
    found = session.execute(
        _LISTED.options(*_LOADED).where(Card.id == card_id, Card.sites.any(CardSite.site.in_(sites)))
    ).one_or_none()
    if found is None:
        raise NoSuchCard("There is no such card at your sites.")
    return ListedCard(*found)


class Asked(TypedDict, total=False):
    """Which cards a list holds."""

    words: str
    status: CredentialStatus | None
    holder: PersonId | None
    ends: tuple[Instant, Instant] | None


def cards(
    session: Session, sites: Collection[SiteId], *, after: UUID | None = None, limit: int, **asked: Unpack[Asked]
) -> Sequence[ListedCard]:
    """Cards by number, unit, or the holder's name, pinyin or phone, the newest first; `after`: the last one before.

    `ends`: those in use whose last moment lies in this time, the first to end first.
    """
    rows = _rows(session, sites, **asked).options(*_LOADED)
    if asked.get("ends") is not None:
        last = session.get(Card, after) if after is not None else None
        if last is not None:
            rows = rows.where(tuple_(Card.valid_until, Card.id) > (last.valid_until, last.id))
        rows = rows.order_by(Card.valid_until, Card.id)
    else:
        if after is not None:
            rows = rows.where(Card.id < after)
        rows = rows.order_by(Card.id.desc())
    return [ListedCard(*row) for row in session.execute(rows.limit(limit))]


def count_cards(session: Session, sites: Collection[SiteId], **asked: Unpack[Asked]) -> Total:
    """How many cards the list has on all its pages."""
    return counted(session, _rows(session, sites, **asked))


def _rows(
    session: Session,
    sites: Collection[SiteId],
    *,
    words: str = "",
    status: CredentialStatus | None = None,
    holder: PersonId | None = None,
    ends: tuple[Instant, Instant] | None = None,
) -> Select[Card, Person, Unit]:
    rows = _LISTED.where(Card.sites.any(CardSite.site.in_(sites)))
    if words:
        number = parse_card_number(words)
        found = [
            fits_person(session, words),
            Unit.name_zh.icontains(words, autoescape=True),
            Unit.name_en.icontains(words, autoescape=True),
        ]
        rows = rows.where(or_(*found, *([Card.number.contains(number)] if number else [])))
    if status is not None:
        rows = rows.where(Card.status == status)
    if holder is not None:
        rows = rows.where(Card.person_id == holder)
    if ends is not None:
        rows = rows.where(Card.valid_until >= ends[0], Card.valid_until < ends[1], Card.status.not_in(OUT_OF_USE))
    return rows


def card_in_the_way(session: Session, number: str) -> Card | None:
    """The card of this number that is not revoked, replaced or ended."""
    return session.scalars(
        select(Card).where(Card.number == number, IN_USE).options(selectinload(Card.sites))
    ).one_or_none()


def qr_pass(session: Session, pass_id: CredentialId, sites: Collection[SiteId]) -> QrPass:
    """One QR pass that opens at least one of these sites."""
    found = session.scalars(
        select(QrPass)
        .where(QrPass.id == pass_id, QrPass.sites.any(QrPassSite.site.in_(sites)))
        .options(selectinload(QrPass.sites), selectinload(QrPass.levels))
    ).one_or_none()
    if found is None:
        raise NoSuchPass("There is no such QR pass at your sites.")
    return found


def qr_passes_of(session: Session, holder: PersonId, sites: Collection[SiteId]) -> Sequence[QrPass]:
    """The QR passes of one person at these sites, the newest first."""
    return session.scalars(
        select(QrPass)
        .where(QrPass.person_id == holder, QrPass.sites.any(QrPassSite.site.in_(sites)))
        .options(selectinload(QrPass.sites), selectinload(QrPass.levels))
        .order_by(QrPass.id.desc())
    ).all()
