"""The change of the year: renewed, activated at one instant, rolled back."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from gateway.checks.question import Question
from gateway.checks.rules import Decision, decide
from gateway.checks.shown import PlateShown
from gateway.checks.snapshot import SnapshotKeeper
from gateway.checks.standing import Moment, choose
from registry.access.facts import AccessChanges, AccessFacts, CredentialKind, CredentialStatus, Direction, Passback
from registry.access.reading import access_changes, load_access
from registry.clock import Instant
from registry.ids import SiteId
from registry.messages.reasons import Reason
from registry.permits.models import ApplicationState, PermitClass, SeriesState, VehiclePermit
from registry.permits.rules import Takeover, permit_period
from registry.permits.series import (
    NoSuchSeries,
    SeriesEmpty,
    SeriesFollowed,
    SeriesInstant,
    SeriesIsActive,
    SeriesNotActive,
    activate,
    prepare,
    renewal,
    roll_back,
)
from registry.permits.service import NewPermit, issue_permits
from registry.permits.years import Aspect, difference
from registry.plates.grammar import PlateKind
from registry.store import Store
from tests.fakes.clock import NOON, FixedClock
from tests.makers.gateway import NORTH, a_lane
from tests.makers.housing import a_room, a_tenancy
from tests.makers.permits import an_application
from tests.makers.registry import OC1, a_gate, a_permit, a_person, a_unit

pytestmark = pytest.mark.both_stores

NEW_YEAR = datetime(2026, 12, 31, 16, tzinfo=UTC)
TICK = timedelta(microseconds=1)
PLATE = "鄂E12345"


class Feed:
    """The registry's store, as a gateway polls it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.loads = 0

    def load(self) -> AccessFacts:
        self.loads += 1
        with self._store.read() as session:
            return load_access(session)

    def changes(self, since: Mapping[SiteId, int]) -> AccessChanges:
        with self._store.read() as session:
            return access_changes(session, since)


def at_the_gate(keeper: SnapshotKeeper, now: Instant, plate: str = PLATE) -> tuple[Reason, int | None]:
    """What the gate says of a plate by the facts that it holds, and of which year the permit is that it took."""
    moment = Moment(site=OC1, gate=NORTH, now=now, timezone=ZoneInfo("Asia/Shanghai"))
    taken = choose(keeper.snapshot.with_key(CredentialKind.PLATE, plate), moment)
    decision: Decision = decide(
        Question(
            shown=PlateShown(raw=plate, key=plate, form=PlateKind.CIVIL),
            site=OC1,
            gate=NORTH,
            lane=a_lane(),
            direction=Direction.IN,
            denied=(),
            credential=taken,
            inside=None,
            passback=Passback.OFF,
            timezone=ZoneInfo("Asia/Shanghai"),
            now=now,
        )
    )
    return decision.reason, taken.permit_year if taken else None


@pytest.fixture
def keeper(registry_store: Store) -> SnapshotKeeper:
    """A gate of a compound where one car has a permit of 2026."""
    with registry_store.begin(NOON) as work:
        a_gate(work.session, "oc1-north")
        a_permit(work.session, PLATE, year=2026)
    made = SnapshotKeeper(Feed(registry_store), FixedClock())
    made.poll()
    return made


def test_every_gate_flips_at_the_instant_be_it_offline_since_days(
    registry_store: Store, keeper: SnapshotKeeper
) -> None:
    with registry_store.begin(NOON) as work:
        prepare(work.session, 2027, by="wang", now=work.now)
    with registry_store.begin(NOON) as work:
        activate(work.session, 2027, effective_at=NEW_YEAR, overlap_days=7, by="wang", now=work.now)
    keeper.poll()
    # From here on the gate hears nothing more.
    assert at_the_gate(keeper, NEW_YEAR - TICK) == (Reason.OK, 2026)
    assert at_the_gate(keeper, NEW_YEAR) == (Reason.OK, 2027)
    overlap_ends = NEW_YEAR + timedelta(days=7)
    assert at_the_gate(keeper, overlap_ends) == (Reason.OK, 2027)


