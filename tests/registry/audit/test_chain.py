"""Whoever changes the audit without the key is found out."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from registry import audit
from registry.audit import Broken, Intact, Personal
from registry.ids import SiteId
from registry.store import Store
from tests.fakes.clock import NOON, FixedClock

pytestmark = pytest.mark.both_stores

OC1, OC2 = SiteId("oc1"), SiteId("oc2")


def fill(store: Store, clock: FixedClock, *, acts: int = 6) -> None:
    """Acts at two sites in turn, a second apart."""
    for number in range(acts):
        clock.advance(timedelta(seconds=1))
        with store.begin(clock.now()) as work:
            audit.record(
                work.session,
                actor="clerk",
                action="permit-revoked",
                site=(OC1, OC2)[number % 2],
                subject=f"permit:{number}",
                facts={"why": "lost", "holder": Personal("王建国")},
                now=work.now,
            )


def verdict(store: Store, *announced: audit.Head) -> Intact | Broken:
    with store.read() as session:
        return audit.verify(session, announced=announced)


def tamper(store: Store, *statements: str) -> None:
    with store.begin(NOON) as work:
        for statement in statements:
            work.session.execute(text(statement))


def test_an_untouched_chain_is_intact(registry_store: Store, clock: FixedClock) -> None:
    fill(registry_store, clock)
    assert verdict(registry_store) == Intact(rows=6)


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'nobody'",
        "action = 'permit-issued'",
        "subject = 'permit:9'",
        "facts = '{}'",
        "at = '2020-01-01 00:00:00.000000'",
        "site = 'oc2'",
    ],
)
def test_a_changed_row_is_found(registry_store: Store, clock: FixedClock, change: str) -> None:
    fill(registry_store, clock)
    tamper(registry_store, f"UPDATE audit SET {change} WHERE position = 3")  # noqa: S608 - our own constants
    found = verdict(registry_store)
    assert isinstance(found, Broken)
    assert found.position == 3


def test_a_row_taken_out_of_the_middle_is_found_where_it_was(registry_store: Store, clock: FixedClock) -> None:
    fill(registry_store, clock)
    tamper(registry_store, "DELETE FROM audit WHERE position = 3")
    assert verdict(registry_store) == Broken(site=OC1, position=5, why="the row before it is another or is missing")


def test_a_row_put_in_is_found(registry_store: Store, clock: FixedClock) -> None:
    fill(registry_store, clock)
    tamper(
        registry_store,
        "INSERT INTO audit (site, at, actor, action, subject, facts, previous, digest) "
        "SELECT site, at, actor, action, subject, facts, digest, substr(digest, 1, 31) FROM audit WHERE position = 6",
    )
    assert verdict(registry_store) == Broken(site=OC2, position=7, why="the row was changed")


def test_rows_that_changed_places_are_found(registry_store: Store, clock: FixedClock) -> None:
    fill(registry_store, clock)
    tamper(
        registry_store,
        "UPDATE audit SET position = 100 WHERE position = 1",
        "UPDATE audit SET position = 1 WHERE position = 3",
        "UPDATE audit SET position = 3 WHERE position = 100",
    )
    found = verdict(registry_store)
    assert isinstance(found, Broken)
    assert found.position == 1


def test_a_tail_that_was_cut_off_is_found_against_the_announced_head(registry_store: Store, clock: FixedClock) -> None:
    fill(registry_store, clock)
    with registry_store.read() as session:
        announced = audit.heads(session)
    tamper(registry_store, "DELETE FROM audit WHERE position >= 5")
    assert verdict(registry_store) == Intact(rows=4)
    assert verdict(registry_store, *announced) == Broken(
        site=OC1, position=0, why="the row at 5, once announced, is not there"
    )


def test_a_chain_rewritten_with_another_key_is_found(registry_store: Store, clock: FixedClock) -> None:
    fill(registry_store, clock, acts=2)
    other = Store(registry_store.room, registry_store.engine, audit_key=b"another key".ljust(32))
    tamper(registry_store, "DELETE FROM audit")
    fill(other, clock, acts=2)
    assert verdict(other) == Intact(rows=2)
    assert isinstance(verdict(registry_store), Broken)


def test_a_personal_value_can_be_erased_and_the_chain_stays(registry_store: Store, clock: FixedClock) -> None:
    fill(registry_store, clock)
    tamper(registry_store, "UPDATE audit SET personal = NULL WHERE subject = 'permit:2'")
    assert verdict(registry_store) == Intact(rows=6)
    with registry_store.read() as session:
        facts = session.execute(text("SELECT facts FROM audit WHERE subject = 'permit:2'")).scalar_one()
    assert "王建国" not in facts


def test_a_personal_value_cannot_be_exchanged(registry_store: Store, clock: FixedClock) -> None:
    fill(registry_store, clock)
    tamper(registry_store, "UPDATE audit SET personal = replace(personal, '王建国', '李小明') WHERE position = 2")
    assert verdict(registry_store) == Broken(site=OC2, position=2, why="a personal value was changed")


def test_an_act_that_was_rolled_back_was_not_recorded(registry_store: Store, clock: FixedClock) -> None:
    class BrokeOffError(Exception):
        pass

    def act_and_break_off() -> None:
        with registry_store.begin(clock.now()) as work:
            audit.record(work.session, actor="a", action="b", site=OC1, subject="c", now=work.now)
            raise BrokeOffError

    with pytest.raises(BrokeOffError):
        act_and_break_off()
    assert verdict(registry_store) == Intact(rows=0)


def test_nothing_is_recorded_without_a_key(registry_store: Store, clock: FixedClock) -> None:
    keyless = Store(registry_store.room, registry_store.engine)
    with pytest.raises(RuntimeError, match="key"), keyless.begin(clock.now()) as work:
        audit.record(work.session, actor="a", action="b", site=OC1, subject="c", now=work.now)


def test_each_site_of_each_room_has_a_head_of_its_own(
    registry_store: Store, gateway_store: Store, clock: FixedClock
) -> None:
    fill(registry_store, clock)
    fill(gateway_store, clock, acts=1)
    found: list[audit.Head] = []
    for store in (registry_store, gateway_store):
        with store.read() as session:
            found += audit.heads(session)
    assert [(head.room, head.site, head.position) for head in found] == [
        ("registry", OC1, 5),
        ("registry", OC2, 6),
        ("gateway", OC1, 1),
    ]
    assert isinstance(verdict(gateway_store, *found), Intact)


def test_many_acts_at_once_make_one_chain(registry_store: Store, in_threads: Callable[..., None]) -> None:
    in_threads(4, lambda _number: fill(registry_store, FixedClock(), acts=10))
    assert verdict(registry_store) == Intact(rows=40)


def test_acts_of_writers_that_wait_for_no_turn_make_one_chain_too(
    registry_store: Store, in_threads: Callable[..., None]
) -> None:
    def act(number: int) -> None:
        for step in range(10):
            with registry_store.begin_beside(NOON) as work:
                audit.record(
                    work.session, actor="clerk", action="a", site=OC1, subject=f"{number}/{step}", now=work.now
                )

    in_threads(4, act)
    assert verdict(registry_store) == Intact(rows=40)
