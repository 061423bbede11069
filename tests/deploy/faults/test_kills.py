"""Any process may die at any moment: what the publishers had confirmed is stored once, what a reader was told is in the journal."""

import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext, suppress

import pytest

from tests.deploy.faults.conftest import DATABASE, FILES, Ground, told
from tests.deploy.faults.load import Load, events

pytestmark = [pytest.mark.broker, pytest.mark.timeout(1800)]

BROKER = "nats-server|mosquitto"
ENGINE = "deploy.processes.engine"
PROCESSES = (
    ENGINE,
    "deploy.processes.web",
    BROKER,
    "deploy.processes.plates",
    "deploy.command",
)
FORMS = [
    pytest.param(400, PROCESSES[:3], id="short"),
    pytest.param(20_000, PROCESSES * 5, id="long", marks=pytest.mark.soak),
    pytest.param(100_000, (ENGINE,) * 50 + (BROKER,) * 10, id="engine_50_and_broker_10_times", marks=pytest.mark.soak),
]


def kill(ground: Ground, load: Load, names: str, eventually: Callable[..., None]) -> int:
    """SIGKILL for one process, which is waited for where it was killed a moment ago; for the supervisor it is the whole house, which is then started again.

    What mosquitto confirmed in the last two seconds and no engine has stored does not survive its kill -9 (docs/brokers.md); NATS
    keeps it. So mosquitto and the engine are killed only while they hear each other, and both at once while nobody speaks.
    """
    forgets = ground.server is not None
    if names == "deploy.command":
        with load.held() if forgets else nullcontext():
            if forgets:
                ground.wait_until_all_is_stored(load, eventually)
            ground.house.kill_tree()
            ground.house.start()
        return 1
    if forgets and names in {ENGINE, BROKER}:
        ground.wait_until_the_engine_hears(load, eventually)
    eventually(lambda: _pids(ground, names), 60)
    killed = 0
    for pid in _pids(ground, names):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            killed += 1
    return killed


def _pids(ground: Ground, names: str) -> list[int]:
    """Of several names one is that of a process of this house."""
    found = [ground.process(name) for name in names.split("|")]
    return [pid for pid in found if pid is not None]


@pytest.mark.parametrize("kind", [FILES, DATABASE], indirect=True)
@pytest.mark.parametrize(("count", "killed"), FORMS)
def test_every_event_is_stored_once_and_every_answer_kept_whatever_is_killed(
    ground: Ground,
    count: int,
    killed: tuple[str, ...],
    eventually: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    chance = random.Random(count)
    load = Load(ground.house, events(count, seed=1), rate=count / (2 * len(killed)))
    load.begin()
    victims = chance.sample(killed, len(killed))
    kills = 0
    for number, victim in enumerate(victims, 1):
        load.wait_for((number - chance.random()) / len(victims))
        kills += kill(ground, load, victim, eventually)
    load.end()
    found = ground.count_when_settled(load, eventually)
    told(found, capsys, f"killed: {dict(Counter(victims))}")
    assert kills == len(victims)
    assert (found.missing, found.doubled, found.not_in_the_journal) == (0, 0, 0)
    assert found.stored == found.sent == count
    assert found.granted > 0
