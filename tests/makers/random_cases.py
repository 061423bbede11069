"""Attempts at random, with compounds to make them at: most would pass, and whatever can be wrong is wrong often enough."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

from gateway.checks.circumstances import Circumstances, Closed, LaneBusy
from gateway.checks.question import Inside
from gateway.checks.shown import CardShown, PassShown, PermitShown, PinShown, PlateShown, Shown
from registry.access.facts import (
    AccessFacts,
    AreaFacts,
    CredentialFacts,
    CredentialKind,
    CredentialStatus,
    DayFacts,
    DayKind,
    DenyEntry,
    Direction,
    GateFacts,
    GateRights,
    Ground,
    Holder,
    HolidayRule,
    LaneFacts,
    LevelFacts,
    Passback,
    RestsOn,
    SiteCalendar,
    Week,
)
from registry.clock import Instant
from registry.ids import AreaId, CredentialId, EntryId, GateId, LaneId, LevelId, PersonId, SiteId, derived_id
from registry.plates.grammar import PlateKind
from tests.makers.oracle import Case

T = TypeVar("T")
SITES = {SiteId("oc1"): "Asia/Shanghai", SiteId("oc2"): "Asia/Urumqi"}
LANES = ((None, True), (Direction.IN, False), (Direction.OUT, True), (None, False))
LEAP_YEARS = (2024, 2028)
KINDS = (CredentialKind.PLATE, CredentialKind.CARD, CredentialKind.PIN, CredentialKind.QR, CredentialKind.PLATE)
"""What each key is, in turn, so that several credentials may have the same one."""
NIGHT, WHOLE_DAY, EVENING = (22 * 60, 30 * 60), (0, 1440), (18 * 60, 1440)
WINDOWS = (NIGHT, WHOLE_DAY, EVENING, (480, 1080), (480, 720), (840, 1080), (0, 360), (1439, 1441), (720, 2160))
NUDGES = tuple(timedelta(microseconds=each) for each in (-1, 0, 0, 1, -1_000_000, 59_000_000))
SECOND = timedelta(seconds=1)
ENTRY = EntryId(derived_id("entry"))


def cases(seed: int, count: int, *, at_each: int = 250) -> Iterator[Case]:
    """So many attempts, `at_each` of them at the same compounds."""
    draw = Random(seed)
    for _ in range(count // at_each):
        compounds = Compounds(draw)
        for _ in range(at_each):
            yield compounds.attempt()


def kept(draw: Random, chance: float, thing: T) -> T | None:
    return thing if draw.random() < chance else None


class Compounds:
    """Two compounds of one leap year or the one after, with what was issued there."""

    def __init__(self, draw: Random) -> None:
        self.draw = draw
        self.year = draw.choice(LEAP_YEARS) + draw.choice((0, 0, 0, 1))
        gates = {gate.id: gate for gate in self.gates()}
        areas = [self.area(site, name) for site in SITES for name in ("inside", "yard")]
        levels = [self.level(f"level-{each}", list(gates)) for each in range(10)]
        self.keys = [f"key-{each}" for each in range(30)]
        self.level_ids = [level.id for level in levels]
        self.gate_ids = list(gates)
        credentials = [self.credential(key) for key in self.keys for _ in range(draw.choice((1, 1, 1, 2, 2, 3)))]
        self.facts = AccessFacts(
            versions=dict.fromkeys(SITES, 1),
            timezones=SITES,
            gates=gates,
            areas={area.id: area for area in areas},
            credentials=tuple({(one.id, one.key): one for one in credentials}.values()),
            denied=tuple(self.deny_line(each) for each in range(4)),
            levels={level.id: level for level in levels[:-1]},
            calendars={site: self.calendar() for site in SITES if draw.random() < 0.9},
        )

    def gates(self) -> Iterator[GateFacts]:
        for name, site in (("north", "oc1"), ("south", "oc1"), ("main", "oc2")):
            gate = GateId(f"{site}-{name}")
            lanes = tuple(
                LaneFacts(
                    id=LaneId(f"{gate}-{number}"),
                    direction=direction,
                    from_area=AreaId(f"{site}-inside" if direction is Direction.OUT else f"{site}-street"),
                    to_area=AreaId(f"{site}-street" if direction is Direction.OUT else f"{site}-inside"),
                    manned=manned,
                )
                for number, (direction, manned) in enumerate(LANES)
            )
            yield GateFacts(id=gate, site=SiteId(site), name_zh=name, name_en=name, lanes=lanes)

    def area(self, site: SiteId, name: str) -> AreaFacts:
        draw = self.draw
        return AreaFacts(
            id=AreaId(f"{site}-{name}"),
            site=site,
            passback_people=draw.choice((*Passback, Passback.SOFT)),
            passback_vehicles=draw.choice((*Passback, Passback.SOFT)),
            passback_minutes=draw.choice((None, 30)),
        )

    def level(self, name: str, gates: Sequence[GateId]) -> LevelFacts:
        draw = self.draw
        shapes = [tuple(draw.sample(WINDOWS, draw.randint(1, 2))) for _ in range(2)]
        week: Week = tuple(draw.choice((*shapes, shapes[0], ())) for _ in range(7))
        return LevelFacts(
            id=LevelId(derived_id("level", name)),
            name_zh=name,
            name_en=name,
            gates=frozenset(gate for gate in gates if draw.random() < 0.75),
            holidays=draw.choice(list(HolidayRule)),
            week=week,
        )

    def calendar(self) -> SiteCalendar:
        """Holidays of some days each, a Monday off and the Saturday before it worked; the leap day is now and then one."""
        draw = self.draw
        days: dict[date, DayFacts] = {}
        for _ in range(6):
            begin = date(self.year, 1, 1) + timedelta(days=draw.randrange(365))
            for day in (begin + timedelta(days=each) for each in range(draw.randint(1, 5))):
                days[day] = DayFacts(hours_of=day.weekday(), kind=DayKind.HOLIDAY, is_known=True)
            monday = begin - timedelta(days=begin.weekday())
            days[monday] = DayFacts(hours_of=0, kind=DayKind.HOLIDAY, is_known=True)
            days[monday - timedelta(days=2)] = DayFacts(hours_of=draw.randrange(5), kind=DayKind.WORKDAY, is_known=True)
        if draw.random() < 0.3:
            leap = self.leap_day()
            kind = draw.choice((DayKind.HOLIDAY, DayKind.WORKDAY))
            days[leap] = DayFacts(hours_of=leap.weekday(), kind=kind, is_known=True)
        return SiteCalendar(days=days, years_known=frozenset({self.year}))

    def leap_day(self) -> date:
        return date(self.year - self.year % 4, 2, 29)

    def midnight(self, year: int, month: int = 1, day: int = 1) -> Instant:
        return datetime(year, month, day, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)

    def credential(self, key: str) -> CredentialFacts:
        """Good for the year, all sites and gates, unless something is the matter with it; now and then two things are."""
        draw = self.draw
        kind = KINDS[int(key.removeprefix("key-")) % len(KINDS)]
        made = CredentialFacts(
            id=CredentialId(derived_id("credential", key, str(draw.random()))),
            kind=kind,
            key=key,
            holder=kept(draw, 0.95, self.holder()),
            sites=frozenset(SITES),
            gates=None,
            status=CredentialStatus.ACTIVE,
            valid_from=self.midnight(self.year - 1),
            valid_until=self.midnight(self.year + 1),
            permit_year=None,
            duress_key=f"{key}-duress" if kind is CredentialKind.PIN else None,
            levels=tuple(draw.sample(self.level_ids, draw.randint(1, 3))) if draw.random() < 0.6 else (),
            entries_allowed=kept(draw, 0.2, draw.randint(1, 3)),
        )
        if kind is CredentialKind.PLATE:
            made = self.permit(made)
        for _ in range(draw.choice((0, 0, 0, 0, 1, 1, 2))):
            made = self.spoilt(made)
        return made

    def permit(self, made: CredentialFacts) -> CredentialFacts:
        draw = self.draw
        year = self.year + draw.choice((-1, 0, 0, 0, 1))
        if draw.random() < 0.2:
            return made
        own = draw.choice((None, made.id, made.id, CredentialId(derived_id("permit", made.key))))
        return replace(
            made,
            permit_year=year,
            permit_number=f"number-{made.key}",
            permit=own,
            valid_from=self.midnight(year),
            valid_until=self.midnight(year + 1),
        )

    def spoilt(self, made: CredentialFacts) -> CredentialFacts:
        draw, when = self.draw, self.moment()
        over = RestsOn(ground=draw.choice(list(Ground)), over_from=draw.choice((None, when)))
        match draw.randrange(8):
            case 0:
                return replace(made, status=draw.choice(list(CredentialStatus)))
            case 1:
                return replace(made, status=CredentialStatus.ENDED, rests_on=draw.choice((None, over)))
            case 2:
                return replace(made, rests_on=over)
            case 3:
                training = RestsOn(ground=Ground.PROJECT, over_from=None, training_until=when)
                return replace(made, rests_on=draw.choice((training, replace(training, over_from=self.moment()))))
            case 4:
                return replace(made, valid_from=when)
            case 5:
                return replace(made, valid_until=when)
            case 6:
                return replace(made, sites=frozenset(draw.sample(sorted(SITES), 1)))
            case _:
                return replace(made, gates=frozenset(draw.sample(self.gate_ids, draw.randint(0, 2))), levels=())

    def holder(self) -> Holder:
        draw = self.draw
        rights = GateRights(
            clearance=draw.randint(0, 5),
            first_person=draw.random() < 0.2,
            may_escort=draw.random() < 0.2,
            needs_escort=draw.random() < 0.2,
        )
        name = f"holder-{draw.random()}"
        person = PersonId(derived_id("person", name))
        return Holder(id=person, name=name, unit_zh=None, unit_en=None, photo=None, rights=rights)

    def deny_line(self, number: int) -> DenyEntry:
        draw = self.draw
        return DenyEntry(
            id=derived_id("line", str(number)),
            sites=kept(draw, 0.5, frozenset({draw.choice(list(SITES))})),
            kind=draw.choice((CredentialKind.PLATE, CredentialKind.PLATE, CredentialKind.CARD, CredentialKind.QR)),
            key=draw.choice([*self.keys, "nobody"]),
            words="",
            valid_until=kept(draw, 0.5, self.moment()),
        )

    def moment(self) -> Instant:
        """Some edge of the year's days: a turn of the year, the leap day, a window's end; or any time at all."""
        draw = self.draw
        day = draw.choice(
            (
                self.leap_day(),
                self.leap_day() + timedelta(days=1),
                date(self.year, 1, 1),
                *(date(self.year, 1, 1) + timedelta(days=draw.randrange(366)) for _ in range(6)),
            )
        )
        minute = draw.choice(draw.choice(WINDOWS)) if draw.random() < 0.5 else draw.randrange(1440)
        zone = ZoneInfo(draw.choice(list(SITES.values())))
        wall = datetime.combine(day, time()) + timedelta(minutes=minute)
        return wall.replace(tzinfo=zone).astimezone(UTC) + draw.choice(NUDGES)

    def now(self, one: CredentialFacts) -> Instant:
        """Some moment; in one case of three on a day of the calendar, in one of seven when something about it begins or ends."""
        draw, moment = self.draw, self.moment()
        chance = draw.random()
        if chance < 0.35 and self.facts.calendars:
            calendar = draw.choice(list(self.facts.calendars.values()))
            days = (draw.choice(list(calendar.days)) - moment.date()) + timedelta(days=draw.choice((0, 0, 1)))
            return moment + days
        if chance < 0.5:
            rests = one.rests_on or RestsOn(ground=Ground.PROJECT, over_from=None)
            listed = [line.valid_until for line in self.facts.denied if line.key == one.key]
            edges = (one.valid_from, one.valid_until, rests.over_from, rests.training_until, *listed)
            return draw.choice([edge for edge in edges if edge is not None]) + draw.choice(NUDGES)
        return moment

    def shown(self, one: CredentialFacts) -> Shown:
        draw = self.draw
        key = kept(draw, 0.97, one.key) or "nobody"
        match one.kind:
            case CredentialKind.PLATE if one.permit_number is not None and draw.random() < 0.3:
                number = f"number-{key}"
                return PermitShown(raw=number, key=number)
            case CredentialKind.PLATE:
                form = PlateKind.CIVIL if draw.random() < 0.8 else draw.choice((*PlateKind, None, None))
                return PlateShown(raw=key, key=key, form=form)
            case CredentialKind.QR:
                return PassShown(raw=key, key=key, signed=draw.random() < 0.9)
            case CredentialKind.PIN:
                typed = draw.choice((key, key, f"{key}-duress"))
                return PinShown(raw=typed, key=typed)
            case _:
                return CardShown(raw=key, key=key)

    def attempt(self) -> Case:
        draw = self.draw
        one = draw.choice(list(self.facts.credentials))
        now, shown = self.now(one), self.shown(one)
        gate = draw.choice(list(self.facts.gates.values()))
        lane = draw.choice(gate.lanes)
        direction = lane.direction or draw.choice((Direction.IN, Direction.IN, Direction.OUT))
        return Case(
            facts=self.facts,
            gate=gate,
            lane=lane,
            direction=direction,
            shown=shown,
            now=now,
            inside=kept(draw, 0.4, self.inside(gate, now)),
            circumstances=self.circumstances(shown, lane, direction, now),
        )

    def inside(self, gate: GateFacts, now: Instant) -> Inside:
        draw = self.draw
        since = now - timedelta(minutes=draw.choice((0, 29, 30, 31, 600))) + draw.choice(NUDGES)
        area = AreaId(f"{gate.site}-{draw.choice(('inside', 'inside', 'inside', 'yard', 'street'))}")
        return Inside(area=area, since=since, entry=ENTRY, forgiven=draw.random() < 0.2)

    def circumstances(self, shown: Shown, lane: LaneFacts, direction: Direction, now: Instant) -> Circumstances:
        """What may be so at the gates; as in life, only what matters to this attempt is looked up."""
        draw = self.draw
        until = now + draw.choice((-SECOND, 0 * SECOND, SECOND, 30 * SECOND))
        here = Circumstances(
            blocked_until=kept(draw, 0.25 if isinstance(shown, PinShown) else 0, until),
            lane=kept(draw, 0.08, draw.choice(list(LaneBusy))),
        )
        if direction is Direction.OUT:
            return here
        closed = Closed(area=lane.to_area, lockdown=draw.random() < 0.4, threat_level=draw.randint(0, 5))
        here = replace(
            here,
            closed=kept(draw, 0.15, closed),
            uses=kept(draw, 0.9, draw.randint(0, 3)),
            sharing=kept(draw, 0.06, "key-other"),
            counted=kept(draw, 0.95, draw.randint(3, 6)),
            capacity=kept(draw, 0.15, 5),
        )
        if isinstance(shown, PlateShown | PermitShown):
            return here
        return replace(
            here,
            escort=kept(draw, 0.5, ENTRY),
            asks_for_two=draw.random() < 0.15,
            beside=kept(draw, 0.5, ENTRY),
            first_is_in=draw.choice((None, None, None, None, True, False)),
        )
