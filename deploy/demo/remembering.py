"""Putting the past into the stores: through the gates' journal, the inbox, the rules and the alarms, each at its own moment.

It is safe to do it again after it was cut off: an attempt is answered once, a signal stored once, and a timer runs once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from deploy.demo.building import TIMEZONE
from deploy.demo.city import City
from deploy.demo.filling import SEED
from deploy.demo.past import LENGTH, Past, draw_past
from deploy.demo.plans import Compound
from deploy.folder import DataFolder
from gateway.checks.answers import CheckRequest, CredentialShown
from gateway.checks.attempts import Attempt
from gateway.checks.credentials import read_attempt
from gateway.checks.snapshot import Snapshot
from gateway.journal import batch
from gateway.journal.forms import Forms
from monitor.alarms import service as alarms
from monitor.alarms.rules import Closing
from monitor.engine import Engine
from monitor.patrols.queries import tours
from monitor.patrols.rules import Round, TourFacts, rounds_between
from monitor.signals.messages import Message
from monitor.signals.service import take_in
from registry.access.reading import load_access
from registry.auth.permissions import Role
from registry.auth.principal import Grant, Principal
from registry.auth.queries import user_named
from registry.clock import Instant, SystemClock
from registry.devices.facts import Register
from registry.devices.reading import load_register
from registry.ids import AlarmId, CredentialId, UserId
from registry.messages.alarms import AlarmState, AlarmVerdict
from registry.messages.envelope import Event
from registry.messages.topics import Channel, DeviceTopic
from registry.store import Store, outbox

_STEP = timedelta(hours=1)
_ON_THE_WAY = timedelta(milliseconds=200)
"""From a device's word to the inbox."""
_LOOKED_INTO = timedelta(minutes=12)
_CAUSES = {
    "B02": (AlarmVerdict.NUISANCE, "夜间清运垃圾，已与物业核实"),
    "G03": (AlarmVerdict.REAL, "年度证已失效，已劝返"),
    "T01": (AlarmVerdict.REAL, "保安员漏巡，已补巡并提醒"),
}
_ELSE = (AlarmVerdict.NUISANCE, "现场核实，无异常")


def remember_past(
    stores: Mapping[str, Store], folder: DataFolder, compounds: Sequence[Compound], city: City, end: Instant
) -> None:
    """Let happen what happened in the hours before `end`, the moment at which the registry was filled."""
    with stores["registry"].read() as session:
        register, snapshot = load_register(session), Snapshot.of(load_access(session))
        guard, officer = (_person(session, role) for role in (Role.GUARD, Role.SECURITY_OFFICER))
    with stores["monitor"].read() as session:
        asked = _rounds(tours(session, sorted(register.sites)), end)
    past = draw_past(SEED, compounds, city.callers, asked, end=end, timezone=ZoneInfo(TIMEZONE))
    house = _House(
        gateway=stores["gateway"],
        monitor=stores["monitor"],
        register=register,
        snapshot=snapshot,
        forms=Forms(folder.key("attempt")),
        guard=guard,
        officer=officer,
    )
    house.live(past, end)


@dataclass(slots=True, kw_only=True)
class _House:
    """The rooms without their processes and without a broker."""

    gateway: Store
    monitor: Store
    register: Register
    snapshot: Snapshot
    forms: Forms = field(repr=False)
    guard: Principal
    officer: Principal

    def live(self, past: Past, end: Instant) -> None:
        engine = Engine(self.monitor, lambda: self.register, SystemClock())
        begins = end - LENGTH
        engine.step(begins)  # from here on it watches
        while begins < end:
            until = min(begins + _STEP, end)
            self._attend(past, begins, until)
            self._hear([*self._announced(), *_told(past, begins, until)])
            while engine.step(until):
                pass
            self._look_into(until)
            begins = until

    def _attend(self, past: Past, since: Instant, until: Instant) -> None:
        """Each attempt at its own moment; all of an hour in one transaction."""
        with self.gateway.begin_bare() as connection:
            for each in past.attended:
                if since <= each.at < until:
                    visit = each.visit
                    request = CheckRequest(
                        attempt_id=each.attempt,
                        gate=visit.gate,
                        direction=visit.direction,
                        credential=CredentialShown(kind=visit.kind, value=visit.value),
                    )
                    attempt: Attempt = read_attempt(request, self.guard, _Plainly())
                    batch.write(connection, [attempt], self.snapshot, self.forms, each.at)

    def _announced(self) -> list[Message]:
        """What the gates said of it: taken from their outbox as the broker would."""
        with self.gateway.begin(SystemClock().now()) as work:
            waiting = outbox.waiting(work.session, limit=10_000)
            outbox.sent(work.session, [each.position for each in waiting])
        return [
            Message(
                topic=each.topic,
                payload=each.payload,
                received_at=Event.model_validate_json(each.payload).time + _ON_THE_WAY,
            )
            for each in waiting
        ]

    def _hear(self, messages: Sequence[Message]) -> None:
        in_order = sorted(messages, key=lambda each: each.received_at)
        if in_order:
            with self.monitor.begin(in_order[-1].received_at) as work:
                take_in(work.session, in_order, self.register)

    def _look_into(self, now: Instant) -> None:
        """What was raised is acknowledged and closed, minutes after it was raised."""
        with self.monitor.read() as session:
            found = alarms.alarms(session, sites=None).items
        for alarm in found:
            at = alarm.raised_at + _LOOKED_INTO
            if at > now or alarm.state is not AlarmState.NEW:
                continue
            verdict, cause = _CAUSES.get(alarm.rule, _ELSE)
            with self.monitor.begin(at) as work:
                seen = alarms.acknowledge(work, AlarmId(alarm.id), version=alarm.version, by=self.officer)
            with self.monitor.begin(at + _LOOKED_INTO / 2) as work:
                closing = Closing(verdict=verdict, cause=cause)
                alarms.close(work, AlarmId(alarm.id), version=seen.version, closing=closing, by=self.officer)


def _told(past: Past, since: Instant, until: Instant) -> list[Message]:
    return [
        Message(
            topic=str(DeviceTopic(each.device, Channel.EVENT)),
            payload=Event(
                id=str(each.id),
                source=each.device.source,
                type=f"dayuan.{each.device.kind}.{each.what}",
                time=each.at,
                data=dict(each.data),
            )
            .model_dump_json(exclude_none=True)
            .encode(),
            received_at=each.at + _ON_THE_WAY,
        )
        for each in past.told
        if since <= each.at < until
    ]


def _rounds(found: Sequence[TourFacts], end: Instant) -> list[Round]:
    """Those of the period that the plans ask for; the one that is walked at the very start is not over yet."""
    timezone = ZoneInfo(TIMEZONE)
    return [
        each for tour in found if tour.valid_until is None for each in rounds_between(tour, end - LENGTH, end, timezone)
    ]


def _person(session: Session, role: Role) -> Principal:
    """The demo's user of this role."""
    user = user_named(session, role.value)
    if user is None:
        raise ValueError(f"the demo has no user {role}")
    return Principal(id=UserId(user.id), name=user.name, grants=frozenset({Grant(role, None)}))


class _Plainly:
    """Nobody shows a QR pass or types a PIN in the past."""

    def verify_pass(self, text: str) -> CredentialId | None:
        raise NotImplementedError(text)

    def digest_pin(self, pin: str) -> str:
        raise NotImplementedError(pin)
