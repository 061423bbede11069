"""An engine step by step on a real store, and the alarms that it made."""

from datetime import timedelta

from monitor.alarms import service
from monitor.alarms.rules import Closing
from monitor.engine import Engine
from registry.clock import Instant
from registry.devices.facts import Register
from registry.messages.alarms import AlarmDocument, AlarmVerdict
from registry.store import Store
from tests.fakes.clock import NOON, FixedClock
from tests.makers.monitor import a_principal, the_compound

LATER = NOON + timedelta(hours=1)
VARIES = {"code", "raised_at", "version"}
"""How an alarm came to stand, not how it stands."""


def an_engine(store: Store, register: Register | None = None) -> Engine:
    """A new engine on the store, as after a kill: it knows nothing that is not stored."""
    compound = register or the_compound()
    return Engine(store, lambda: compound, FixedClock())


def catch_up(store: Store, now: Instant = LATER, *, register: Register | None = None) -> None:
    """Judge whatever waits."""
    engine = an_engine(store, register)
    while engine.step(now):
        pass


def standing(store: Store) -> list[AlarmDocument]:
    """Every alarm, the closed ones too."""
    with store.read() as session:
        return list(service.alarms(session, sites=None, only_open=False).items)


def final(store: Store) -> list[dict[str, object]]:
    """How all of them stand."""
    return sorted((alarm.model_dump(exclude=VARIES) for alarm in standing(store)), key=lambda each: str(each["id"]))


def handled(store: Store, alarm: AlarmDocument, now: Instant, *, close: bool = False) -> None:
    """Acknowledge it, and close it too."""
    by = a_principal()
    with store.begin(now) as work:
        seen = service.acknowledge(work, alarm.id, version=alarm.version, by=by)
        if close:
            closing = Closing(verdict=AlarmVerdict.NUISANCE, cause="猫")
            service.close(work, alarm.id, version=seen.version, closing=closing, by=by)
