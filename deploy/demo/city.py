"""The people of the fictional city with their permits and cards, drawn from a seed. Pure: the year and the moment come in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from deploy.demo.names import card_number, civil_plate, identity_number, person_name, phone_number
from registry.access.facts import CredentialStatus
from registry.clock import Instant
from registry.ids import GateId, SiteId, UnitId
from registry.passes.service import NewCard, NewQrPass
from registry.people.models import PersonKind
from registry.people.service import NewPerson
from registry.permits.models import PermitClass
from registry.permits.service import NewPermit

PEOPLE = 2000
PERMITS_THIS_YEAR = 600
PERMITS_LAST_YEAR = 400
_ONLY_LAST_YEAR = 60
"""Of last year's permits, how many were not applied for again."""
_STRANGERS = 40
_REVOKED_CARDS = 12
_EXAMPLES = 12
"""The first so many people, permits and cards are for the examples; no simulator uses them."""
_CARD_DAYS = 730


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Something for each answer that a gate gives; see DESIGN 4. `qr` is the pass whose signed text is the example."""

    plate_valid: str
    plate_last_year: str
    plate_unknown: str
    plate_denied: str
    card_valid: str
    card_expired: str
    card_revoked: str
    card_lost: str
    card_other_site: str
    card_south_gate_only: str
    qr: NewQrPass


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """Everything that is put into an empty registry, ready for its services."""

    people: Sequence[NewPerson]
    permits: Sequence[NewPermit]
    cards: Sequence[NewCard]
    examples: Examples
    regular_plates: Sequence[str]
    regular_cards: Sequence[str]
    last_year_plates: Sequence[str]
    revoked_cards: Sequence[str]
    strangers: Sequence[str]


def draw_city(
    seed: int,
    *,
    site: SiteId,
    other_site: SiteId,
    south: GateId,
    units: Sequence[UnitId],
    now: Instant,
    local: datetime,
) -> City:
    """Draw the city. `local`: the site's own time now; its year is the year of the valid permits."""
    draw, now = Random(seed), now.replace(microsecond=0)
    identities = _distinct(lambda: identity_number(draw), PEOPLE)
    people = [
        NewPerson(
            site=site,
            name=person_name(draw),
            kind=draw.choices((PersonKind.STAFF, PersonKind.CONTRACTOR, PersonKind.TEMPORARY), weights=(88, 8, 4))[0],
            unit_id=draw.choice(units),
            phone=phone_number(draw),
            id_number=identity,
        )
        for identity in identities
    ]
    here = frozenset({site})
    taken_plates: set[str] = set()
    taken_cards: set[str] = set()

    def permit(number: int, plate: str, year: int) -> NewPermit:
        holder = people[number % PEOPLE]
        kind = draw.choices(list(PermitClass), weights=(20, 60, 15, 5))[0]
        return NewPermit(
            holder=holder.id, unit_id=holder.unit_id, plate=plate, year=year, permit_class=kind, sites=here
        )

    plates = [civil_plate(draw, taken_plates) for _ in range(PERMITS_THIS_YEAR)]
    lapsed = [civil_plate(draw, taken_plates) for _ in range(_ONLY_LAST_YEAR)]
    renewed = plates[_EXAMPLES : _EXAMPLES + PERMITS_LAST_YEAR - _ONLY_LAST_YEAR]
    permits = [permit(number, plate, local.year) for number, plate in enumerate(plates)]
    permits += [permit(number + _EXAMPLES, plate, local.year - 1) for number, plate in enumerate(renewed)]
    permits += [permit(number + PERMITS_THIS_YEAR, plate, local.year - 1) for number, plate in enumerate(lapsed)]

    def card(number: int, **facts: object) -> NewCard:
        usual: dict[str, object] = {
            "holder": people[number].id,
            "number": card_number(draw, taken_cards),
            "valid_from": now - timedelta(days=draw.randrange(30, 600)),
            "valid_until": now + timedelta(days=draw.randrange(30, _CARD_DAYS)),
            "sites": here,
        }
        return NewCard(**{**usual, **facts})  # type: ignore[arg-type]  # the facts are named in the calls below

    revoked = {"status": CredentialStatus.REVOKED, "status_reason": "离职交回"}
    lost = {"status": CredentialStatus.REPORTED_LOST, "status_reason": "本人挂失"}
    special = (
        card(0),
        card(1, valid_until=now - timedelta(days=1)),
        card(2, **revoked),
        card(3, **lost),
        card(4, sites=frozenset({other_site})),
        card(5, gates=frozenset({south})),
    )
    given_back = [card(number, **revoked) for number in range(PEOPLE - _REVOKED_CARDS, PEOPLE)]
    usual = [card(number) for number in range(_EXAMPLES, PEOPLE - _REVOKED_CARDS)]
    strangers = [
        civil_plate(draw, taken_plates).replace("鄂E", draw.choice(("京A", "沪B", "鄂A", "湘B", "渝C")))
        for _ in range(_STRANGERS)
    ]
    examples = Examples(
        plate_valid=plates[0],
        plate_last_year=lapsed[0],
        plate_unknown=strangers[0],
        plate_denied=strangers[1],
        card_valid=special[0].number,
        card_expired=special[1].number,
        card_revoked=special[2].number,
        card_lost=special[3].number,
        card_other_site=special[4].number,
        card_south_gate_only=special[5].number,
        qr=NewQrPass(
            holder=people[6].id, valid_from=now - timedelta(days=1), valid_until=now + timedelta(days=365), sites=here
        ),
    )
    return City(
        people=people,
        permits=permits,
        cards=[*special, *usual, *given_back],
        examples=examples,
        regular_plates=plates[_EXAMPLES:],
        regular_cards=[each.number for each in usual],
        last_year_plates=lapsed[1:],
        revoked_cards=[each.number for each in given_back],
        strangers=strangers[2:],
    )


def _distinct(draw_one: Callable[[], str], count: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        found[draw_one()] = None
    return list(found)
