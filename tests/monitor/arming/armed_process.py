"""A program that arms a group and lets the engine go on from where it was, a minute a step; whoever starts it kills it."""

import sys
from datetime import timedelta

from monitor.anomalies import queries
from monitor.arming import service
from monitor.arming.rules import GroupZone, Mode, Span, default_group_id
from monitor.arming.service import Settings
from monitor.room import ROOM
from registry.auth.permissions import Role
from registry.devices.facts import ZoneKind
from registry.store import Store
from tests.conftest import AUDIT_KEY
from tests.fakes.clock import NOON
from tests.makers.judging import an_engine
from tests.makers.monitor import NORTH, OC1, a_principal, the_compound

NIGHTS = tuple(Span(day=day, begins_minute=19 * 60, ends_minute=31 * 60, mode=Mode.NIGHT) for day in range(8))
PERIMETER = default_group_id(OC1, ZoneKind.PERIMETER)


def begin(store: Store) -> None:
    """At noon: a plan, a zone that is bypassed until two, and armed by hand until four, with time to leave."""
    register, officer = the_compound(), a_principal(Role.SECURITY_OFFICER)
    zone = GroupZone(zone=NORTH, modes=frozenset(Mode), entry_seconds=30)
    made = Settings(name_zh="周界", name_en="Perimeter", exit_seconds=300, zones=(zone,), plan=NIGHTS)
    with store.begin(NOON) as work:
        service.set_up(work, register, PERIMETER, made, version=0, by=officer)
        until = NOON + timedelta(hours=2)
        service.bypass(work, register, NORTH, device=None, until=until, reason="检修", by=officer)
        until = NOON + timedelta(hours=4)
        service.arm(work, register, PERIMETER, Mode.AWAY, version=1, until=until, reason="", by=officer)


def main() -> None:
    """Go on for ever; each step is told when it is done."""
    store = Store.open(ROOM, sys.argv[1], audit_key=AUDIT_KEY)
    with store.read() as session:
        progress = queries.progress(session)
    if progress is None:
        begin(store)
    now = progress.clock if progress is not None else NOON
    engine = an_engine(store)
    while True:
        engine.step(now)
        sys.stdout.write(f"{now.isoformat()}\n")
        sys.stdout.flush()
        now += timedelta(minutes=1)


if __name__ == "__main__":
    main()
