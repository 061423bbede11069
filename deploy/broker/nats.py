"""NATS server from its wheel as the broker."""

import json
import shutil
import subprocess
import sysconfig
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from deploy.broker.accounts import BrokerPlaces, BrokerUser
from deploy.broker.child import BrokerChild
from deploy.broker.nats_configuration import configuration
from deploy.broker.nats_log import NatsLog
from deploy.broker.refusals import Refusals
from registry.problems import Refusal

CONFIGURATION = "nats.conf"
_ASK_SECONDS = 1.0


class Nats(BrokerChild):
    """The embedded broker. `start`, `reload` when users change, `stop`; it ends by itself when this process does."""

    def __init__(self, places: BrokerPlaces) -> None:
        super().__init__(places)
        self._refusals = Refusals(places.folder)
        self._log: NatsLog | None = None
        self._monitoring = ""

    @property
    def fault(self) -> str | None:
        return self._log.fault if self._log is not None else None

    def _command(self) -> list[str]:
        return [_executable(), "-c", str(self.places.folder / CONFIGURATION)]

    def _make_folder(self) -> None:
        super()._make_folder()
        for stale in self.places.folder.glob("*.ports"):
            stale.unlink(missing_ok=True)

    def _files(self, users: Iterable[BrokerUser]) -> dict[str, str]:
        return {CONFIGURATION: configuration(users, self.places)}

    def _is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        # The server writes this file when all its listeners stand.
        ports_file = self.places.folder / f"{Path(_executable()).name}_{process.pid}.ports"
        try:
            self._monitoring = json.loads(ports_file.read_text())["monitoring"][0]
        except (OSError, ValueError, KeyError, IndexError):
            return False
        return self._ask("healthz").get("status") == "ok"

    def _prepare_to_reload(self) -> Callable[[], bool] | None:
        before = self._loaded_at()
        return None if before is None else lambda: self._loaded_at() not in (None, before)

    def _started(self, process: subprocess.Popen[bytes]) -> None:
        self._log = NatsLog(self.log_file, self._refusals, self._account_of)
        self._log.start()

    def _stopped(self) -> None:
        if self._log is not None:
            self._log.stop()
            self._log = None

    def _account_of(self, connection: str) -> str | None:
        """Who signed in on a connection, also on one that has ended."""
        for found in self._ask(f"connz?cid={connection}&auth=true&state=all").get("connections", ()):
            return str(found["authorized_user"]) if "authorized_user" in found else None
        return None

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


def _executable() -> str:
    found = shutil.which("nats-server", path=sysconfig.get_path("scripts")) or shutil.which("nats-server")
    if found is None:
        raise Refusal("The MQTT broker (nats-server) is not installed. Run make install again.")
    return found
