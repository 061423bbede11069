"""What the security office keeps of let rooms and of building work, drawn: risk classes, files, checks, projects. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from deploy.demo.housing import Housing
from deploy.demo.population import Household
from registry.clock import Instant
from registry.credentials.grounds import begin_of
from registry.housing.checks import NewCheck
from registry.housing.files import NewFile
from registry.housing.models import CheckKind, CheckOutcome, RiskClass
from registry.housing.rules import CHECK_EVERY
from registry.housing.tenancies import NewTenancy
from registry.ids import PersonId, RoomId, SiteId, UnitId
from registry.passes.service import NewCard
from registry.people.models import PersonKind
from registry.projects.service import NewProject, ProjectFields
from registry.projects.workers import NewWorker

_RISKS = {RiskClass.RED: 12, RiskClass.ORANGE: 1, RiskClass.YELLOW: 30, RiskClass.BLUE: 32, RiskClass.GREEN: 25}
_LATE = 0.05
"""Of the rooms, so many are overdue for a check."""
_HOMES = (
    "湖北省秭归县",
    "湖北省兴山县",
    "湖北省长阳县",
    "湖北省枝江市",
    "四川省巫山县",
    "河南省南阳市",
    "湖南省常德市",
)
_PURPOSES = ("务工", "经商", "随迁", "就学", "照顾家人")
_FINDINGS = ("灭火器已过期，当场更换", "楼道堆放杂物，当场清理", "电动车在室内充电，已制止")
_WORKS = ("锅炉房改造", "屋面防水", "管网改造", "监控立杆施工", "电梯更换", "外墙保温")
_CONTRACTORS = ("泊安宏发建筑公司", "望江安装工程队", "东湖水电安装公司")
_TRADES = ("焊工", "电工", "瓦工", "木工", "架子工", "普工")
_TRAINED = 0.9


@dataclass(frozen=True, slots=True)
class Renting:
    """Files and checks of the let rooms, projects with their lists, and the cards as they rest on both."""

    files: list[tuple[NewFile, Instant]] = field(default_factory=list)
    checks: list[NewCheck] = field(default_factory=list)
    projects: list[NewProject] = field(default_factory=list)
    workers: list[NewWorker] = field(default_factory=list)
    cards: list[NewCard] = field(default_factory=list)
    risks: dict[RoomId, RiskClass] = field(default_factory=dict)


def draw_renting(
    seed: int,
    housing: Housing,
    households: Sequence[Household],
    cards: Sequence[NewCard],
    *,
    now: Instant,
    zone: ZoneInfo,
) -> Renting:
    """Draw it for everybody who rents from somebody, and for every contractor's worker."""
    draw, renting, today = Random(seed), Renting(), now.astimezone(zone).date()
    let = [tenancy for tenancy in housing.tenancies if tenancy.landlord_id is not None]
    for tenancy in let:
        risk = draw.choices(list(_RISKS), list(_RISKS.values()))[0]
        renting.risks[tenancy.room_id] = risk
        renting.checks.extend(_checks(draw, tenancy, risk, today, zone))
        arrived = begin_of(tenancy.first_day, zone) + timedelta(hours=10)
        for person in tenancy.occupants:
            new = NewFile(
                tenancy_id=tenancy.id, person_id=person, home=draw.choice(_HOMES), purpose=draw.choice(_PURPOSES)
            )
            renting.files.append((new, min(arrived, now)))
    _draw_projects(draw, renting, households, today)
    renting.cards.extend(_resting(cards, let, renting, zone))
    return renting


def _checks(draw: Random, tenancy: NewTenancy, risk: RiskClass, today: date, zone: ZoneInfo) -> Iterable[NewCheck]:
    every = CHECK_EVERY[risk]
    back = every.days + draw.randint(2, 20) if draw.random() < _LATE else draw.randint(1, max(every.days, 1))
    day = today - timedelta(days=back)
    if day < tenancy.first_day:
        return
    mended = draw.random() < 0.1  # noqa: PLR2004 - a tenth of the checks find something
    yield NewCheck(
        room_id=tenancy.room_id,
        kind=CheckKind.ROOM_CHECK,
        at=datetime.combine(day, time(9 + draw.randrange(8), draw.randrange(60)), zone).astimezone(UTC),
        outcome=CheckOutcome.PUT_RIGHT if mended else CheckOutcome.IN_ORDER,
        words=draw.choice(_FINDINGS) if mended else None,
    )


def _draw_projects(draw: Random, renting: Renting, households: Sequence[Household], today: date) -> None:
    """One project for each unit that has workers of a contractor."""
    crews: dict[tuple[SiteId, UnitId], list[PersonId]] = defaultdict(list)
    for household in households:
        one = household[0].person
        if one.kind is PersonKind.CONTRACTOR and one.unit_id is not None:
            crews[one.site, one.unit_id].append(one.id)
    for (site, unit), crew in crews.items():
        project = NewProject(
            site=site,
            fields=ProjectFields(
                unit_id=unit,
                name=draw.choice(_WORKS),
                contractor=draw.choice(_CONTRACTORS),
                foreman=draw.choice(("周大力", "陈石", "孙铁", "郑平")),
                first_day=today - timedelta(days=draw.randint(5, 60)),
                last_day=today + timedelta(days=draw.randint(20, 120)),
            ),
        )
        renting.projects.append(project)
        for person in crew:
            trained = today + timedelta(days=draw.randint(1, 300)) if draw.random() < _TRAINED else None
            renting.workers.append(
                NewWorker(
                    project_id=project.id,
                    person_id=person,
                    trade=draw.choice(_TRADES),
                    training_last_day=trained,
                )
            )


def _resting(
    cards: Sequence[NewCard], let: Sequence[NewTenancy], renting: Renting, zone: ZoneInfo
) -> Iterable[NewCard]:
    """The cards: those of who rents rest on the tenancy, those of trained workers on the project."""
    lives: Mapping[PersonId, NewTenancy] = {person: tenancy for tenancy in let for person in tenancy.occupants}
    projects = {project.id: project for project in renting.projects}
    works = {one.person_id: projects[one.project_id] for one in renting.workers if one.training_last_day is not None}
    for card in cards:
        if tenancy := lives.get(card.holder):
            on = _within(card, tenancy.first_day, tenancy.last_day, zone)
            yield card if on is None else replace(on, tenancy_id=tenancy.id)
        elif project := works.get(card.holder):
            on = _within(card, project.fields.first_day, project.fields.last_day, zone)
            yield card if on is None else replace(on, project_id=project.id)
        else:
            yield card


def _within(card: NewCard, first: date, last: date | None, zone: ZoneInfo) -> NewCard | None:
    """The card for no longer than these days; None: it has none of them."""
    begins = max(card.valid_from, begin_of(first, zone))
    ends = card.valid_until if last is None else min(card.valid_until, begin_of(last + timedelta(days=1), zone))
    return replace(card, valid_from=begins, valid_until=ends) if begins < ends else None
