"""The compound of the gate's benchmark: gates, access levels, a calendar, a deny list, people with cards, and their cars."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from deploy.folder import DataFolder
from deploy.house import open_newest
from registry.access.facts import CredentialStatus, DayKind, HolidayRule, Passback
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.auth.service import add_token
from registry.calendar.service import set_day
from registry.clock import Instant
from registry.denylist.models import DenyKind
from registry.denylist.service import NewDenial, deny
from registry.ids import AreaId, CredentialId, GateId, LaneId, SiteId
from registry.levels.rules import Window
from registry.levels.service import LevelFields, NewLevel, add_levels
from registry.passes.service import NewCard, issue_cards
from registry.people.identity import IdentityKeys
from registry.people.service import NewPerson, register_people
from registry.permits.service import NewPermit, issue_permits
from registry.settings import Settings
from registry.sites.service import NewLane, add_area, add_gate, add_site
from registry.store import Work

SITE, GATE = SiteId("oc1"), GateId("oc1-north")
_INSIDE, _OUTSIDE = AreaId("oc1-inside"), AreaId("oc1-outside")
_BY = "bench"
GATES, LEVELS, SCHEDULES, RULES = 60, 64, 16, 541
"""A rule is a gate that a level opens."""
_CLOSED = 10
"""So many schedules are closed on holidays."""
_ALWAYS_EACH = 4
"""Of so many people one may come in at the gate that is asked over HTTP, at all hours."""
_PERMITS_OF_TEN = 4
_MOST_DENIED = 200
_COUNTS_MINUTES = 24 * 60
"""So long whoever came in counts as inside."""
_DAYS_AHEAD = 3
_SPECIAL_DAYS = {
    **dict.fromkeys((2, 3, 4, 60, 61, 62, 63), DayKind.HOLIDAY),
    6: DayKind.WORKDAY,
}
"""Days after the first that is asked about, of which seven are holidays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compound:
    """What an asker needs to know of it."""

    cards: tuple[str, ...]
    """Those that open the gate at all hours."""
    spare: CredentialId
    """One card more, which nobody shows."""
    token: str
    begins: Instant
    """A midnight (UTC) after which the days are ordinary, holidays and worked."""


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
    draw = Random(people)  # noqa: S311 - drawn, not secret
    add_site(session, site_id=SITE, name_zh="一号院", name_en="Compound 1")
    add_area(session, area_id=_OUTSIDE, site=SITE, name_zh="院外", name_en="Outside")
    inside = add_area(
        session, area_id=_INSIDE, site=SITE, name_zh="院内", name_en="Inside", passback_people=Passback.HARD
    )
    # Room for all of them: it is counted at each check and nobody is refused.
    inside.capacity_people, inside.passback_minutes = people + 1, _COUNTS_MINUTES
    gates = [GATE, *(GateId(f"oc1-{number}") for number in range(1, GATES))]
    for gate in gates:
        lane = NewLane(id=LaneId(f"{gate}-1"), from_area=_OUTSIDE, to_area=_INSIDE)
        add_gate(session, gate_id=gate, site=SITE, name_zh=f"门 {gate}", name_en=f"Gate {gate}", lanes=[lane])
    levels = [_level(number, gates, draw) for number in range(LEVELS)]
    add_levels(session, levels)
    begins = midnight_before(now) + timedelta(days=_DAYS_AHEAD)
    for ahead, kind in _SPECIAL_DAYS.items():
        day = begins.date() + timedelta(days=ahead)
        set_day(session, SITE, day, kind, name_zh="放假", name_en="Holiday", within={SITE}, by=_BY, now=now)
    registered = [NewPerson(site=SITE, name="王建国") for _ in range(people + 1)]
    register_people(session, keys, registered, now=now)
    always, *others = [level.id for level in levels]
    cards = []
    for number, person in enumerate(registered):
        those = set(draw.sample(others, draw.choices((1, 2, 3), (45, 41, 14))[0]))
        if number % _ALWAYS_EACH == 0:
            those = {*list(those)[1:], always}
        is_spoilt = number % _ALWAYS_EACH and number % 50 == 1
        cards.append(
            NewCard(
                holder=person.id,
                number=f"{0x10000000 + number:08X}",
                valid_from=now - timedelta(days=30),
                valid_until=begins + timedelta(days=3) if is_spoilt else now + timedelta(days=335),
                sites=frozenset({SITE}),
                levels=frozenset(those),
                status=CredentialStatus.SUSPENDED if number % 100 == 2 else CredentialStatus.ACTIVE,  # noqa: PLR2004
            )
        )
    issue_cards(session, cards, now=now)
    permits = [
        NewPermit(holder=registered[number].id, plate=f"京A{number:05d}", year=now.year, sites=frozenset({SITE}))
        for number in range(people * _PERMITS_OF_TEN // 10)
    ]
    issue_permits(session, permits, now=now)
    for card in cards[3 : 3 + people // 100 : 4][:_MOST_DENIED]:
        line = NewDenial(kind=DenyKind.CARD, key=card.number, sites=None, words="挂失后冒用")
        deny(session, line, by=_BY, now=now)
    token = add_token(session, name="reader", grants={Grant(Role.GUARD, SITE)}, now=now, actor=_BY)
    return Compound(
        cards=tuple(card.number for card in cards[:-1:_ALWAYS_EACH]), spare=cards[-1].id, token=token, begins=begins
    )


def midnight_before(now: Instant) -> Instant:
    """The midnight (UTC) before a moment."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _level(number: int, gates: Sequence[GateId], draw: Random) -> NewLevel:
    """An access level with one of 16 schedules. The first opens the gate that is asked over HTTP, at all hours."""
    many = RULES // LEVELS + (number < RULES % LEVELS)
    begins = 360 + number % SCHEDULES * 15
    windows = [Window(day, begins, begins + 600) for day in range(5)]
    windows += [Window(day, 540, 720) for day in (5, 6) if number % 2]
    opened, holidays = (
        draw.sample(gates[1:], many),
        HolidayRule.CLOSED if number % SCHEDULES < _CLOSED else HolidayRule.AS_USUAL,
    )
    if number == 0:
        opened[0], windows, holidays = gates[0], [Window(day, 0, 1440) for day in range(7)], HolidayRule.AS_USUAL
    fields = LevelFields(
        name_zh=f"级别{number}",
        name_en=f"Level {number}",
        gates=frozenset(opened),
        windows=tuple(windows),
        holidays=holidays,
    )
    return NewLevel(site=SITE, fields=fields)
