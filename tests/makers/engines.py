"""The engine as a process of its own, on the stores and the broker of a test."""

import os
import selectors
import signal
import subprocess
import sys
from pathlib import Path

from deploy.broker.users import Service
from deploy.folder import DataFolder
from deploy.processes.orders import EngineOrders
from monitor.pulse.queries import last_pulse
from monitor.pulse.rules import Pulse
from registry.bus import BrokerAddress
from registry.store import Store
from tests.conftest import REPOSITORY


class RunningEngine:
    """The engine as a child process."""

    def __init__(self, monitor_account: BrokerAddress, folder: Path, *stores: Store) -> None:
        self._monitor = next(store for store in stores if store.room.name == "monitor")
        DataFolder(folder).prepare()
        orders = EngineOrders(
            process="engine",
            parent=os.getpid(),
            log_json=True,
            data_dir=folder,
            stores={store.room.name: store.engine.url.render_as_string(hide_password=False) for store in stores},
            brokers={Service.MONITOR.value: monitor_account.url()},
            signal_days={},
            purge_minutes=60,
        )
        self.process = subprocess.Popen(
            [sys.executable, "-m", "deploy.loading", "deploy.processes.engine"],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self.process.stdin is not None
        self.process.stdin.write(orders.model_dump_json().encode())
        self.process.stdin.close()

    def has_spoken(self) -> bool:
        """Whether it has said that it is ready."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            return bool(selector.select(timeout=0))

    @property
    def _output(self) -> int:
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    def pulse(self) -> Pulse | None:
        with self._monitor.read() as session:
            return last_pulse(session)

    def hears(self) -> bool:
        pulse = self.pulse()
        return pulse is not None and pulse.hears_devices

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(60)

    def stand_still(self) -> None:
        """Stop it, and return when every thread of it stands: until then they run on, and one of them may begin a write."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self.go_on()
        self.process.terminate()
        self.process.wait(60)
        if self.process.stdout is not None:
            self.process.stdout.close()