def test_who_was_not_renewed_drives_until_the_overlap_ends(registry_store: Store, keeper: SnapshotKeeper) -> None:
    with registry_store.begin(NOON) as work:
        a_permit(work.session, "鄂E54321", year=2026, permit_class=PermitClass.TEMPORARY)
        prepare(work.session, 2027, by="wang", now=work.now)
        activate(work.session, 2027, effective_at=NEW_YEAR, overlap_days=7, by="wang", now=work.now)
    keeper.poll()
    overlap_ends = NEW_YEAR + timedelta(days=7)
    assert at_the_gate(keeper, overlap_ends - TICK, "鄂E54321") == (Reason.OK, 2026)
    assert at_the_gate(keeper, overlap_ends, "鄂E54321") == (Reason.PERMIT_YEAR_OVER, 2026)


def test_what_is_only_prepared_takes_over_at_new_year(registry_store: Store, keeper: SnapshotKeeper) -> None:
    with registry_store.begin(NOON) as work:
        prepare(work.session, 2027, by="wang", now=work.now)
    keeper.poll()
    assert at_the_gate(keeper, NEW_YEAR - TICK) == (Reason.OK, 2026)
    assert at_the_gate(keeper, NEW_YEAR) == (Reason.OK, 2027)


def test_rolled_back_this_years_permits_go_on_and_next_years_open_nothing(
    registry_store: Store, keeper: SnapshotKeeper
) -> None:
    with registry_store.begin(NOON) as work:
        a_permit(work.session, "鄂E99999", year=2027)
        prepare(work.session, 2027, by="wang", now=work.now)
        activate(work.session, 2027, effective_at=None, overlap_days=0, by="wang", now=work.now)
    keeper.poll()
    assert at_the_gate(keeper, NOON) == (Reason.OK, 2027)
    with registry_store.begin(NOON) as work:
        assert roll_back(work.session, 2027, by="wang", now=work.now).state is SeriesState.ROLLED_BACK
    keeper.poll()
    for moment in (NOON, NEW_YEAR, NEW_YEAR + timedelta(days=100)):
        assert at_the_gate(keeper, moment) == (Reason.OK, 2026)
        assert at_the_gate(keeper, moment, "鄂E99999") == (Reason.NOT_YET_VALID, 2027)
    with registry_store.begin(NOON) as work:
        activate(work.session, 2027, effective_at=NEW_YEAR, overlap_days=0, by="wang", now=work.now)
    keeper.poll()
    assert at_the_gate(keeper, NEW_YEAR) == (Reason.OK, 2027)


