"""The rules ask what was armed when something happened, however late they hear of it."""

from datetime import timedelta

import pytest

from monitor.arming import service
from monitor.arming.rules import Mode, default_group_id
from registry.auth.permissions import Role
from registry.devices.facts import ZoneKind
from registry.store import Store
from tests.makers.judging import catch_up, standing
from tests.makers.monitor import BEAM, OC1, a_beam, a_motion, a_principal, a_zone, hear, seconds, the_compound

REGISTER, OPERATOR = the_compound(), a_principal(Role.OPERATOR)
PERIMETER = default_group_id(OC1, ZoneKind.PERIMETER)


@pytest.mark.parametrize(("crossed_at", "alarms"), [(-30, 1), (30, 0)])
def test_late_evidence_is_judged_by_the_mode_of_then(monitor_store: Store, crossed_at: float, alarms: int) -> None:
    with monitor_store.begin(seconds(0)) as work:
        service.arm(work, REGISTER, PERIMETER, Mode.DISARMED, version=0, until=None, reason="送货", by=OPERATOR)
    at, late = seconds(crossed_at), seconds(600)
    hear(monitor_store, [a_beam(at, received_at=late), a_motion(at, received_at=late)])
    catch_up(monitor_store)
    assert len(standing(monitor_store)) == alarms


def test_what_a_bypassed_beam_says_raises_nothing(monitor_store: Store) -> None:
    with monitor_store.begin(seconds(0)) as work:
        end = seconds(0) + timedelta(minutes=10)
        service.bypass(work, REGISTER, a_zone().id, device=BEAM, until=end, reason="树枝遮挡", by=OPERATOR)
    hear(monitor_store, [a_beam(seconds(30)), a_motion(seconds(30))])
    catch_up(monitor_store)
    assert not standing(monitor_store)
    hear(monitor_store, [a_beam(seconds(700)), a_motion(seconds(700))])
    catch_up(monitor_store)
    assert len(standing(monitor_store)) == 1
