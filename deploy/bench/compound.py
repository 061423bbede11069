"""The compound of the gate's benchmark: one gate, and people who all have a card that opens it."""

from dataclasses import dataclass
from datetime import timedelta

from deploy.folder import DataFolder
from deploy.house import open_newest
from registry.access.facts import Passback
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.auth.service import add_token
from registry.clock import Instant
from registry.ids import AreaId, CredentialId, GateId, LaneId, SiteId
from registry.passes.service import NewCard, issue_cards
from registry.people.identity import IdentityKeys
from registry.people.service import NewPerson, register_people
from registry.settings import Settings
from registry.sites.service import NewLane, add_area, add_gate, add_site
from registry.store import Work

SITE, GATE = SiteId("oc1"), GateId("oc1-north")
_INSIDE, _OUTSIDE = AreaId("oc1-inside"), AreaId("oc1-outside")
_BY = "bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compound:
    """What an asker needs to know of it."""

    cards: tuple[str, ...]
    spare: CredentialId
    """One card more, which nobody shows."""
    token: str


def fill_compound(folder: DataFolder, people: int, now: Instant) -> Compound:
    """Make the stores of a house in an empty folder, with one compound in them."""
    folder.prepare()
    stores = open_newest(Settings(data_dir=folder.path), folder.key("audit"))
    try:
        with stores["registry"].begin(now) as work:
            return _filled(work, IdentityKeys(folder.key("identity")), people)
    finally:
        for store in stores.values():
            store.close()


def _filled(work: Work, keys: IdentityKeys, people: int) -> Compound:
    session, now = work.session, work.now
    add_site(session, site_id=SITE, name_zh="一号院", name_en="Compound 1")
    add_area(session, area_id=_OUTSIDE, site=SITE, name_zh="院外", name_en="Outside")
    add_area(session, area_id=_INSIDE, site=SITE, name_zh="院内", name_en="Inside", passback_people=Passback.HARD)
    lane = NewLane(id=LaneId(f"{GATE}-1"), from_area=_OUTSIDE, to_area=_INSIDE)
    add_gate(session, gate_id=GATE, site=SITE, name_zh="北门", name_en="North gate", lanes=[lane])
    registered = [NewPerson(site=SITE, name="王建国") for _ in range(people + 1)]
    register_people(session, keys, registered, now=now)
    cards = [
        NewCard(
            holder=person.id,
            number=f"{0x10000000 + number:08X}",
            valid_from=now - timedelta(days=30),
            valid_until=now + timedelta(days=335),
            sites=frozenset({SITE}),
        )
        for number, person in enumerate(registered)
    ]
    issue_cards(session, cards, now=now)
    token = add_token(session, name="reader", grants={Grant(Role.GUARD, SITE)}, now=now, actor=_BY)
    return Compound(cards=tuple(card.number for card in cards[:-1]), spare=cards[-1].id, token=token)