def test_a_year_is_activated_once_and_rolled_back_once(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        session = work.session
        a_permit(session, PLATE, year=2026)
        with pytest.raises(NoSuchSeries):
            activate(session, 2027, effective_at=None, overlap_days=0, by="wang", now=NOON)
        prepare(session, 2027, by="wang", now=NOON)
        with pytest.raises(SeriesNotActive):
            roll_back(session, 2027, by="wang", now=NOON)
        activate(session, 2027, effective_at=NEW_YEAR, overlap_days=0, by="wang", now=NOON)
        with pytest.raises(SeriesIsActive) as refused:
            activate(session, 2027, effective_at=None, overlap_days=3, by="li", now=NOON)
        assert refused.value.facts == {"since": NEW_YEAR.isoformat(), "by": "wang"}
        roll_back(session, 2027, by="wang", now=NOON)
        with pytest.raises(SeriesNotActive):
            roll_back(session, 2027, by="wang", now=NOON)


def test_what_was_rolled_back_can_take_over_again_in_the_middle_of_its_year(
    registry_store: Store, keeper: SnapshotKeeper
) -> None:
    june = datetime(2027, 6, 1, tzinfo=UTC)
    with registry_store.begin(NOON) as work:
        prepare(work.session, 2027, by="wang", now=NOON)
        activate(work.session, 2027, effective_at=NEW_YEAR, overlap_days=0, by="wang", now=NOON)
        roll_back(work.session, 2027, by="wang", now=june)
        with pytest.raises(SeriesInstant):
            activate(work.session, 2027, effective_at=june + timedelta(days=1), overlap_days=0, by="wang", now=june)
        activate(work.session, 2027, effective_at=None, overlap_days=0, by="wang", now=june)
    keeper.poll()
    assert at_the_gate(keeper, june) == (Reason.OK, 2027)


def test_what_took_over_at_new_year_by_itself_is_rolled_back(registry_store: Store, keeper: SnapshotKeeper) -> None:
    with registry_store.begin(NOON) as work:
        prepare(work.session, 2027, by="wang", now=NOON)
        with pytest.raises(SeriesNotActive):
            roll_back(work.session, 2027, by="wang", now=NEW_YEAR - TICK)
        roll_back(work.session, 2027, by="wang", now=NEW_YEAR)
    keeper.poll()
    assert at_the_gate(keeper, NEW_YEAR) == (Reason.OK, 2026)


def test_a_year_is_not_activated_behind_the_year_after(registry_store: Store) -> None:
    later = NEW_YEAR + timedelta(days=330)
    with registry_store.begin(NOON) as work:
        session = work.session
        a_permit(session, PLATE, year=2026)
        prepare(session, 2027, by="wang", now=NOON)
        activate(session, 2027, effective_at=NEW_YEAR, overlap_days=0, by="wang", now=NOON)
        roll_back(session, 2027, by="wang", now=later)
        a_permit(session, PLATE, year=2028)
        prepare(session, 2028, by="wang", now=later)
        activate(session, 2028, effective_at=None, overlap_days=0, by="wang", now=later)
        with pytest.raises(SeriesFollowed):
            activate(session, 2027, effective_at=None, overlap_days=0, by="wang", now=later)


@pytest.mark.parametrize(
    ("effective_at", "overlap_days"),
    [(NOON - TICK, 0), (NEW_YEAR + timedelta(days=91), 0), (NEW_YEAR, -1), (NEW_YEAR, 32)],
)
def test_an_instant_that_cannot_be_is_refused_and_changes_nothing(
    registry_store: Store, effective_at: Instant, overlap_days: int
) -> None:
    with registry_store.begin(NOON) as work:
        a_permit(work.session, PLATE, year=2026)
        prepare(work.session, 2027, by="wang", now=NOON)
        with pytest.raises(SeriesInstant):
            activate(work.session, 2027, effective_at=effective_at, overlap_days=overlap_days, by="wang", now=NOON)
        with pytest.raises(SeriesNotActive):
            roll_back(work.session, 2027, by="wang", now=NOON)


def test_a_year_without_a_permit_does_not_take_over(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_gate(work.session)
        prepare(work.session, 2027, by="wang", now=NOON)
        with pytest.raises(SeriesEmpty):
            activate(work.session, 2027, effective_at=None, overlap_days=0, by="wang", now=NOON)


def test_renewed_is_what_is_active_lasting_and_within_quota_and_each_once(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        session = work.session
        narrow = a_unit(session, name_zh="税务局")
        narrow.permit_quota = 1
        for number, unit in enumerate((None, narrow, narrow)):
            a_permit(session, f"鄂E1000{number}", year=2026).unit_id = None if unit is None else unit.id
        a_permit(session, "鄂E20000", year=2026, status=CredentialStatus.SUSPENDED)
        a_permit(session, "鄂E30000", year=2026, permit_class=PermitClass.TEMPORARY)
        a_permit(session, "鄂E40000", year=2026)
        a_permit(session, "鄂E40000", year=2027)
        found = renewal(session, 2027)
        assert [each.plate for each in found.permits] == ["鄂E10000"]
        assert [(each.unit, each.wanted, each.free) for each in found.over_quota] == [(narrow.id, 2, 1)]
        assert found.temporary == 1
        assert len(prepare(session, 2027, by="wang", now=NOON).permits) == 1
        assert len(prepare(session, 2027, by="wang", now=NOON).permits) == 0
        assert session.scalar(select(func.count()).where(VehiclePermit.year == 2027)) == 2


def test_what_a_unit_applied_for_is_left_to_its_application(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        session = work.session
        unit = a_unit(session)
        unit.permit_quota = 3
        for number in range(3):
            a_permit(session, f"鄂E1000{number}", year=2026).unit_id = unit.id
        an_application(session, "鄂E10000", year=2027, unit=unit, state=ApplicationState.APPLIED)
        an_application(session, "鄂E10001", year=2027, unit=unit, state=ApplicationState.RETURNED)
        found = prepare(session, 2027, by="wang", now=NOON)
        assert [each.plate for each in found.permits] == ["鄂E10001", "鄂E10002"]
        assert (found.over_quota, found.applied_for) == ([], 1)


def test_what_rests_on_a_tenancy_that_is_over_by_then_is_not_renewed(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        session = work.session
        for number, last_day in enumerate((date(2026, 12, 31), date(2027, 1, 1), None)):
            holder = a_person(session)
            let = a_tenancy(session, a_room(session, f"20{number}"), holder, last_day=last_day)
            a_permit(session, f"鄂E1000{number}", year=2026, person=holder).tenancy_id = let.id
        session.flush()
        found = prepare(session, 2027, by="wang", now=NOON)
        assert [each.plate for each in found.permits] == ["鄂E10001", "鄂E10002"]
        assert found.ground_over == 1


def test_the_difference_names_who_gains_who_loses_and_what_changed(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        session = work.session
        wang, li = a_person(session, "王建国"), a_person(session, "李秀英")
        for year, plate, person, permit_class in (
            (2026, "鄂E10000", wang, PermitClass.PRIVATE),
            (2027, "鄂E10000", li, PermitClass.BUSINESS),
            (2026, "鄂E20000", li, PermitClass.PRIVATE),
            (2026, "鄂E30000", wang, PermitClass.PRIVATE),
            (2027, "鄂E31111", wang, PermitClass.PRIVATE),
            (2027, "鄂E40000", li, PermitClass.PRIVATE),
            (2027, "鄂E41111", li, PermitClass.PRIVATE),
            (2026, "鄂E50000", li, PermitClass.PRIVATE),
            (2027, "鄂E50000", li, PermitClass.PRIVATE),
        ):
            a_permit(session, plate, year=year, person=person, permit_class=permit_class)
        found = difference(session, 2027, {OC1})
        assert (found.before, found.after, found.same) == (4, 5, 1)
        assert [each.plate for each in found.lost] == ["鄂E20000"]
        assert [each.plate for each in found.gained] == ["鄂E40000", "鄂E41111"]
        assert [(each.before.plate, each.after.plate, each.aspects) for each in found.changed] == [
            ("鄂E10000", "鄂E10000", (Aspect.CLASS, Aspect.HOLDER)),
            ("鄂E30000", "鄂E31111", (Aspect.PLATE,)),
        ]
        assert difference(session, 2027, {SiteId("oc2")}).after == 0


def test_ten_thousand_permits_flip_by_one_load(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        session = work.session
        a_gate(session, "oc1-north")
        holder = a_person(session, "王建国")
        plates = [f"鄂E{number:05}" for number in range(10_000)]
        issue_permits(
            session,
            [NewPermit(holder=holder.id, plate=plate, year=2026, sites=frozenset({OC1})) for plate in plates],
            now=NOON,
        )
    feed = Feed(registry_store)
    keeper = SnapshotKeeper(feed, FixedClock())
    keeper.poll()
    with registry_store.begin(NOON) as work:
        assert len(prepare(work.session, 2027, by="wang", now=NOON).permits) == 10_000
    keeper.poll()
    before = feed.loads
    with registry_store.begin(NOON) as work:
        activate(work.session, 2027, effective_at=None, overlap_days=0, by="wang", now=NOON)
    keeper.poll()
    assert feed.loads == before + 1
    assert {at_the_gate(keeper, NOON, plate) for plate in plates} == {(Reason.OK, 2027)}
    assert {at_the_gate(keeper, NOON - TICK, plate) for plate in plates[::100]} == {(Reason.OK, 2026)}
    with registry_store.begin(NOON) as work:
        roll_back(work.session, 2027, by="wang", now=NOON)
    keeper.poll()
    assert {at_the_gate(keeper, NOON, plate) for plate in plates[::100]} == {(Reason.OK, 2026)}


@given(
    year=st.integers(2010, 2190),
    days=st.integers(-90, 90),
    overlap=st.integers(0, 31),
    rolled_back=st.booleans(),
    seconds=st.integers(-400 * 86400, 400 * 86400),
)
def test_at_any_moment_some_year_holds(year: int, days: int, overlap: int, rolled_back: bool, seconds: int) -> None:  # noqa: FBT001
    begins = datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=days)
    takeover = Takeover(effective_at=begins, overlap_until=begins + timedelta(days=overlap))
    moment = begins + timedelta(seconds=seconds)
    periods = [
        permit_period(each, "UTC", {year: None if rolled_back else takeover}) for each in range(year - 3, year + 4)
    ]
    assert any(start <= moment < end for start, end in periods)
