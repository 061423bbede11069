"""What the people of a compound show at its gates: vehicle permits of two years, cards and QR passes, drawn. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from uuid import UUID

from deploy.demo.levels import OFFICE, level_id
from deploy.demo.names import card_number, civil_plate
from deploy.demo.population import Household, Inhabitant
from registry.access.facts import CredentialStatus
from registry.clock import Instant
from registry.ids import CredentialId, SiteId
from registry.passes.service import NewCard, NewQrPass
from registry.permits.models import PermitClass
from registry.permits.service import NewPermit

SHORTEST_CARD_DAYS, LONGEST_CARD_DAYS = 10, 730
REVOKED = {"status": CredentialStatus.REVOKED, "status_reason": "离职交回"}
LOST = {"status": CredentialStatus.REPORTED_LOST, "status_reason": "本人挂失"}
_MOVED_AWAY = {"status": CredentialStatus.REVOKED, "status_reason": "车辆已过户"}
_NOT_PAID = {"status": CredentialStatus.SUSPENDED, "status_reason": "违规停放，暂停使用"}
_ELSEWHERE = ("京A", "沪B", "鄂A", "湘B", "渝C")
_OF_STAFF = {PermitClass.OFFICIAL: 20, PermitClass.PRIVATE: 60, PermitClass.BUSINESS: 15, PermitClass.TEMPORARY: 5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How many of a hundred, roughly, as an office knows it from its own books."""

    staff_with_car: float = 0.30
    households_with_car: float = 0.75
    renewed: float = 0.82
    """Of all cars, those with a permit of this year and of last."""
    new_this_year: float = 0.12
    permits_stopped: float = 0.015
    adults_with_card: float = 0.90
    cards_stopped: float = 0.012
    cards_run_out: float = 0.015
    office_hours_only: float = 0.06
    """Of the cards of offices, those with hours: who comes at other times is refused now and then."""
    with_pass: float = 0.03
    """People who were given a QR pass for a while."""
    passes_run_out: float = 0.3


SHARES = Shares()


@dataclass(slots=True)
class Issued:
    """Everything that is issued at one compound, and what of it is good, for whoever plays its people."""

    permits: list[NewPermit] = field(default_factory=list)
    cards: list[NewCard] = field(default_factory=list)
    passes: list[NewQrPass] = field(default_factory=list)
    good_plates: list[str] = field(default_factory=list)
    good_cards: list[str] = field(default_factory=list)
    good_passes: list[NewQrPass] = field(default_factory=list)
    last_year_plates: list[str] = field(default_factory=list)
    stopped_cards: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Issuer:
    """Issues what nobody else has: one for the whole city. `year`: the calendar year of the permits that are good."""

    draw: Random
    now: Instant
    year: int
    plates: set[str] = field(default_factory=set)
    cards: set[str] = field(default_factory=set)

    def plate(self) -> str:
        return civil_plate(self.draw, self.plates)

    def foreign_plate(self) -> str:
        """A plate of another place, which has no permit."""
        return civil_plate(self.draw, self.plates).replace("鄂E", self.draw.choice(_ELSEWHERE))

    def permit(self, holder: Inhabitant, plate: str, year: int, sites: frozenset[SiteId], **stop: object) -> NewPermit:
        """`stop`: a status that is not active, with its reason."""
        person = holder.person
        kind = self.draw.choices(list(_OF_STAFF), weights=list(_OF_STAFF.values()))[0]
        return NewPermit(
            holder=person.id,
            unit_id=person.unit_id,
            plate=plate,
            year=year,
            permit_class=kind if person.unit_id else PermitClass.PRIVATE,
            sites=sites,
            **stop,  # type: ignore[arg-type]  # status and status_reason, named where it is called
        )

    def card(self, holder: Inhabitant, sites: frozenset[SiteId], **facts: object) -> NewCard:
        """A card that is good for some days at least; `facts` take the place of what is usual."""
        usual: dict[str, object] = {
            "holder": holder.person.id,
            "number": card_number(self.draw, self.cards),
            "valid_from": self.now - timedelta(days=self.draw.randrange(30, 600)),
            "valid_until": self.now + timedelta(days=self.draw.randrange(SHORTEST_CARD_DAYS, LONGEST_CARD_DAYS)),
            "sites": sites,
        }
        return NewCard(**{**usual, **facts})  # type: ignore[arg-type]  # the facts are named where it is called

    def qr_pass(self, holder: Inhabitant, begins: Instant, ends: Instant, site: SiteId) -> NewQrPass:
        """A pass whose id is drawn too: whoever draws the city again can show it."""
        drawn = CredentialId(UUID(int=self.draw.getrandbits(128), version=4))
        return NewQrPass(
            id=drawn, holder=holder.person.id, valid_from=begins, valid_until=ends, sites=frozenset({site})
        )


