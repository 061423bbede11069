"""One engine at a time: leases on a real store, whatever the clocks of the machines say."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, TimeoutError  # noqa: A004 - the pool's own
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from monitor.engine import Engine
from monitor.lease.keeper import LeaseKeeper
from monitor.lease.queries import leases
from monitor.lease.rules import SHARED, Holder
from monitor.patrols.queries import checkpoints
from monitor.patrols.service import add_checkpoint
from registry.devices.facts import Register
from registry.ids import SiteId
from registry.store import Store
from registry.store.faults import Fenced
from tests.fakes.clock import NOON, FixedClock
from tests.makers.leases import a_holder
from tests.makers.monitor import OC1, a_beam, a_motion, hear, seconds, the_compound
from tests.makers.register import a_site

pytestmark = pytest.mark.both_stores

OC2 = SiteId("oc2")


@dataclass(slots=True)
class Steady:
    """A clock that only counts, and only when it is told to."""

    seconds: float = 100.0

    def __call__(self) -> float:
        return self.seconds


@dataclass(slots=True)
class Candidate:
    """An engine that wants the leases, with clocks of its own."""

    store: Store
    holder: Holder
    register: Register = field(default_factory=the_compound)
    clock: FixedClock = field(default_factory=FixedClock)
    steady: Steady = field(default_factory=Steady)
    dead: set[Holder] = field(default_factory=set)
    keeper: LeaseKeeper = field(init=False)

    def __post_init__(self) -> None:
        self.keeper = LeaseKeeper(
            self.store,
            lambda: self.register,
            self.clock,
            holder=self.holder,
            is_gone=lambda holder: holder in self.dead,
            steady=self.steady,
        )

    def looks(self, *, after: float = 0.0) -> bool:
        """It looks once, so many seconds later; whether it holds the leases then."""
        self.steady.seconds += after
        self.keeper.look()
        return self.keeper.holds

    def writes(self) -> None:
        with self.keeper.fenced.begin(NOON):
            pass


@pytest.fixture
def first(monitor_store: Store) -> Candidate:
    return Candidate(monitor_store, a_holder(1001))


@pytest.fixture
def second(monitor_store: Store) -> Candidate:
    return Candidate(monitor_store, a_holder(2002, host="server-b"))


def tokens(store: Store) -> dict[str, int]:
    with store.read() as session:
        return {str(lease.site): lease.token for lease in leases(session)}


def test_the_first_takes_all_sites_and_the_second_stands_by(first: Candidate, second: Candidate) -> None:
    assert first.looks()
    assert tokens(first.store) == {SHARED: 1, OC1: 1}
    assert not second.looks()
    for _ in range(10):
        assert first.looks(after=1)
        assert not second.looks(after=1)
    assert second.keeper.stands_by
    assert tokens(first.store) == {SHARED: 1, OC1: 1}
    first.writes()
    with pytest.raises(Fenced):
        second.writes()


def test_a_lease_that_was_given_back_is_taken_at_once_under_a_greater_token(
    first: Candidate, second: Candidate
) -> None:
    assert first.looks()
    assert not second.looks()
    first.keeper.give_back()
    assert not first.keeper.holds
    assert second.looks()
    assert tokens(first.store) == {SHARED: 2, OC1: 2}


def test_a_lease_that_nobody_renews_is_over_for_its_holder_before_another_takes_it(
    first: Candidate, second: Candidate
) -> None:
    assert first.looks()
    assert not second.looks()
    first.steady.seconds += 5
    assert not first.keeper.holds
    with pytest.raises(Fenced, match="not renewed in time"):
        first.writes()
    assert not second.looks(after=4.9)
    assert second.looks(after=0.2)
    assert not first.looks()
    assert not first.looks(after=1)


def test_an_engine_that_stood_still_writes_nothing_though_it_believes_to_hold_the_lease(
    first: Candidate, second: Candidate
) -> None:
    hear(first.store, [a_beam(seconds(0)), a_motion(seconds(3))])
    assert first.looks()
    assert not second.looks()
    assert second.looks(after=5)
    assert first.keeper.holds, "for it no time has passed"
    stood_still, register = Engine(first.keeper.fenced, the_compound, FixedClock()), the_compound()
    with pytest.raises(Fenced, match="another engine holds the lease"):
        stood_still.step(seconds(10))
    with pytest.raises(Fenced), first.keeper.fenced.begin(NOON) as work:
        add_checkpoint(work, site=OC1, name_zh="北墙", name_en="North wall", short_code="1000", position=0, place=None)
    with first.store.read() as session:
        assert checkpoints(session, OC1) == []
    assert not Engine(second.keeper.fenced, lambda: register, FixedClock()).step(seconds(10))


def test_a_process_that_is_known_to_have_ended_holds_nothing_any_more(first: Candidate, second: Candidate) -> None:
    assert first.looks()
    second.dead.add(first.holder)
    assert second.looks()
    assert not first.looks()


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_clock_that_is_stepped_by_an_hour_hands_no_lease_over(
    first: Candidate, second: Candidate, step: timedelta
) -> None:
    assert first.looks()
    for stepped in (first, second):
        stepped.clock.advance(step)
        for _ in range(8):
            assert first.looks(after=1)
            assert not second.looks(after=1)
    assert tokens(first.store) == {SHARED: 1, OC1: 1}


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_lease_whose_holder_died_after_its_clock_was_stepped_is_over_as_soon_as_any(
    first: Candidate, second: Candidate, step: timedelta
) -> None:
    first.clock.advance(step)
    assert first.looks()
    assert not second.looks()
    assert second.looks(after=5)


def test_a_site_that_is_registered_later_is_held_too(first: Candidate, second: Candidate) -> None:
    assert first.looks()
    first.register = replace(first.register, sites={**first.register.sites, OC2: a_site("oc2")})
    assert first.looks(after=1)
    assert tokens(first.store) == {SHARED: 1, OC1: 1, OC2: 1}
    second.dead.add(first.holder)
    assert second.looks()
    assert tokens(first.store) == {SHARED: 2, OC1: 2, OC2: 1}
    with pytest.raises(Fenced):
        first.writes()


def test_a_store_that_is_away_gives_no_lease_and_ends_one(
    first: Candidate, second: Candidate, monitor_store: Store
) -> None:
    assert first.looks()
    with monitor_store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE site_lease RENAME TO taken_away"))
    assert not second.looks()
    assert first.looks(after=4), "it was renewed four seconds ago"
    assert not first.looks(after=1)
    with monitor_store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE taken_away RENAME TO site_lease"))
    assert first.looks(), "nobody took it meanwhile"


def test_whoever_takes_over_waits_for_a_write_that_was_begun(first: Candidate, second: Candidate) -> None:
    assert first.looks()
    second.dead.add(first.holder)
    with ThreadPoolExecutor(1) as pool:
        with first.keeper.fenced.begin_beside(NOON) as work:
            add_checkpoint(
                work, site=OC1, name_zh="北墙", name_en="North wall", short_code="1000", position=0, place=None
            )
            taking = pool.submit(second.looks)
            with pytest.raises(TimeoutError):
                taking.result(0.3)
        assert taking.result(10)
    with first.store.read() as session:
        assert len(checkpoints(session, OC1)) == 1


def test_the_thread_takes_renews_and_gives_back(
    monitor_store: Store, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    compound = the_compound()
    keeper = LeaseKeeper(monitor_store, lambda: compound, FixedClock(), holder=a_holder(), is_gone=lambda _: False)
    keeper.start()
    assert keeper.wait(60)
    before = keeper._sure_until
    eventually(lambda: keeper._sure_until > before)
    keeper.stop()
    with monitor_store.read() as session:
        assert {lease.expires_at for lease in leases(session)} == {None}
