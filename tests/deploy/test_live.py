"""A page is told when nothing can reach it, whatever the server itself still answers."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from deploy.live import ArmingNews, LivePath
from monitor.arming import service as arming
from monitor.arming.rules import Mode, default_group_id
from registry.auth.permissions import Role
from registry.clock import format_instant
from registry.devices.facts import ZoneKind
from registry.store import Store
from registry.web.readiness import PartState
from registry.web.stream import Hub
from tests.fakes.clock import NOON, FixedClock
from tests.makers.monitor import OC1, a_principal, a_zone, the_compound

LIVE = '{"live":true}'


class Way:
    """The parts between a device and a page, as a test sets them."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.hub = Hub()
        self.parts = {"engine": True, "web": True}
        self.path = self.opened()

    def opened(self, since: timedelta | None = None) -> LivePath:
        checks = {name: lambda name=name: PartState(ready=self.parts[name]) for name in self.parts}
        return LivePath(checks, self.hub, self.clock, last_news=None if since is None else NOON - since)

    def told(self) -> str:
        """What a page that opens now is told."""

        async def first() -> bytes:
            return await anext(self.hub.stream(sites=()))

        return asyncio.run(first()).decode().split("data: ")[1].strip()


@pytest.fixture
def way(clock: FixedClock) -> Way:
    return Way(clock)


def stalled(since: str | None) -> str:
    return f'{{"live":false,"since":{"null" if since is None else chr(34) + since + chr(34)}}}'


@pytest.mark.parametrize("part", ["engine", "web"])
def test_a_broken_part_is_told_with_the_time_when_the_way_last_worked(way: Way, part: str) -> None:
    way.path.look()
    assert way.told() == LIVE
    way.parts[part] = False
    way.clock.moment += timedelta(seconds=30)
    way.path.look()
    way.path.look()
    assert way.told() == stalled(format_instant(NOON))
    way.parts[part] = True
    way.path.look()
    assert way.told() == LIVE


def test_a_way_that_was_broken_before_we_began_is_told_since_the_last_sign_of_life(way: Way) -> None:
    way.parts["engine"] = False
    way.opened(timedelta(hours=3)).look()
    assert way.told() == stalled(format_instant(NOON - timedelta(hours=3)))
    way.opened(None).look()
    assert way.told() == stalled(None)


def test_the_way_is_looked_at_again_and_again(way: Way, eventually: Callable[..., None]) -> None:
    way.path.start()
    way.parts["engine"] = False
    eventually(lambda: way.told() != LIVE)
    way.parts["engine"] = True
    eventually(lambda: way.told() == LIVE)
    way.path.stop()


@pytest.mark.both_stores
def test_pages_are_told_where_something_else_is_armed_also_by_time_alone(monitor_store: Store) -> None:
    clock, register, perimeter = FixedClock(), the_compound(), default_group_id(OC1, ZoneKind.PERIMETER)
    hub, operator = Hub(), a_principal(Role.OPERATOR)
    news = ArmingNews(monitor_store, hub, clock)

    def away(version: int) -> None:
        with monitor_store.begin(clock.moment) as work:
            arming.arm(work, register, perimeter, Mode.AWAY, version=version, until=None, reason="", by=operator)

    async def listen() -> list[str]:
        hub.start()
        stream = hub.stream(sites={OC1})
        await anext(stream)
        news.look()  # what was before is no news
        away(0)
        news.look()
        news.look()
        with monitor_store.begin(clock.moment) as work:
            end = clock.moment + timedelta(minutes=1)
            zone = a_zone().id
            arming.bypass(work, register, zone, device=None, until=end, reason="检修", by=operator)
        news.look()
        clock.moment = end
        news.look()
        await asyncio.sleep(0)
        told = [(await anext(stream)).decode() for _ in range(3)]
        away(1)
        news.look()
        await asyncio.sleep(0)
        return [*told, (await anext(stream)).decode()]

    told = asyncio.run(listen())
    assert all('event: arming-changed\ndata: {"site":"oc1"}' in each for each in told)