def draw_credentials(
    issuer: Issuer, site: SiteId, households: Sequence[Household], homes: Sequence[SiteId], shares: Shares = SHARES
) -> Issued:
    """Issue what these people have. `homes`: where staff may live; their cards open that compound too."""
    issued = Issued()
    for household in households:
        _add_permits(issuer, issued, site, household, shares)
        for one in household:
            if one.has_card and issuer.draw.random() < shares.adults_with_card:
                _add_card(issuer, issued, _opened(issuer.draw, site, one, homes), one, shares)
            if one.may_drive and issuer.draw.random() < shares.with_pass:
                _add_pass(issuer, issued, site, one, shares)
    return issued


def _opened(draw: Random, site: SiteId, one: Inhabitant, homes: Sequence[SiteId]) -> frozenset[SiteId]:
    lives_in_one = one.person.unit_id is not None and homes and draw.random() < 1 / 8
    return frozenset({site, draw.choice(homes)} if lives_in_one else {site})


def _add_permits(issuer: Issuer, issued: Issued, site: SiteId, household: Household, shares: Shares) -> None:
    draw, here = issuer.draw, frozenset({site})
    drivers = [one for one in household if one.may_drive]
    share = shares.staff_with_car if household[0].person.unit_id else shares.households_with_car
    if not drivers or draw.random() >= share:
        return
    holder, plate, chance = draw.choice(drivers), issuer.plate(), draw.random()
    if chance >= shares.renewed + shares.new_this_year:
        issued.permits.append(issuer.permit(holder, plate, issuer.year - 1, here))
        issued.last_year_plates.append(plate)
        return
    if chance < shares.renewed:
        issued.permits.append(issuer.permit(holder, plate, issuer.year - 1, here))
    if draw.random() < shares.permits_stopped:
        issued.permits.append(issuer.permit(holder, plate, issuer.year, here, **draw.choice((_MOVED_AWAY, _NOT_PAID))))
        return
    issued.permits.append(issuer.permit(holder, plate, issuer.year, here))
    issued.good_plates.append(plate)


def _add_card(issuer: Issuer, issued: Issued, sites: frozenset[SiteId], holder: Inhabitant, shares: Shares) -> None:
    chance = issuer.draw.random()
    if chance < shares.cards_stopped:
        card = issuer.card(holder, sites, **issuer.draw.choice((REVOKED, LOST)))
        issued.stopped_cards.append(card.number)
    elif chance < shares.cards_stopped + shares.cards_run_out:
        ended = issuer.now - timedelta(days=issuer.draw.randrange(1, 25))
        card = issuer.card(holder, sites, valid_until=ended)
    else:
        has_hours = (
            holder.person.unit_id is not None and len(sites) == 1 and issuer.draw.random() < shares.office_hours_only
        )
        levels = frozenset({level_id(min(sites), OFFICE)} if has_hours else ())
        card = issuer.card(holder, sites, levels=levels)
        issued.good_cards.append(card.number)
    issued.cards.append(card)


def _add_pass(issuer: Issuer, issued: Issued, site: SiteId, holder: Inhabitant, shares: Shares) -> None:
    draw = issuer.draw
    is_over = draw.random() < shares.passes_run_out
    ends = issuer.now + timedelta(days=-draw.randrange(1, 20) if is_over else draw.randrange(8, 60))
    begins = min(ends, issuer.now) - timedelta(days=draw.randrange(1, 15))
    found = issuer.qr_pass(holder, begins, ends, site)
    issued.passes.append(found)
    if not is_over:
        issued.good_passes.append(found)
