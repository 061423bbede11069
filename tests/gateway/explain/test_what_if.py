"""Who could pass and who would gain or lose: each answer against the gates asked one by one, every half hour of the week."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.checks.circumstances import Closed
from gateway.checks.snapshot import Snapshot
from gateway.explain.changes import (
    AreaChange,
    Change,
    DayChange,
    Denial,
    Group,
    LevelChange,
    LevelGiven,
    LevelTaken,
    NothingToChange,
    after,
)
from gateway.explain.what_if import Touched, steps_of, what_if
from gateway.explain.who_can import who_can
from gateway.explain.world import EASE, Asking, World
from registry.access.facts import (
    CredentialFacts,
    CredentialKind,
    CredentialStatus,
    DayKind,
    Direction,
    GateRights,
    HolidayRule,
    RestsOn,
)
from registry.access.facts import Ground as RestGround
from registry.ids import AreaId, LevelId, derived_id
from registry.levels.rules import Window, week_of
from registry.messages.reasons import Reason, Verdict
from tests.fakes.clock import NOON
from tests.makers.gateway import (
    CARD,
    ELSEWHERE,
    INSIDE,
    NORTH,
    OC1,
    OC2,
    PLATE,
    SHANGHAI,
    SOUTH,
    a_card,
    a_deny_entry,
    a_gate,
    a_holder,
    a_lane,
    a_permit,
    access_facts,
)
from tests.makers.levels import a_calendar, a_level_fact

MONDAY = date(2026, 11, 23)
OFFICE = a_level_fact()
NIGHT = a_level_fact(
    *(Window(day, 22 * 60, 6 * 60) for day in range(7)), name="night", gates=("oc1-north", "oc1-south")
)


def a_world(*credentials: CredentialFacts, closed: Closed | None = None, **others: object) -> World:
    facts = replace(
        access_facts(*credentials, **others),  # type: ignore[arg-type]
        levels={OFFICE.id: OFFICE, NIGHT.id: NIGHT},
        calendars={OC1: a_calendar({})},
    )
    return World(snapshot=Snapshot.of(facts), closed={} if closed is None else {closed.area: closed})


def with_levels(key: str, *levels: LevelId, **others: object) -> CredentialFacts:
    return replace(a_card(key, holder=a_holder(f"holder of {key}"), **others), levels=levels)  # type: ignore[arg-type]


def keys(touched: Sequence[Touched]) -> list[str]:
    return [each.credential.key for each in touched]


def test_who_could_pass_is_whom_the_gate_would_let_in() -> None:
    world = a_world(
        a_card("0A", holder=a_holder("甲")),
        a_card("0B", holder=a_holder("甲")),
        a_card("0C", status=CredentialStatus.REVOKED),
        with_levels("0D", NIGHT.id),
        a_card("0E", sites=[OC2]),
        a_permit(),
        a_permit("鄂E66666"),
        denied=(a_deny_entry("鄂E66666"),),
    )
    found = who_can(world, a_gate(), NOON)
    assert [one.credential.key for one in found.wanted(Verdict.GRANTED, "")] == [PLATE, "0A", "0B"]
    assert (found.people(), found.vehicles()) == (1, 1)
    assert found.reasons() == {Reason.REVOKED: 1, Reason.OUTSIDE_HOURS: 1, Reason.DENIED_LIST: 1}
    assert [one.credential.key for one in found.wanted(None, "甲")] == ["0A", "0B"]
    assert [one.credential.key for one in found.wanted(None, "0d")] == ["0D"]
    assert found.wanted(None, "财政") == list(found.asked)
    at_night = who_can(world, a_gate(), NOON + timedelta(hours=11))
    assert "0D" in {one.credential.key for one in at_night.wanted(Verdict.GRANTED, "")}


def test_who_needs_somebody_beside_is_referred_and_who_lacks_clearance_is_not_let_in() -> None:
    escorted = replace(a_holder("学员"), rights=GateRights(needs_escort=True))
    cleared = replace(a_holder("队长"), rights=GateRights(clearance=5))
    world = a_world(a_card("0A", holder=escorted), a_card("0B", holder=cleared))
    assert who_can(world, a_gate(), NOON).reasons() == {Reason.ESCORT_MISSING: 1}
    shut = replace(world, closed={INSIDE: Closed(area=INSIDE, lockdown=True, threat_level=0)})
    assert [one.credential.key for one in who_can(shut, a_gate(), NOON).wanted(Verdict.GRANTED, "")] == ["0B"]


def test_a_gate_that_only_leads_out_is_asked_for_the_way_out() -> None:
    gate = a_gate(lanes=(a_lane(direction=Direction.OUT),))
    world = a_world(a_card(), gates=(gate,))
    shut = replace(world, closed={INSIDE: Closed(area=INSIDE, lockdown=True, threat_level=0)})
    assert len(who_can(shut, gate, NOON).wanted(Verdict.GRANTED, "")) == 1


def test_the_progress_of_the_work_is_told() -> None:
    told: list[float] = []
    who_can(a_world(a_card()), a_gate(), NOON, told.append)
    what_if(a_world(a_card()), Denial(line=a_deny_entry()), MONDAY, None, told.append)
    assert told == [0, 0]


def test_longer_hours_let_their_holders_in_and_nobody_else() -> None:
    world = a_world(with_levels("0A", OFFICE.id), with_levels("0B", NIGHT.id), a_card("0C"))
    late = week_of([Window(weekday, 8 * 60, 20 * 60) for weekday in range(5)])
    effect = what_if(world, LevelChange(level=OFFICE.id, gates=None, week=late, holidays=None), MONDAY, None)
    assert (keys(effect.gains), keys(effect.loses)) == (["0A"], [])
    (gained,) = effect.gains
    assert (gained.gate, gained.at) == (NORTH, datetime(2026, 11, 23, 10, tzinfo=UTC))
    assert (gained.before.reason, gained.after.reason) == (Reason.OUTSIDE_HOURS, Reason.OK)
    assert effect.people(effect.gains) == 1


def test_a_gate_taken_from_a_level_shuts_its_holders_out_there() -> None:
    world = a_world(with_levels("0A", NIGHT.id), with_levels("0B", NIGHT.id, OFFICE.id))
    only_north = LevelChange(level=NIGHT.id, gates=frozenset({NORTH}), week=None, holidays=None)
    effect = what_if(world, only_north, MONDAY, None)
    assert (effect.gains, {(each.credential.key, each.gate) for each in effect.loses}) == (
        [],
        {("0A", SOUTH), ("0B", SOUTH)},
    )


def test_hours_that_move_give_and_take() -> None:
    world = a_world(with_levels("0A", OFFICE.id))
    later = week_of([Window(weekday, 9 * 60, 19 * 60) for weekday in range(5)])
    effect = what_if(world, LevelChange(level=OFFICE.id, gates=None, week=later, holidays=None), MONDAY, None)
    assert keys(effect.gains) == keys(effect.loses) == ["0A"]


def test_a_pass_for_one_hour_is_found_though_no_window_begins_in_it() -> None:
    once = with_levels("0A", OFFICE.id, valid_from=NOON, valid_until=NOON + timedelta(hours=1))
    shut = LevelChange(level=OFFICE.id, gates=frozenset({SOUTH}), week=None, holidays=None)
    effect = what_if(a_world(once), shut, MONDAY, None)
    assert [(each.gate, each.at) for each in effect.loses] == [(NORTH, NOON)]
    assert [(each.gate, each.at) for each in effect.gains] == [(SOUTH, NOON)]


def test_who_is_given_a_first_level_opens_that_alone_and_who_is_left_without_opens_nothing() -> None:
    world = a_world(a_card("0A"), with_levels("0B", OFFICE.id))
    group = Group(site=OC1, level=None, unit="市财政局", kind=CredentialKind.CARD)
    given = what_if(world, LevelGiven(level=OFFICE.id, group=group), MONDAY, None)
    assert (keys(given.gains), keys(given.loses)) == ([], ["0A"])
    taken = what_if(world, LevelTaken(level=OFFICE.id, group=group), MONDAY, None)
    assert (keys(taken.gains), keys(taken.loses)) == ([], ["0B"])
    of_nobody = replace(group, unit="市审计局")
    assert what_if(world, LevelTaken(level=OFFICE.id, group=of_nobody), MONDAY, None).loses == []


def test_a_holiday_shuts_those_whose_level_closes_then() -> None:
    world = a_world(with_levels("0A", OFFICE.id), a_card("0B"))
    effect = what_if(world, DayChange(site=OC1, day=MONDAY, kind=DayKind.HOLIDAY), MONDAY, None)
    assert [(each.credential.key, each.after.reason) for each in effect.loses] == [("0A", Reason.HOLIDAY)]
    worked = what_if(world, DayChange(site=OC1, day=date(2026, 11, 28), kind=DayKind.WORKDAY), MONDAY, None)
    assert [each.at.astimezone(SHANGHAI).date() for each in worked.gains] == [date(2026, 11, 28)]
    assert what_if(world, DayChange(site=OC1, day=MONDAY, kind=None), MONDAY, None).loses == []


def test_a_line_of_the_deny_list_stops_what_it_names_where_it_names_it() -> None:
    world = a_world(a_card(), a_permit())
    effect = what_if(world, Denial(line=a_deny_entry()), MONDAY, None)
    assert [(each.credential.key, each.after.reason) for each in effect.loses] == [(PLATE, Reason.DENIED_LIST)]
    elsewhere = Denial(line=a_deny_entry(sites=[OC2]))
    assert what_if(world, elsewhere, MONDAY, None).loses == []
    over = Denial(line=a_deny_entry(valid_until=datetime(2026, 11, 22, tzinfo=UTC)))
    assert what_if(world, over, MONDAY, None).loses == []


def test_a_closed_area_shuts_out_who_is_not_cleared_and_one_for_two_asks_the_guard() -> None:
    cleared = replace(a_holder("队长"), rights=GateRights(clearance=5))
    world = a_world(a_card("0A"), a_card("0B", holder=cleared))
    nothing = AreaChange(site=OC1, area=INSIDE, lockdown=None, threat_level=None, first_person=None, two_person=None)
    shut = what_if(world, replace(nothing, lockdown=True), MONDAY, None)
    assert [(each.credential.key, each.after.reason) for each in shut.loses] == [("0A", Reason.LOCKDOWN)]
    by_twos = what_if(world, replace(nothing, two_person=True), MONDAY, None)
    assert [each.after for each in by_twos.loses] == [(Verdict.REFER, Reason.SECOND_PERSON_MISSING)] * 2
    first = what_if(world, replace(nothing, first_person=True), MONDAY, None)
    assert {each.after.reason for each in first.loses} == {Reason.FIRST_PERSON_MISSING}
    already = replace(world, closed={INSIDE: Closed(area=INSIDE, lockdown=False, threat_level=3)})
    assert keys(what_if(already, replace(nothing, threat_level=0), MONDAY, None).gains) == ["0A"]


def test_only_the_compounds_that_somebody_sees_are_told() -> None:
    world = a_world(a_card(sites=[OC1, OC2]))
    denial = Denial(line=a_deny_entry(CARD, kind=CredentialKind.CARD))
    assert [each.gate for each in what_if(world, denial, MONDAY, frozenset({OC2})).loses] == [ELSEWHERE]


@pytest.mark.parametrize(
    "change",
    [
        LevelChange(level=LevelId(derived_id("none")), gates=None, week=None, holidays=None),
        AreaChange(site=OC2, area=INSIDE, lockdown=True, threat_level=None, first_person=None, two_person=None),
        AreaChange(site=OC1, area=AreaId("none"), lockdown=True, threat_level=None, first_person=None, two_person=None),
    ],
)
def test_what_is_not_there_cannot_be_changed(change: Change) -> None:
    with pytest.raises(NothingToChange):
        what_if(a_world(a_card()), change, MONDAY, None)


def test_the_steps_of_a_week_are_those_of_the_compounds_clock() -> None:
    steps = steps_of(MONDAY, {6 * 60, 26 * 60}, SHANGHAI)
    local = [step.astimezone(SHANGHAI).strftime("%d %H:%M") for step in steps]
    assert local[:4] == ["23 00:00", "23 02:00", "23 06:00", "24 00:00"]
    assert local[-1] == "30 00:00"


HALF_HOUR = timedelta(minutes=30)
minutes = st.integers(0, 47).map(lambda half: half * 30)
windows = st.builds(Window, st.integers(0, 6), minutes, minutes.map(lambda minute: minute or 1440))
weeks = st.lists(windows, min_size=1, max_size=4).map(week_of)
moments = st.integers(0, 7 * 48).map(
    lambda half: datetime(2026, 11, 23, tzinfo=SHANGHAI).astimezone(UTC) + half * HALF_HOUR
)
level_sets = st.sampled_from([(), (OFFICE.id,), (NIGHT.id,), (OFFICE.id, NIGHT.id)])


@st.composite
def some_credentials(draw: st.DrawFn) -> CredentialFacts:
    ground = draw(st.none() | st.builds(RestsOn, ground=st.just(RestGround.TENANCY), over_from=st.none() | moments))
    begin = draw(moments)
    return with_levels(
        draw(st.sampled_from(["0A", "0B", "0C", "0D"])),
        *draw(level_sets),
        valid_from=begin,
        valid_until=begin + draw(st.integers(1, 300)) * HALF_HOUR,
        rests_on=ground,
        gates=draw(st.none() | st.just([SOUTH])),
    )


@st.composite
def some_changes(draw: st.DrawFn) -> Change:
    group = Group(site=OC1, level=draw(st.none() | st.just(OFFICE.id)), unit=None, kind=None)
    gates = st.none() | st.sets(st.sampled_from([NORTH, SOUTH]), min_size=1).map(frozenset)
    days = st.integers(-1, 7).map(lambda number: MONDAY + timedelta(days=number))
    maybe = st.none() | st.booleans()
    change: Change = draw(
        st.one_of(
            st.builds(
                LevelChange,
                level=st.sampled_from([OFFICE.id, NIGHT.id]),
                gates=gates,
                week=st.none() | weeks,
                holidays=st.none() | st.sampled_from(HolidayRule),
            ),
            st.builds(LevelGiven, level=st.just(NIGHT.id), group=st.just(group)),
            st.builds(LevelTaken, level=st.just(OFFICE.id), group=st.just(group)),
            st.builds(DayChange, site=st.just(OC1), day=days, kind=st.none() | st.sampled_from(DayKind)),
            st.builds(
                AreaChange,
                site=st.just(OC1),
                area=st.just(INSIDE),
                lockdown=maybe,
                threat_level=st.none() | st.integers(0, 5),
                first_person=maybe,
                two_person=maybe,
            ),
            moments.map(lambda end: Denial(line=a_deny_entry("0A", kind=CredentialKind.CARD, valid_until=end))),
        )
    )
    return change


@settings(max_examples=40)
@given(credentials=st.lists(some_credentials(), max_size=4), change=some_changes())
def test_a_week_asked_at_its_steps_is_a_week_asked_every_half_hour(
    credentials: list[CredentialFacts], change: Change
) -> None:
    """All that begins and ends here does so at half hours, so nothing happens between two of them."""
    world = a_world(*credentials, closed=Closed(area=INSIDE, lockdown=False, threat_level=0))
    before, then = Asking(world), Asking(after(world, change))
    gains: set[str] = set()
    loses: set[str] = set()
    begin = datetime(2026, 11, 23, tzinfo=SHANGHAI).astimezone(UTC)
    for each in world.snapshot.credentials.values():
        for gate in world.snapshot.facts.gates.values():
            for half in range(7 * 48) if gate.site in each.sites else ():
                at = begin + half * HALF_HOUR
                was = EASE[before.decision(each, gate, at).verdict]
                will_be = EASE[then.decision(then.world.snapshot.credentials[each.id], gate, at).verdict]
                if was != will_be:
                    (gains if will_be > was else loses).add(each.key)
    effect = what_if(world, change, MONDAY, None)
    assert (set(keys(effect.gains)), set(keys(effect.loses))) == (gains, loses)
