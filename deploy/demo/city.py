"""The whole city, drawn from a seed: its people, what they show at the gates, and an example of each answer. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

from deploy.demo.credentials import Issued, Issuer, draw_credentials
from deploy.demo.examples import DUTY_CHIEF, GUEST, RESERVED, TYPIST, Examples, draw_examples, rights_of_examples
from deploy.demo.levels import DUTY, level_id
from deploy.demo.plans import Compound, Use
from deploy.demo.population import Household, Inhabitant, Registrar, draw_people
from registry.access.facts import GateRights
from registry.clock import Instant
from registry.denylist.models import DenyKind
from registry.denylist.service import NewDenial
from registry.ids import PersonId, SiteId, UnitId
from registry.passes.service import NewCard, NewQrPass
from registry.people.models import PersonKind
from registry.people.service import NewPerson
from registry.permits.service import NewPermit

_STRANGERS = 20
"""Plates at each compound that nobody knows."""
_DENIALS = (
    (SiteId("oc1"), "肇事逃逸车辆，拦下并报警"),
    (SiteId("oc2"), "多次冲卡，禁止入内"),
    (SiteId("rc1"), "冒用他人通行证，拦下并报保卫科"),
    (SiteId("rc4"), "欠费纠纷，暂不放行"),
)
"""Beside the example's: a stranger's plate of this compound, denied there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """Who may turn up at the gates of one compound. None of the examples is among them."""

    plates: Sequence[str]
    cards: Sequence[str]
    passes: Sequence[NewQrPass]
    last_year_plates: Sequence[str]
    stopped_cards: Sequence[str]
    strangers: Sequence[str]
    denied_plates: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """Everything that is put into an empty registry, ready for its services."""

    households: Sequence[Household]
    permits: Sequence[NewPermit]
    cards: Sequence[NewCard]
    passes: Sequence[NewQrPass]
    denials: Sequence[NewDenial]
    examples: Examples
    rights: Mapping[PersonId, GateRights]
    """Of whom the gates ask more, or less, than of others."""
    typist: PersonId
    """Whose the example of a PIN is."""
    callers: Mapping[SiteId, Callers]

    @property
    def people(self) -> list[NewPerson]:
        return [one.person for household in self.households for one in household]


def draw_city(
    seed: int, compounds: Sequence[Compound], units: Mapping[SiteId, Sequence[UnitId]], *, now: Instant, local: datetime
) -> City:
    """Draw the city; the first two compounds are the examples'.

    Args:
        seed: the same one draws the same city.
        compounds: where they work and live.
        units: those that work in each compound of offices.
        now: what is good now is issued as if it were bought over the last two years.
        local: the same moment in the city, whose year the good permits have.

    """
    issuer = Issuer(draw=Random(seed), now=now.replace(microsecond=0), year=local.year)
    registrar = Registrar(Random(seed), local.year)
    crowds = {each.id: draw_people(registrar, each, units.get(each.id, ())) for each in compounds}
    first, second, *_ = crowds
    crowds[first][GUEST] = (_contractor(*crowds[first][GUEST]),)
    reserved = [household[0] for household in crowds[first][:RESERVED]]
    examples, special, denial = draw_examples(
        issuer, reserved, site=first, other_site=second, seldom=level_id(first, DUTY)
    )
    homes = [compound.id for compound in compounds if compound.use is Use.HOMES]
    chiefs = [
        crowds[compound.id][RESERVED if compound.id == first else 0][0]
        for compound in compounds
        if compound.use is Use.OFFICES
    ]
    regular = {
        site: draw_credentials(issuer, site, crowd[RESERVED if site == first else 0 :], homes)
        for site, crowd in crowds.items()
    }
    strangers = {site: [issuer.foreign_plate() for _ in range(_STRANGERS)] for site in crowds}
    denied = {site: (strangers[site].pop(), words) for site, words in _DENIALS if site in strangers}
    issued = [special, *regular.values()]
    return City(
        households=[household for crowd in crowds.values() for household in crowd],
        permits=[permit for each in issued for permit in each.permits],
        cards=[card for each in issued for card in each.cards],
        passes=[each for those in issued for each in those.passes],
        denials=[denial, *(_denial(site, *line) for site, line in denied.items())],
        examples=examples,
        rights=rights_of_examples(reserved) | {chief.person.id: DUTY_CHIEF for chief in chiefs},
        typist=reserved[TYPIST].person.id,
        callers={
            site: _callers(regular[site], strangers[site], [denied[site][0]] if site in denied else [])
            for site in crowds
        },
    )


def _contractor(one: Inhabitant) -> Inhabitant:
    return replace(one, person=replace(one.person, kind=PersonKind.CONTRACTOR))


def _denial(site: SiteId, plate: str, words: str) -> NewDenial:
    return NewDenial(kind=DenyKind.PLATE, key=plate, sites=frozenset({site}), words=words)


def _callers(issued: Issued, strangers: Sequence[str], denied: Sequence[str]) -> Callers:
    return Callers(
        plates=issued.good_plates,
        cards=issued.good_cards,
        passes=issued.good_passes,
        last_year_plates=issued.last_year_plates,
        stopped_cards=issued.stopped_cards,
        strangers=strangers,
        denied_plates=denied,
    )
