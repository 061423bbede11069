"""`dayuan broker files`: the configuration for a broker that somebody else runs, written once or kept true."""

import argparse
import grp
import os
import signal
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from deploy.broker import mosquitto_configuration, nats, nats_configuration
from deploy.broker.accounts import BrokerPlaces, BrokerUser
from deploy.broker.child import write_files
from deploy.broker.mosquitto import account_files
from deploy.certificates import certificate_of
from deploy.configuration import Configuration
from deploy.folder import DataFolder
from deploy.house import existing_stores
from deploy.roll import Roll
from deploy.stopping import stop_on_signals
from registry import logs
from registry.devices.reading import load_register, register_version
from registry.problems import Refusal
from registry.settings import BrokerKind
from registry.store import Store

log = structlog.get_logger()

LOOK_SECONDS = 1.0
_PROGRAMS = ("mosquitto", "nats-server")
"""As the system calls them. A number in a file may be anybody's by now, and SIGHUP would end it."""


def write(options: argparse.Namespace, configuration: Configuration) -> int:
    """Write the files and tell the broker; with `--follow`, again at each change of the register until told to stop."""
    settings = configuration.settings
    group = None if options.group is None else _group(options.group)
    logs.configure(process="broker-files", as_json=settings.log_json)
    registry = existing_stores(settings)["registry"]
    state = (options.state_dir or options.out).absolute()
    keeper = FilesKeeper(
        kind=settings.broker,
        out=options.out.absolute(),
        places=BrokerPlaces(
            host=settings.host,
            port=settings.mqtt_port,
            folder=state,
            durable=settings.durable_broker,
            certificate=certificate_of(settings),
        ),
        pid_file=options.pid_file.absolute() if options.pid_file else None,
        roll=Roll.of(settings.broker, DataFolder(settings.data_dir)),
        registry=registry,
        group=group,
    )
    written = keeper.bring_up_to_date()
    print(f"{', '.join(written)} written to {keeper.out}." if written else f"{keeper.out} is as it should be.")  # noqa: T201
    if options.follow:
        keeper.follow(stop_on_signals())
    return 0


def _group(name: str) -> int:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise Refusal(f"There is no group {name} on this machine. Name the one that the broker runs as.") from None


@dataclass(slots=True, kw_only=True)
class FilesKeeper:
    """Keeps the files of one broker true to the register.

    `places.folder`: where the broker itself keeps what it is told; `group`: the system's number of who may read the files too.
    """

    kind: BrokerKind
    out: Path
    places: BrokerPlaces
    pid_file: Path | None
    roll: Roll
    registry: Store
    group: int | None = None
    _version: int = -1
    _is_told: bool = True

    def bring_up_to_date(self) -> list[str]:
        """Write what differs, tell the broker of it, and name it.

        Raises:
            Refusal: the folder cannot be written.
        """
        with self.registry.read() as session:
            version, register = register_version(session), load_register(session)
        try:
            self.out.mkdir(mode=0o700, parents=True, exist_ok=True)
            written = write_files(self.out, files := self._files(self.roll.everybody(register)))
            self._let_group_read(files)
        except OSError as error:
            raise Refusal(f"The folder {self.out} cannot be written: {error.strerror}.") from None
        self._version = version
        if written:
            self._is_told = False
        self._tell()
        return written

    def _let_group_read(self, names: Iterable[str]) -> None:
        if self.group is None:
            return
        for place, mode in ((self.out, 0o750), *((self.out / name, 0o640) for name in names)):
            if (place.stat().st_gid, place.stat().st_mode & 0o777) != (self.group, mode):
                os.chown(place, -1, self.group)
                place.chmod(mode)

    def follow(self, stop: threading.Event) -> None:
        """Look each second. A store, a disk or a broker that is away for a while is tried again."""
        seen = self._version
        while not stop.wait(LOOK_SECONDS):
            try:
                with self.registry.read() as session:
                    version = register_version(session)
                # A round later: the engine reads the register by itself, and must know a device before the broker does.
                if version != self._version and version == seen:
                    log.info("broker-files-written", files=self.bring_up_to_date())
                seen = version
                self._tell()
            except (Refusal, SQLAlchemyError) as fault:
                log.warning("try-again-later", fault=str(fault), seconds=LOOK_SECONDS)

    def _files(self, users: Iterable[BrokerUser]) -> dict[str, str]:
        if self.kind is BrokerKind.NATS:
            return {nats.CONFIGURATION: nats_configuration.configuration(users, self.places, pid_file=self.pid_file)}
        text = mosquitto_configuration.configuration(self.places, files=self.out, pid_file=self.pid_file)
        return {mosquitto_configuration.CONFIGURATION: text, **account_files(users)}

    def _tell(self) -> None:
        """Have the broker read its files again; one that does not run reads them when it starts."""
        if self._is_told or self.pid_file is None:
            return
        try:
            number = int(self.pid_file.read_text())
            program = Path(f"/proc/{number}/comm").read_text().strip()
            if program in _PROGRAMS:
                os.kill(number, signal.SIGHUP)
            else:
                log.warning("broker-not-told", pid_file=str(self.pid_file), pid=number, program=program)
        except (FileNotFoundError, ProcessLookupError):
            log.info("broker-does-not-run", pid_file=str(self.pid_file))
        except (OSError, ValueError) as error:
            log.warning("broker-not-told", pid_file=str(self.pid_file), fault=str(error))
            return
        self._is_told = True
