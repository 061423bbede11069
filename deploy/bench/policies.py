"""The question of a gate as others answer it: a dict, the policy engine Cedar, and pycasbin. Who may be granted, no more.

They decide on the people's cards of the same snapshot: state, dates, levels, gate, hours, holidays and deny list. All
of them are told the local day and minute by the same few lines, and all may prepare what they like beforehand.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from gateway.checks.snapshot import Snapshot
from registry.access.facts import CredentialKind, CredentialStatus, DayKind, HolidayRule, Week
from registry.calendar.rules import day_at
from registry.clock import Instant
from registry.ids import GateId, SiteId

Ask = Callable[[str, GateId, Instant], bool]
"""May whoever shows this card pass this gate at this moment?"""
_Schedule = tuple[Week, HolidayRule]


@dataclass(frozen=True, slots=True)
class Held:
    """A card, as far as these engines are told."""

    is_active: bool
    valid_from: Instant
    valid_until: Instant
    levels: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The snapshot's facts in the plainest form. `rules`: level, gate and the number of a schedule."""

    held: Mapping[str, Held]
    denied: frozenset[str]
    gates: tuple[GateId, ...]
    rules: tuple[tuple[int, GateId, int], ...]
    schedules: tuple[_Schedule, ...]
    days: Mapping[int, tuple[int, bool]]
    """Of each day that is asked about, by its ordinal: whose weekday's hours it has, and whether it is a holiday."""
    offset: timedelta
    """Of the site's clock, which is not put forward or back."""

    def here(self, now: Instant) -> tuple[int, bool, int]:
        """The weekday whose hours hold, whether it is a holiday, and the minute of the day."""
        local = now + self.offset
        weekday, is_holiday = self.days[local.toordinal()]
        return weekday, is_holiday, local.hour * 60 + local.minute


def model_of(snapshot: Snapshot, site: SiteId, asked: Iterator[Instant]) -> Model:
    """What the engines are told, for these moments."""
    facts = snapshot.facts
    numbers = {level: number for number, level in enumerate(facts.levels)}
    schedules: dict[_Schedule, int] = {}
    rules = [
        (numbers[level.id], gate, schedules.setdefault((level.week, level.holidays), len(schedules)))
        for level in facts.levels.values()
        for gate in sorted(level.gates)
    ]
    zone = snapshot.timezones[site]
    locals_ = [now.astimezone(zone) for now in asked]
    days = {local.toordinal(): day_at(facts.calendars[site], local.date()) for local in locals_}
    cards = (one for one in snapshot.credentials.values() if one.kind is CredentialKind.CARD)
    return Model(
        held={
            one.key: Held(
                is_active=one.status is CredentialStatus.ACTIVE,
                valid_from=one.valid_from,
                valid_until=one.valid_until,
                levels=tuple(numbers[level] for level in one.levels),
            )
            for one in cards
        },
        denied=frozenset(line.key for line in snapshot.denied.values() if line.kind is CredentialKind.CARD),
        gates=tuple(facts.gates),
        rules=tuple(rules),
        schedules=tuple(schedules),
        days={ordinal: (day.hours_of, day.kind is DayKind.HOLIDAY) for ordinal, day in days.items()},
        offset=locals_[0].utcoffset() or timedelta(),
    )


def _is_open(schedule: _Schedule, weekday: int, minute: int, *, is_holiday: bool) -> bool:
    week, holidays = schedule
    if is_holiday and holidays is HolidayRule.CLOSED:
        return False
    for begins, ends in week[weekday]:  # noqa: SIM110 - it is the floor, and a generator would cost more
        if begins <= minute < ends:
            return True
    return False


def plain_dict(model: Model) -> Callable[[str, GateId, Instant], str]:
    """The floor: dicts and a reason code, nothing else."""
    schedule_of = {(level, gate): model.schedules[number] for level, gate, number in model.rules}
    held_by, denied, here = model.held, model.denied, model.here

    def reason(card: str, gate: GateId, now: Instant) -> str:
        if card in denied:
            return "denied_list"
        held = held_by.get(card)
        if held is None:
            return "unknown_credential"
        if not held.is_active:
            return "suspended"
        if now < held.valid_from:
            return "not_yet_valid"
        if now >= held.valid_until:
            return "expired"
        schedules = [schedule_of[level, gate] for level in held.levels if (level, gate) in schedule_of]
        if not schedules:
            return "no_level"
        weekday, is_holiday, minute = here(now)
        for schedule in schedules:
            if _is_open(schedule, weekday, minute, is_holiday=is_holiday):
                return "ok"
        closed = [one for one in schedules if is_holiday and one[1] is HolidayRule.CLOSED]
        if closed and (
            len(closed) == len(schedules) or any(_is_open(one, weekday, minute, is_holiday=False) for one in closed)
        ):
            return "holiday"
        return "outside_hours"

    return reason


def cedar_of_rules(model: Model) -> Ask:
    """One policy for each of the rules, parsed beforehand; all cards are entities, parsed beforehand."""
    policies = [
        f'permit(principal in Level::"{level}", action == Action::"enter", resource == Gate::"{gate}") '
        f"when {{ {_VALID} && {_hours(model.schedules[number])} }};"
        for level, gate, number in model.rules
    ]
    return _cedar(model, [*policies, _DENY], list(_people(model)))


