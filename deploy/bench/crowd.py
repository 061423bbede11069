"""The people of the registry's benchmark: twenty compounds, drawn from a seed, and what a clerk types to find one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from deploy.demo.names import Sex, civil_plate, given_name, identity_number, surname
from deploy.folder import DataFolder
from deploy.house import open_newest
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.auth.service import add_token
from registry.clock import SystemClock
from registry.ids import PersonId, SiteId
from registry.people.identity import IdentityKeys
from registry.people.pinyin import readings
from registry.people.service import NewPerson, register_people
from registry.permits.service import NewPermit, issue_permits
from registry.settings import Settings
from registry.sites.service import add_site
from registry.store import Work
from registry.store.planning import count_anew
from registry.units.service import add_unit

_SEED = 20261123
_SITES, _UNITS, _DRIVERS = 20, 100, 0.3
_BY = "bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody typed, whom they look for, and where that file is kept."""

    words: str
    person: PersonId
    site: SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Everybody, the sites, and a token of somebody who reads all of them."""

    people: Sequence[NewPerson]
    plates: dict[PersonId, str]
    sites: Sequence[SiteId]
    token: str

    def typed(self, draw: Random, count: int) -> list[Wanted]:
        """So many searches: people of whom one thing or another is known, which is typed letter by letter."""
        found: list[Wanted] = []
        while len(found) < count:
            person = draw.choice(self.people)
            whole = self._known(draw, person)
            found += [
                Wanted(words=whole[:end].strip(), person=person.id, site=person.site)
                for end in range(1, len(whole) + 1)
                if whole[end - 1] != " "
            ]
        return found[:count]

    def _known(self, draw: Random, person: NewPerson) -> str:
        syllables, phone, number = readings(person.name)[0], person.phone or "", person.id_number or ""
        plate = self.plates.get(person.id, "")
        ways = [
            person.name,
            person.name[1:],
            "".join(syllables),
            "".join(syllable[0] for syllable in syllables),
            f"{person.name[0]} {phone[-4:]}",
            phone,
            number[-4:],
            plate or syllables[-1],
            plate[2:] or phone[-4:],
        ]
        return draw.choice(ways)


def fill_crowd(settings: Settings, folder: DataFolder, people: int) -> Crowd:
    """Register so many people in new stores, in bulk."""
    stores = open_newest(settings, folder.key("audit"))
    try:
        with stores["registry"].begin(SystemClock().now()) as work:
            crowd = _filled(work, IdentityKeys(folder.key("identity")), people)
        count_anew(stores["registry"])  # as a database in use has long done by itself
    finally:
        for store in stores.values():
            store.close()
    return crowd


def _filled(work: Work, keys: IdentityKeys, count: int) -> Crowd:
    session, now, draw = work.session, work.now, Random(_SEED)  # noqa: S311 - drawn, not secret
    sites = [SiteId(f"oc{number}") for number in range(1, _SITES + 1)]
    for number, site in enumerate(sites, 1):
        add_site(session, site_id=site, name_zh=f"{number}号院", name_en=f"Compound {number}")
    units = [add_unit(session, name_zh=f"第{number}局", name_en=f"Office {number}").id for number in range(_UNITS)]
    numbers: set[str] = set()
    taken: set[str] = set()
    people, plates = [], {}
    for _ in range(count):
        sex = draw.choice(list(Sex))
        person = NewPerson(
            site=draw.choice(sites),
            name=surname(draw) + given_name(draw, sex),
            unit_id=draw.choice(units),
            phone=f"1{draw.randrange(30, 100)}{draw.randrange(10**8):08d}",
            id_number=identity_number(draw, numbers, sex=sex, born=draw.randrange(1950, 2010)),
        )
        people.append(person)
        if draw.random() < _DRIVERS:
            plates[person.id] = civil_plate(draw, taken)
    register_people(session, keys, people, now=now)
    permits = [
        NewPermit(holder=person.id, plate=plates[person.id], year=now.year, sites=frozenset({person.site}))
        for person in people
        if person.id in plates
    ]
    issue_permits(session, permits, now=now)
    token = add_token(session, name="reader", grants={Grant(Role.CLERK, None)}, now=now, actor=_BY)
    return Crowd(people=people, plates=plates, sites=sites, token=token)
