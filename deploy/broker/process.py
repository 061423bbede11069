"""NATS server as a child: started, waited for, told of new users, stopped; a left-over of our own is ended first."""

import json
import os
import shutil
import signal
import subprocess
import sysconfig
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import structlog

from deploy.broker.configuration import BrokerPlaces, BrokerUser, configuration
from deploy.leash import ChildFile, ProcessMark, dies_with_parent
from deploy.ports import refuse_taken_port
from registry.problems import Refusal

log = structlog.get_logger()

READY_SECONDS = 20.0
RELOAD_SECONDS = 5.0
STOP_SECONDS = 5.0
STEP_SECONDS = 0.02
_ASK_SECONDS = 1.0


class Broker:
    """The embedded broker. `start`, `reload` when users change, `stop`; it ends by itself when this process does."""

    def __init__(self, places: BrokerPlaces) -> None:
        self.places = places
        self._process: subprocess.Popen[bytes] | None = None
        self._child_file = ChildFile(places.folder / "child.json")
        self._config = places.folder / "nats.conf"
        self._pause = threading.Event()  # never set: a wait that is not a sleep of the whole program
        self._monitoring = ""

    @property
    def pid(self) -> int | None:
        """The process that runs now, for the supervisor."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self, users: Iterable[BrokerUser]) -> None:
        """Start the broker and return when it takes MQTT clients. Call it from a thread that lives as long as the broker shall.

        Raises:
            Refusal: the port is taken, the folder cannot be written, or the server does not start.

        """
        self.stop()
        self._make_folder()
        self.end_left_over()
        refuse_taken_port(self.places.host, self.places.port, option="--mqtt-port")
        self._write(users)
        self._process = subprocess.Popen(  # noqa: S603 - our own binary and our own file
            [_executable(), "-c", str(self._config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=dies_with_parent(),  # noqa: PLW1509 - one system call; nothing else ties a child to us on Linux
        )
        child, parent = ProcessMark.of(self._process.pid), ProcessMark.of(os.getpid())
        if child is not None and parent is not None:
            self._child_file.write(child, parent)
        self._wait_until_ready()
        log.info("broker-started", host=self.places.host, port=self.places.port)

    def reload(self, users: Iterable[BrokerUser]) -> bool:
        """Make `users` the users there are; who is no longer one is thrown out, nobody else notices.

        Gives False when the broker did not say within 5 s that it took the new configuration: it goes on with the old one,
        or takes it later. Tell it again.
        """
        if self._process is None or self._process.poll() is not None:
            return False
        before = self._loaded_at()
        self._write(users)
        self._process.send_signal(signal.SIGHUP)
        taken = before is not None and self._until(lambda: self._loaded_at() not in (None, before), RELOAD_SECONDS)
        if not taken:
            log.error("broker-reload-refused", log_file=str(self.places.folder / "broker.log"))
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

    def _make_folder(self) -> None:
        try:
            self.places.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Refusal(f"The broker's folder {self.places.folder} cannot be made: {error.strerror}.") from error
        for stale in self.places.folder.glob("*.ports"):
            stale.unlink(missing_ok=True)

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

    def _write(self, users: Iterable[BrokerUser]) -> None:
        text = configuration(users, self.places)
        fresh = self._config.with_suffix(".new")
        try:
            fresh.unlink(missing_ok=True)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(text)
            fresh.replace(self._config)
        except OSError as error:
            raise Refusal(f"The broker's folder {self.places.folder} cannot be written: {error.strerror}.") from error

    def _wait_until_ready(self) -> None:
        if self._until(self._ready, READY_SECONDS):
            return
        self.stop()
        raise Refusal(f"The MQTT broker did not start. What it said is in {self.places.folder / 'broker.log'}.")

    def _ready(self) -> bool:
        process = self._process
        if process is None or process.poll() is not None:
            raise Refusal(f"The MQTT broker ended at once. What it said is in {self.places.folder / 'broker.log'}.")
        # The server writes this file when all its listeners stand.
        ports_file = self.places.folder / f"{Path(_executable()).name}_{process.pid}.ports"
        try:
            self._monitoring = json.loads(ports_file.read_text())["monitoring"][0]
        except (OSError, ValueError, KeyError, IndexError):
            return False
        return self._ask("healthz").get("status") == "ok"

    def _loaded_at(self) -> str | None:
        """When the broker read its configuration last, in its own words; None: it does not answer."""
        return self._ask("varz").get("config_load_time")

    def _ask(self, path: str) -> dict[str, Any]:
        try:
            with urlopen(f"{self._monitoring}/{path}", timeout=_ASK_SECONDS) as answer:  # noqa: S310 - our own child, on loopback
                found: dict[str, Any] = json.load(answer)
                return found
        except (URLError, OSError, ValueError):
            return {}

    def _until(self, condition: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            self._pause.wait(STEP_SECONDS)
        return True


def _executable() -> str:
    found = shutil.which("nats-server", path=sysconfig.get_path("scripts")) or shutil.which("nats-server")
    if found is None:
        raise Refusal("The MQTT broker (nats-server) is not installed. Run make install again.")
    return found