def cedar_of_schedules(model: Model) -> Ask:
    """One policy for each schedule; which levels open a gate by it stands in the gate. All is parsed beforehand."""
    return _cedar(model, _by_schedule(model), [*_people(model), *_gates(model).values()])


def cedar_of_slices(model: Model) -> Ask:
    """The same policies; with each question goes the slice of entities that it needs, as Cedar's documents advise."""
    import cedarpy  # noqa: PLC0415 - not installed where nothing is measured

    policies = cedarpy.PolicySet.from_str("\n".join(_by_schedule(model)))
    people = {card: json.dumps(entity) for card, entity in zip(model.held, _people(model), strict=True)}
    gates = {gate: json.dumps(entity) for gate, entity in _gates(model).items()}

    def ask(card: str, gate: GateId, now: Instant) -> bool:
        entities = f"[{people[card]},{gates[gate]}]"
        return cedarpy.is_authorized(_request(model, card, gate, now), policies, entities).allowed

    return ask


def casbin_enforcer(model: Model) -> Ask:
    """Enforcer of pycasbin: roles for levels, one policy for each rule, hours and validity by functions of ours."""
    import casbin  # noqa: PLC0415 - not installed where nothing is measured

    enforcer = casbin.Enforcer(casbin.Enforcer.new_model(text=_CASBIN))
    enforcer.add_policies([[f"level-{level}", gate, str(number)] for level, gate, number in model.rules])
    enforcer.add_grouping_policies(
        [[card, f"level-{level}"] for card, held in model.held.items() for level in held.levels]
    )
    asked: list[tuple[int, bool, int, Instant]] = []

    def is_open(number: str) -> bool:
        weekday, is_holiday, minute, _ = asked[0]
        return _is_open(model.schedules[int(number)], weekday, minute, is_holiday=is_holiday)

    def is_valid(card: str) -> bool:
        held = model.held.get(card)
        return held is not None and held.is_active and held.valid_from <= asked[0][3] < held.valid_until

    enforcer.add_function("open", is_open)
    enforcer.add_function("valid", is_valid)
    enforcer.add_function("listed", lambda card: card in model.denied)

    def ask(card: str, gate: GateId, now: Instant) -> bool:
        asked[:] = [(*model.here(now), now)]
        return bool(enforcer.enforce(card, gate))

    return ask


_CASBIN = """
[request_definition]
r = sub, obj

[policy_definition]
p = sub, obj, schedule

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.obj == p.obj && g(r.sub, p.sub) && open(p.schedule) && valid(r.sub) && !listed(r.sub)
"""
_VALID = "principal.active && context.now >= principal.since && context.now < principal.until"
_DENY = 'forbid(principal, action == Action::"enter", resource) when { principal.denied };'


def _cedar(model: Model, policies: list[str], entities: list[dict[str, object]]) -> Ask:
    import cedarpy  # noqa: PLC0415 - not installed where nothing is measured

    parsed = cedarpy.PolicySet.from_str("\n".join(policies))
    known = cedarpy.Entities.from_json_str(json.dumps(entities))

    def ask(card: str, gate: GateId, now: Instant) -> bool:
        return cedarpy.is_authorized(_request(model, card, gate, now), parsed, known).allowed

    return ask


def _request(model: Model, card: str, gate: GateId, now: Instant) -> dict[str, object]:
    weekday, is_holiday, minute = model.here(now)
    holiday = "true" if is_holiday else "false"
    return {
        "principal": {"type": "Person", "id": card},
        "action": {"type": "Action", "id": "enter"},
        "resource": {"type": "Gate", "id": gate},
        "context": f'{{"now":{int(now.timestamp())},"day":{weekday},"holiday":{holiday},"minute":{minute}}}',
    }


def _by_schedule(model: Model) -> list[str]:
    policies = [
        f'permit(principal, action == Action::"enter", resource) '
        f"when {{ {_VALID} && principal in resource.by{number} && {_hours(schedule)} }};"
        for number, schedule in enumerate(model.schedules)
    ]
    return [*policies, _DENY]


def _hours(schedule: _Schedule) -> str:
    week, holidays = schedule
    days: dict[tuple[int, int], list[int]] = {}
    for weekday, windows in enumerate(week):
        for window in windows:
            days.setdefault(window, []).append(weekday)
    spans = [
        f"({on}.contains(context.day) && context.minute >= {begins} && context.minute < {ends})"
        for (begins, ends), on in days.items()
    ]
    text = f"({' || '.join(spans)})"
    return f"!context.holiday && {text}" if holidays is HolidayRule.CLOSED else text


def _people(model: Model) -> Iterator[dict[str, object]]:
    for card, held in model.held.items():
        yield {
            "uid": {"type": "Person", "id": card},
            "attrs": {
                "active": held.is_active,
                "since": int(held.valid_from.timestamp()),
                "until": int(held.valid_until.timestamp()),
                "denied": card in model.denied,
            },
            "parents": [{"type": "Level", "id": str(level)} for level in held.levels],
        }


def _gates(model: Model) -> dict[GateId, dict[str, object]]:
    opened: dict[GateId, dict[str, list[object]]] = {
        gate: {f"by{number}": [] for number in range(len(model.schedules))} for gate in model.gates
    }
    for level, gate, number in model.rules:
        opened[gate][f"by{number}"].append({"__entity": {"type": "Level", "id": str(level)}})
    return {gate: {"uid": {"type": "Gate", "id": gate}, "attrs": by, "parents": []} for gate, by in opened.items()}
