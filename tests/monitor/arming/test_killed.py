"""What is armed survives a kill -9 at any moment: nothing is lost, nothing is written twice, each at its moment."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from random import Random

from monitor.arming import queries
from monitor.arming.models import ArmingChange
from monitor.arming.rules import Mode
from registry.store import Store
from tests.conftest import REPOSITORY
from tests.fakes.clock import NOON
from tests.makers.judging import catch_up
from tests.makers.monitor import OC1, a_zone, seconds

KILLS = 2
HOUR = timedelta(hours=1)


def live_until_killed(store: Store, steps: int) -> None:
    """Let the program run for so many steps, and kill it in the middle of what it does then."""
    program = Path(__file__).with_name("armed_process.py")
    url = store.engine.url.render_as_string(hide_password=False)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(
        [sys.executable, str(program), url], stdout=subprocess.PIPE, cwd=REPOSITORY, env=environment
    ) as living:
        assert living.stdout is not None
        for _ in range(steps):
            assert living.stdout.readline(), "it ended by itself"
        living.kill()


def test_arming_survives_kills_while_one_leaves_while_it_is_bypassed_and_at_any_other_moment(
    monitor_store: Store,
) -> None:
    chance = Random(6)
    live_until_killed(monitor_store, 2)
    with monitor_store.read() as session:
        lines = queries.timelines(session, [a_zone().id], NOON)
        [bypassed] = queries.bypasses(session, [OC1], seconds(60))
        [group] = queries.groups(session, [OC1])
    assert not lines.is_armed(a_zone(), seconds(299))  # who set it leaves
    assert bypassed.until == NOON + 2 * HOUR
    assert (group.standing.mode, group.standing.hand_until) == (Mode.AWAY, NOON + 4 * HOUR)
    for _ in range(KILLS):
        live_until_killed(monitor_store, chance.randrange(1, 40))
    catch_up(monitor_store, NOON + 24 * HOUR)
    with monitor_store.read() as session:
        written = [(row.number, row.at, row.mode, row.by) for row in session.query(ArmingChange)]
        lines = queries.timelines(session, [a_zone().id], NOON)
    assert written[1:] == [
        (2, NOON, Mode.AWAY, "security_officer"),
        (3, NOON + 4 * HOUR, Mode.DISARMED, None),
        (4, NOON + 7 * HOUR, Mode.NIGHT, None),
        (5, NOON + 19 * HOUR, Mode.DISARMED, None),
    ]
    armed = [hour for hour in range(24) if lines.is_armed(a_zone(), NOON + hour * HOUR + timedelta(minutes=1))]
    assert armed == [2, 3, *range(7, 19)]
