"""An example of each answer that a gate gives (DESIGN 4), for whoever tries the demo. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from deploy.demo.credentials import LOST, REVOKED, Issued, Issuer
from deploy.demo.population import Inhabitant
from registry.access.facts import HIGHEST_CLEARANCE, GateRights
from registry.denylist.models import DenyKind
from registry.denylist.service import NewDenial
from registry.ids import GateId, LevelId, PersonId, SiteId
from registry.passes.service import NewQrPass

RESERVED = 12
"""So many people of the first compound are for the examples and for whoever tries it; no simulator uses them."""
GUEST, ESCORT, CHIEF, TYPIST = 8, 9, 10, 11
"""Which of them needs an escort, escorts, has the highest clearance, and has a PIN."""
DUTY_CHIEF = GateRights(clearance=HIGHEST_CLEARANCE, first_person=True, may_escort=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Something for each answer. `qr` is the pass whose signed text is the example."""

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
    card_archive: str
    card_archive_second: str
    """Both of the second compound, whose archive lets people in by twos."""
    card_needs_escort: str
    card_escort: str
    card_clearance_5: str
    card_outside_hours: str
    """Of a level that opens at no hour of the day on which the demo is filled, nor on the day after."""
    qr: NewQrPass


def rights_of_examples(people: Sequence[Inhabitant]) -> dict[PersonId, GateRights]:
    """What the gates ask of some of the reserved people."""
    return {
        people[GUEST].person.id: GateRights(needs_escort=True),
        people[ESCORT].person.id: GateRights(may_escort=True),
        people[CHIEF].person.id: DUTY_CHIEF,
    }


def draw_examples(
    issuer: Issuer, people: Sequence[Inhabitant], *, site: SiteId, other_site: SiteId, seldom: LevelId
) -> tuple[Examples, Issued, NewDenial]:
    """`seldom`: the level of the card that is outside its hours. Give the reserved people what the examples show; the rest of them get a good plate and card for trying more."""
    now, here, issued = issuer.now, frozenset({site}), Issued()
    issued.cards = [
        issuer.card(people[0], here),
        issuer.card(people[1], here, valid_until=now - timedelta(days=1)),
        issuer.card(people[2], here, **REVOKED),
        issuer.card(people[3], here, **LOST),
        issuer.card(people[4], frozenset({other_site})),
        issuer.card(people[5], here, gates=frozenset({GateId(f"{site}-south")})),
        *(issuer.card(one, here) for one in people[6:]),
        issuer.card(people[7], here, levels=frozenset({seldom})),
    ]
    plates = [issuer.plate() for _ in people]
    last_year = issuer.plate()
    issued.permits = [
        *(issuer.permit(one, plate, issuer.year, here) for one, plate in zip(people, plates, strict=True)),
        issuer.permit(people[1], last_year, issuer.year - 1, here),
    ]
    # Drawn apart, so that the rest of the city stays as it was.
    apart = Issuer(draw=Random(RESERVED), now=now, year=issuer.year, plates=issuer.plates, cards=issuer.cards)
    archive = [apart.card(one, frozenset({other_site})) for one in people[10:12]]
    begins, ends = now - timedelta(days=1), now + timedelta(days=365)
    issued.passes = [issuer.qr_pass(people[6], begins, ends, site)]
    examples = Examples(
        plate_valid=plates[0],
        plate_last_year=last_year,
        plate_unknown=issuer.foreign_plate(),
        plate_denied=issuer.foreign_plate(),
        card_valid=issued.cards[0].number,
        card_expired=issued.cards[1].number,
        card_revoked=issued.cards[2].number,
        card_lost=issued.cards[3].number,
        card_other_site=issued.cards[4].number,
        card_south_gate_only=issued.cards[5].number,
        card_archive=archive[0].number,
        card_archive_second=archive[1].number,
        card_needs_escort=issued.cards[GUEST].number,
        card_escort=issued.cards[ESCORT].number,
        card_clearance_5=issued.cards[CHIEF].number,
        card_outside_hours=issued.cards[-1].number,
        qr=issued.passes[0],
    )
    issued.cards += archive
    words = "套牌车，拦下并报保卫科"
    return examples, issued, NewDenial(kind=DenyKind.PLATE, key=examples.plate_denied, sites=None, words=words)
