"""A fire alarm opens the lanes for it and begins a muster: at once, once, and never of what was long ago."""

from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import select

from monitor.anomalies import queries
from monitor.anomalies.signals import Signal
from monitor.fire.rules import ALARM
from monitor.room import Outbox
from registry.clock import Instant, parse_instant
from registry.ids import DeviceAddress
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.judging import catch_up
from tests.makers.monitor import a_signal, hear, seconds

PANEL = DeviceAddress.parse("oc1/fire/building-1")
ORDERS = "dayuan/v1/oc1/_room/gateway/cmd"


def a_fire(at: Instant, *, received_at: Instant | None = None, **data: Any) -> Signal:
    return a_signal(PANEL, ALARM, at, received_at=received_at, **data)


def orders(store: Store) -> list[dict[str, Any]]:
    with store.read() as session:
        rows = session.scalars(select(Outbox.payload).where(Outbox.topic == ORDERS).order_by(Outbox.position))
        return [orjson.loads(row) for row in rows]


def test_a_fire_alarm_orders_the_lanes_and_a_muster(monitor_store: Store) -> None:
    hear(monitor_store, [a_fire(NOON, state="start", activity="f-1", loop="3")])
    catch_up(monitor_store)
    lanes, muster = orders(monitor_store)
    assert (lanes["action"], muster["action"], muster["because"]) == ("open_escape_lanes", "muster", "fire_alarm")
    assert lanes["id"] != muster["id"]
    assert parse_instant(lanes["expires_at"]) == NOON + timedelta(minutes=5)


def test_one_fire_is_told_once_however_often_its_panel_says_it(monitor_store: Store) -> None:
    hear(monitor_store, [a_fire(seconds(second), state="start", activity="f-1") for second in range(3)])
    catch_up(monitor_store)
    hear(
        monitor_store,
        [a_fire(seconds(60), state="start", activity="f-1"), a_fire(seconds(90), state="end", activity="f-1")],
    )
    catch_up(monitor_store)
    assert len(orders(monitor_store)) == 2
    hear(monitor_store, [a_fire(seconds(120), state="start", activity="f-2"), a_fire(seconds(130))])
    catch_up(monitor_store)
    assert len({order["id"] for order in orders(monitor_store)}) == 6


def test_the_end_of_a_fire_and_one_of_long_ago_open_nothing(monitor_store: Store) -> None:
    hear(monitor_store, [a_fire(NOON, state="end", activity="f-1"), a_fire(NOON, received_at=seconds(301))])
    catch_up(monitor_store)
    assert orders(monitor_store) == []


def test_what_is_judged_anew_by_other_rules_is_not_ordered_anew(monitor_store: Store) -> None:
    hear(monitor_store, [a_fire(NOON, state="start", activity="f-1")])
    catch_up(monitor_store)
    with monitor_store.begin(NOON) as work:
        progress = queries.progress(work.session)
        assert progress is not None
        progress.form = "1 B02.0"
    catch_up(monitor_store)
    assert len(orders(monitor_store)) == 2
