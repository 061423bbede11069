"""Reading the signals that a rule needs, and how far the rules have come."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.alarms.findings import SignalKey
from monitor.anomalies.form import Reading
from monitor.anomalies.models import EngineProgress, EngineTick
from monitor.anomalies.signals import Signal
from monitor.anomalies.world import World
from monitor.arming import queries as arming
from monitor.patrols import queries as patrols
from monitor.signals import queries as heard
from monitor.supervision import queries as supervision
from registry.clock import Instant
from registry.devices.facts import Register
from registry.messages.events import EVENT_DATA


def world(session: Session, register: Register, clock: Instant) -> World:
    """What the rules see beside the signals, as it is known now; of what was armed, as far back of `clock` as they may ask."""
    since = clock - arming.JUDGED_ANEW
    return World(
        register=register,
        tours=patrols.tours(session, sorted(register.sites)),
        arming=arming.timelines(session, register.zones.keys(), since),
        unarmed=[each for each in arming.unarmed(session, since) if each.site in register.sites],
        supervision=supervision.known(session, register, clock),
        now=clock,
    )


def signals_of(session: Session, reading: Reading, *, upto: int) -> Sequence[Signal]:
    """What was heard of this, by event time; up to the signal at position `upto`."""
    found = heard.signals_between(
        session, reading.devices, reading.since, reading.until, types=reading.types, upto=upto
    )
    return [signal_of(signal) for signal in found]


def signal_of(found: heard.Signal) -> Signal:
    """A stored signal; the inbox has understood its data before it was stored."""
    return Signal(
        key=SignalKey(device=found.device, id=found.id),
        type=found.type,
        occurred_at=found.occurred_at,
        received_at=found.received_at,
        data=EVENT_DATA[found.type].model_validate(found.data),
    )


def progress(session: Session) -> EngineProgress | None:
    """How far the engine has come; None: it never ran."""
    return session.get(EngineProgress, 1)


def begin_progress(session: Session, now: Instant, *, after: int, form: str) -> EngineProgress:
    """The engine's first row: every signal after that position is to be judged, but no timer from before it was there."""
    row = EngineProgress(only=1, position=after, clock=now, form=form, anew_until=0)
    session.add(row)
    store_tick(session, after, now)
    return row


def first_tick(session: Session) -> Instant | None:
    """When an engine looked for the first time; None: no tick was stored yet."""
    return session.scalar(select(EngineTick.at).order_by(EngineTick.number).limit(1))


def store_tick(session: Session, position: int, at: Instant) -> None:
    session.add(EngineTick(position=position, at=at))
