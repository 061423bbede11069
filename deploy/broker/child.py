"""A broker as a child: started, waited for, told of new users, stopped; a left-over of our own is ended first."""

import os
import signal
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

import structlog

from deploy.broker.accounts import BrokerPlaces, BrokerUser
from deploy.leash import ChildFile, ProcessMark, dies_with_parent
from deploy.ports import refuse_taken_port
from registry.problems import Refusal

log = structlog.get_logger()

READY_SECONDS = 20.0
RELOAD_SECONDS = 5.0
STOP_SECONDS = 5.0
STEP_SECONDS = 0.02


class BrokerChild(ABC):
    """What both kinds have in common: how a child of ours is started, told and ended."""

    speaks_to: int | IO[bytes] = subprocess.DEVNULL
    """Where the child's standard error goes."""

    def __init__(self, places: BrokerPlaces) -> None:
        self.places = places
        self._process: subprocess.Popen[bytes] | None = None
        self._child_file = ChildFile(places.folder / "child.json")
        self._pause = threading.Event()  # never set: a wait that is not a sleep of the whole program

    @property
    def pid(self) -> int | None:
        """The process that runs now, for the supervisor."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def fault(self) -> str | None:
        """Why it stores nothing more until it is started anew, in its own words; None: nothing is known against it."""
        return None

    @property
    def log_file(self) -> Path:
        return self.places.folder / "broker.log"

    def start(self, users: Iterable[BrokerUser]) -> None:
        """Start the broker and return when it takes MQTT clients. Call it from a thread that lives as long as the broker shall.

        Raises:
            Refusal: the port is taken, the folder cannot be written, or the server does not start.

        """
        self.stop()
        command = self._command()
        self._make_folder()
        self.end_left_over()
        refuse_taken_port(self.places.host, self.places.port, option="--mqtt-port")
        self._write_users(users)
        self._process = subprocess.Popen(  # noqa: S603 - a broker that we found and our own file
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.speaks_to,
            preexec_fn=dies_with_parent(),  # noqa: PLW1509 - one system call; nothing else ties a child to us on Linux
        )
        child, parent = ProcessMark.of(self._process.pid), ProcessMark.of(os.getpid())
        if child is not None and parent is not None:
            try:
                self._child_file.write(child, parent)
            except OSError as error:
                self.stop()
                raise self._unwritable(error) from error
        self._started(self._process)
        self._wait_until_ready()
        log.info("broker-started", host=self.places.host, port=self.places.port)

    def reload(self, users: Iterable[BrokerUser]) -> bool:
        """Make `users` the users there are; who is no longer one is thrown out, nobody else notices.

        Gives False when the broker did not say within 5 s that it took the new configuration: it goes on with the old one,
        or takes it later. Tell it again.
        """
        if self._process is None or self._process.poll() is not None:
            return False
        has_taken = self._prepare_to_reload()
        self._write_users(users)
        self._process.send_signal(signal.SIGHUP)
        taken = has_taken is not None and self._until(has_taken, RELOAD_SECONDS)
        if not taken:
            log.error("broker-reload-refused", log_file=str(self.log_file))
        return taken

    def stop(self) -> None:
        """End the broker in order; by force when it does not listen within 5 s."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
        self._process = None
        self._child_file.remove()
        self._stopped()

    def end_left_over(self) -> None:
        """End a broker of ours that outlived the process that started it, so that its port is free again.

        Raises:
            Refusal: that process still lives.

        """
        marks = self._child_file.read()
        if marks is None:
            return
        child, parent = marks
        if not child.alive:
            return
        if parent.alive and parent.pid != os.getpid():
            raise Refusal(f"Dayuan already runs on this data folder (process {parent.pid}). Stop it first.")
        log.warning("broker-left-over-ended", pid=child.pid)
        child.end(signal.SIGTERM)
        if not self._until(lambda: not child.alive, STOP_SECONDS):
            child.end(signal.SIGKILL)
            self._until(lambda: not child.alive, STOP_SECONDS)

    @abstractmethod
    def _command(self) -> list[str]:
        """The program and its arguments; a Refusal when it is not installed."""

    @abstractmethod
    def _files(self, users: Iterable[BrokerUser]) -> dict[str, str]:
        """The files of the configuration, by name."""

    @abstractmethod
    def _is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether it takes MQTT clients."""

    @abstractmethod
    def _prepare_to_reload(self) -> Callable[[], bool] | None:
        """Before the files change: how to know that they were taken. None: it does not answer, so one cannot know."""

    @abstractmethod
    def _started(self, process: subprocess.Popen[bytes]) -> None:
        """The child runs."""

    @abstractmethod
    def _stopped(self) -> None:
        """The child is gone."""

    def _make_folder(self) -> None:
        try:
            self.places.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Refusal(f"The broker's folder {self.places.folder} cannot be made: {error.strerror}.") from error

    def _write_users(self, users: Iterable[BrokerUser]) -> None:
        try:
            write_files(self.places.folder, self._files(users))
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> Refusal:
        return Refusal(f"The broker's folder {self.places.folder} cannot be written: {error.strerror}.")

    def _wait_until_ready(self) -> None:
        if self._until(self._ready, READY_SECONDS):
            return
        self.stop()
        raise Refusal(f"The MQTT broker did not start. What it said is in {self.log_file}.")

    def _ready(self) -> bool:
        process = self._process
        if process is None or process.poll() is not None:
            self.stop()
            raise Refusal(f"The MQTT broker ended at once. What it said is in {self.log_file}.")
        return self._is_ready(process)

    def _until(self, condition: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            self._pause.wait(STEP_SECONDS)
        return True


def write_files(folder: Path, files: dict[str, str]) -> list[str]:
    """Write what differs from what is there, each file whole or not at all, and name it.

    A new file is for its owner's eyes alone (0600); one that is replaced keeps its mode and, where we may, its owner, so
    that whoever runs the broker can let it read the file once and for all.
    """
    written = []
    for name, text in files.items():
        file = folder / name
        content = text.encode()
        before = file.stat() if file.exists() else None
        if before is not None and file.read_bytes() == content:
            continue
        fresh = file.with_name(f"{name}.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            if before is not None:
                _hand_over(stream.fileno(), before)
            stream.write(content)
        fresh.replace(file)
        written.append(name)
    return written


def _hand_over(descriptor: int, before: os.stat_result) -> None:
    ours = os.fstat(descriptor)
    if (ours.st_uid, ours.st_gid) != (before.st_uid, before.st_gid):
        try:
            os.fchown(descriptor, before.st_uid, before.st_gid)
        except PermissionError:
            return  # the mode of another's file would open it to a group of ours that nobody chose
    os.fchmod(descriptor, before.st_mode & 0o777)
