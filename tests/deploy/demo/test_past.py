"""What a fresh demo has behind it: drawn, and put into the stores by the real services."""

import io
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

import gateway.room
import monitor.room
import registry.room
from deploy.demo.city_map import city_map
from deploy.demo.filling import redraw
from deploy.demo.opening import open_demo
from deploy.demo.paper import Past, keep_paper, kept_paper
from deploy.demo.past import LENGTH, draw_past
from deploy.folder import DataFolder
from deploy.simulators.day import Visit
from gateway.entries.models import Entry
from monitor.alarms import service as alarms
from monitor.patrols import service as patrols
from monitor.patrols.rules import Judgement
from monitor.signals.models import SignalRow
from registry.access.facts import Direction
from registry.devices.reading import load_register
from registry.ids import SiteId
from registry.messages.alarms import AlarmState
from registry.settings import Settings
from registry.store import Store
from tests.conftest import NewStore
from tests.fakes.clock import NOON, FixedClock

PEOPLE = 1300
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def stores(new_store: NewStore) -> Mapping[str, Store]:
    rooms = (registry.room.ROOM, gateway.room.ROOM, monitor.room.ROOM)
    return {room.name: new_store(room) for room in rooms}


def opened(path: Path, stores: Mapping[str, Store]) -> DataFolder:
    folder = DataFolder(path)
    folder.prepare()
    settings = Settings(data_dir=folder.path)
    open_demo(settings, folder, stores, FixedClock(), simulated=True, people=PEOPLE, out=io.StringIO())
    return folder


def counts(stores: Mapping[str, Store]) -> tuple[int, int, int]:
    found = []
    for room, table in (("gateway", Entry), ("monitor", SignalRow)):
        with stores[room].read() as session:
            found.append(session.scalar(select(func.count()).select_from(table)) or 0)
    with stores["monitor"].read() as session:
        found.append(len(alarms.alarms(session, sites=None, only_open=False).items))
    entries, signals, raised = found
    return entries, signals, raised


@pytest.mark.both_stores
def test_a_fresh_demo_has_a_past_and_remembering_it_twice_changes_nothing(
    tmp_path: Path, stores: Mapping[str, Store]
) -> None:
    folder = opened(tmp_path / "data", stores)
    entries, signals, raised = counts(stores)
    assert entries == 70 + 19 * 5
    assert signals > 500
    assert 2 <= raised <= 20
    with stores["monitor"].read() as session:
        for alarm in alarms.alarms(session, sites=None, only_open=False).items:
            assert NOON - LENGTH < alarm.raised_at < NOON
            if alarm.raised_at < NOON - timedelta(hours=2):
                assert alarm.state is AlarmState.CLOSED
                assert alarm.verdict is not None
    with stores["registry"].read() as session:
        register = load_register(session)
    with stores["monitor"].read() as session:
        today = NOON.astimezone(SHANGHAI).date()
        rounds = patrols.rounds(session, register, SiteId("rc1"), today, NOON)
    walked = Counter(visit.judgement for each in rounds for visit in each.visits if each.round.starts_at < NOON)
    assert walked[Judgement.ON_TIME] > 0.9 * walked.total() > 10

    keep_paper(folder, {**kept_paper(folder), "past": Past.DUE})  # as if it had been cut off just before its end
    opened(folder.path, stores)
    assert counts(stores) == (entries, signals, raised)
    assert kept_paper(folder)["past"] == Past.DONE


def test_the_same_seed_has_the_same_past_and_nobody_comes_out_who_is_not_inside() -> None:
    compounds = city_map(PEOPLE)
    callers = redraw(compounds, NOON).callers
    first, again, other = (draw_past(seed, compounds, callers, [], end=NOON, timezone=SHANGHAI) for seed in (1, 1, 2))
    assert (first.attended, first.told) == (again.attended, again.told)
    assert first.attended != other.attended
    moments = [each.at for each in first.attended] + [each.at for each in first.told]
    assert all(NOON - LENGTH <= at <= NOON for at in moments)
    inside: set[tuple[str, str]] = set()
    for each in first.attended:
        who = site_and_value(each.visit)
        if each.visit.direction is Direction.OUT:
            assert who in inside
            inside.remove(who)
        else:
            inside.add(who)


def site_and_value(visit: Visit) -> tuple[str, str]:
    return visit.gate.split("-")[0], visit.value
