"""What a supervisor keeps running, for the whole house or for one service: broker, processes, and what the register says to both."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from os import getpid
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from deploy.addresses import embedded_broker, house_url
from deploy.broker.accounts import BrokerPlaces, BrokerUser
from deploy.broker.kinds import Broker, broker_of
from deploy.broker.revival import Revival
from deploy.broker.users import Service
from deploy.camera_groups import Group, regrouped
from deploy.camera_tasks import camera_tasks
from deploy.certificates import certificate_of
from deploy.demo.opening import Demo
from deploy.folder import DataFolder
from deploy.forms import BROKER, GATEWAY, MONITOR, REGISTRY, WHOLE, Form
from deploy.outside_broker import refuse_wrong_broker, with_authority
from deploy.ports import refuse_taken_port
from deploy.processes.orders import CameraOrders, EngineOrders, HouseOrders, PlateOrders, WebOrders
from deploy.provider import sign_in_settings
from deploy.retry import Retry
from deploy.roll import Roll
from deploy.services import outside_urls, service_secrets, service_urls
from deploy.stores import ROOMS, store_urls
from deploy.supervisor import Child, Supervisor
from deploy.system.facts import Career, Cause
from deploy.system.meter import Meter
from monitor.cameras.tasks import CameraGroup, CameraTask
from registry.bus import BrokerAddress
from registry.clock import Clock
from registry.devices.facts import Register
from registry.devices.reading import load_register, register_version
from registry.fast_clock import FastClock
from registry.plates.weights import default_models_dir
from registry.problems import Refusal
from registry.settings import Settings
from registry.store import Store

log = structlog.get_logger()

_PLATES_STOP_SECONDS = 1.0


@dataclass(slots=True, kw_only=True)
class Home:
    """The running parts. Used from one thread: a child dies with the thread that started it."""

    settings: Settings
    folder: DataFolder
    registry: Store
    clock: Clock
    form: Form = WHOLE
    demo: Demo | None = None
    supervisor: Supervisor = field(init=False)
    broker: Broker | None = field(init=False, default=None)
    _services: dict[str, str] = field(init=False, repr=False)
    _roll: Roll = field(init=False, repr=False)
    _version: int = field(init=False, default=-1)
    _announced: int = field(init=False, default=-1)
    _groups: list[Group] = field(init=False, repr=False, default_factory=list)
    _retry: Retry = field(init=False, repr=False, default_factory=Retry)
    _revival: Revival = field(init=False, repr=False, default_factory=Revival)
    _meter: Meter = field(init=False, repr=False, default_factory=Meter)
    _own_career: Career = field(init=False, repr=False)
    _broker_career: Career = field(init=False, repr=False)
    _running: ExitStack = field(init=False, repr=False, default_factory=ExitStack)

    def __post_init__(self) -> None:
        secrets = service_secrets(self.folder.key("services"))
        self._roll = Roll.of(self.settings.broker, self.folder)
        outside = self.settings.broker_url
        self._services = (
            service_urls(embedded_broker(self.settings), secrets)
            if outside is None or self.form == BROKER
            else outside_urls(with_authority(outside.get_secret_value(), self.settings.mqtt_ca), secrets)
        )
        self.supervisor = Supervisor(self.folder.logs, self.clock)
        self._own_career = Career(self.form.supervisor)
        self._broker_career = Career("broker")
        if self.form == BROKER or (self.form.is_whole and outside is None):
            places = BrokerPlaces(
                host=self.settings.host,
                port=self.settings.mqtt_port,
                folder=self.folder.broker,
                durable=self.settings.durable_broker,
                certificate=certificate_of(self.settings),
            )
            self.broker = broker_of(self.settings.broker, places)

    @property
    def _fast_clock(self) -> FastClock | None:
        """What the processes are told of the clock: nothing, where it is the machine's."""
        return self.clock if isinstance(self.clock, FastClock) else None

    @property
    def url(self) -> str:
        """Where pages and API are, as a browser on this machine says it."""
        return house_url(self.settings)

    def claim_ports(self) -> None:
        """Free the ports that a broker of an earlier run still holds, and make sure that ours, or another's broker, can be had.

        Raises:
            Refusal: another program has one of them.
        """
        if self.broker is not None:
            if self.settings.port == self.settings.mqtt_port:
                raise Refusal(
                    f"Pages and broker cannot share port {self.settings.port}. Name two with --port and --mqtt-port."
                )
            self.broker.end_left_over()
            refuse_taken_port(self.settings.host, self.settings.mqtt_port, option="--mqtt-port")
        else:
            refuse_wrong_broker(self._services.values())
        refuse_taken_port(self.settings.host, self.settings.port, option="--port")

    def start(self) -> None:
        """Start everything: the broker, then its users side by side, then what needs them all.

        Raises:
            Refusal: a part does not start.
        """
        self._own_career.began(getpid(), self.clock.now())
        register = self._read_register()
        if self.broker is not None:
            self._running.callback(self.broker.stop)
            self._start_broker(self._roll.our_own(register))
        self._running.callback(self.supervisor.stop)
        if GATEWAY in self.form.rooms:
            # Whoever waits for a picture is told at once, and does not keep the web from ending.
            plates = Child("plates", "deploy.processes.plates", self._plate_orders, stop_seconds=_PLATES_STOP_SECONDS)
            self.supervisor.launch(plates)
        engine = Child("engine", "deploy.processes.engine", self._engine_orders)
        if MONITOR in self.form.rooms:
            self.supervisor.launch(engine)
        self._look()  # the page of the processes finds something from the beginning
        web = Child(self.form.web, "deploy.processes.web", self._web_orders)
        self.supervisor.launch(web)
        if MONITOR in self.form.rooms and self.broker is not None:
            # Devices are let in once somebody listens: on the very first start there is no session yet that would wait for us.
            # A broker that others run lets them in when it likes, and may come after us.
            self.supervisor.await_ready(engine)
        self._admit(register)
        self.supervisor.await_ready(web)
        self._follow_cameras(register)
        demo = self.demo
        if demo is not None and demo.is_simulated:
            self.supervisor.start(Child("simulators", "deploy.processes.simulators", lambda: demo.orders(getpid())))
        self._look()

    def stop(self) -> None:
        """End everything in reverse order."""
        self._running.close()
        self._keep_end(is_over=True)

    def tend(self) -> None:
        """Restart what has ended, and follow the register; what cannot be done now is tried again, ever less often.

        One part that fails for a while must not end the others: nothing is raised.
        """
        self.supervisor.tend()
        if self._meter.is_due():
            self._look()
        if not self._retry.is_due():
            return
        try:
            if self.broker is not None and self.broker.pid is None:
                log.warning("broker-ended")
                self._broker_career.ended(None, self.clock.now())
                self._start_broker(self._roll.everybody(self._read_register()))
            elif self.broker is not None and self._revival.is_due(self.broker):
                users = self._roll.everybody(self._read_register())
                self._broker_career.ended(None, self.clock.now(), Cause.DISK_WAS_FULL)
                self._start_broker(users)
            self._follow_register()
        except (Refusal, SQLAlchemyError) as fault:
            self._retry.later()
            log.warning("try-again-later", fault=str(fault), seconds=self._retry.seconds)
        else:
            self._retry.done()

    def _start_broker(self, users: Iterable[BrokerUser]) -> None:
        if self.broker is not None:
            self.broker.start(users)
            self._broker_career.began(self.broker.pid or 0, self.clock.now())

    def _look(self) -> None:
        """Write down how the processes are; a disk that is full for a while must not end them."""
        careers = [self._own_career, *(child.career for child in self.supervisor.children)]
        if self.broker is not None:
            careers.insert(1, self._broker_career)
        try:
            self._meter.look(self.form.name, careers, self.clock.now()).write(self.folder.processes_of(self.form.name))
        except OSError as fault:
            log.warning("processes-not-written-down", fault=str(fault))
        self._keep_end(is_over=False)

    def _keep_end(self, *, is_over: bool) -> None:
        """Write down until when a demonstration's clock runs; the next run goes on there."""
        if self.demo is None:
            return
        try:
            self.demo.keep_end(is_over=is_over)
        except OSError as fault:
            log.warning("end-of-the-clock-not-kept", fault=str(fault))

    def _follow_register(self) -> None:
        """Tell the broker and the camera workers what changed in the register, a round after it is seen."""
        with self.registry.read() as session:
            version = register_version(session)
        if version == self._version:
            return
        if version != self._announced:
            self._announced = (
                version  # the engine reads the register by itself; it must know a device before the broker does
            )
            return
        register = self._read_register()
        self._admit(register)
        self._follow_cameras(register)

    def _admit(self, register: Register) -> None:
        if self.broker is not None and not self.broker.reload(self._roll.everybody(register)):
            self._version = -1
            raise Refusal("The broker did not take its new users.")

    def _read_register(self) -> Register:
        with self.registry.read() as session:
            register = load_register(session)
        self._version = register.version
        return register

    def _follow_cameras(self, register: Register) -> None:
        if MONITOR not in self.form.rooms:
            return
        tasks = camera_tasks(register, self.folder.key("device"))
        if self.demo is None or not self.demo.is_simulated:
            tasks = tuple(task for task in tasks if not self._is_drawn(task))
        before, self._groups = self._groups, regrouped(self._groups, tasks)
        for number, group in enumerate(self._groups):
            if number >= len(before) or group != before[number]:
                name = f"cameras-{number + 1}"
                self.supervisor.remove(name)
                if group:
                    self.supervisor.launch(
                        Child(name, "deploy.processes.cameras", partial(self._camera_orders, name, number))
                    )

    def _is_drawn(self, task: CameraTask) -> bool:
        """Whether a camera shows a clip of the demo: those run with the simulators only."""
        return Path(task.source.get_secret_value()).parent == self.folder.demo_clips

    def _house_orders(self, process: str, rooms: Iterable[str]) -> HouseOrders:
        urls = store_urls(self.settings)
        return HouseOrders(
            process=process,
            parent=getpid(),
            log_json=self.settings.log_json,
            fast_clock=self._fast_clock,
            data_dir=self.folder.path,
            stores={room: urls[room] for room in rooms},
            brokers=self._services,
        )

    def _engine_orders(self) -> EngineOrders:
        return EngineOrders(
            **self._house_orders("engine", (REGISTRY, MONITOR)).model_dump(),
            signal_days={kind.value: days for kind, days in self.settings.signal_days.items()},
            purge_minutes=self.settings.purge_minutes,
        )

    def _plate_orders(self) -> PlateOrders:
        return PlateOrders(
            process="plates",
            parent=getpid(),
            log_json=self.settings.log_json,
            data_dir=self.folder.path,
            models_dir=self.settings.models_dir or default_models_dir(),
        )

    def _web_orders(self) -> WebOrders:
        # The registry also anchors the audit chains of the other rooms, which it reads.
        rooms = ROOMS if REGISTRY in self.form.rooms else self.form.stores
        return WebOrders(
            **self._house_orders(self.form.web, rooms).model_dump(),
            form=self.form.name,
            rooms=self.form.rooms,
            host=self.settings.host,
            port=self.settings.port,
            public_url=self.settings.public_url,
            default_language=self.settings.default_language,
            sign_in=sign_in_settings(self.settings),
        )

    def _camera_orders(self, name: str, number: int) -> CameraOrders:
        broker = BrokerAddress.parse(self._services[Service.MONITOR.value])
        group = CameraGroup(
            cameras=self._groups[number],
            broker_host=broker.host,
            broker_port=broker.port,
            broker_tls=broker.tls,
            broker_trust=broker.trust,
            broker_trusted_file=broker.trusted_file,
            media_url=self.url,
        )
        return CameraOrders(
            process=name,
            parent=getpid(),
            log_json=self.settings.log_json,
            fast_clock=self._fast_clock,
            group=group,
        )
