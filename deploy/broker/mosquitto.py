"""Debian's mosquitto as the broker."""

import os
import pwd
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterable
from secrets import token_hex
from threading import Thread

from deploy.addresses import reachable
from deploy.broker.accounts import BrokerPlaces, BrokerUser
from deploy.broker.child import BrokerChild
from deploy.broker.mosquitto_configuration import (
    CONFIGURATION,
    PASSWORDS,
    RIGHTS,
    configuration,
    mosquitto_hash,
    passwords,
    rights,
)
from deploy.broker.mosquitto_log import MosquittoLog
from deploy.broker.refusals import Refusals
from registry.bus import BrokerPlace, Door, try_door
from registry.problems import Refusal

_PROBE = "dayuan-probe"
"""An account with no rights, whose password is another one each time: once it is let in, the broker has read its files."""
_ANSWER_SECONDS = 2.0


class Mosquitto(BrokerChild):
    """The broker where mosquitto is wanted. It says what it refuses at its most talkative level only, so we read all it says."""

    speaks_to = subprocess.PIPE

    def __init__(self, places: BrokerPlaces) -> None:
        super().__init__(places)
        self._refusals = Refusals(places.folder)
        self._secret = ""
        self._reader: Thread | None = None

    def _command(self) -> list[str]:
        return [_executable(), "-c", str(self.places.folder / CONFIGURATION)]

    def _files(self, users: Iterable[BrokerUser]) -> dict[str, str]:
        self._secret = token_hex(16)
        probe = BrokerUser(name=_PROBE, password_hash=mosquitto_hash(self._secret), publish=(), subscribe=())
        return {**account_files([*users, probe]), CONFIGURATION: self._configuration()}

    def _configuration(self) -> str:
        # Started as root it would become a user of its packaging, who cannot read our folder.
        return configuration(self.places, run_as=_our_user(), log_everything_to_stderr=True)

    def _is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        return process.poll() is None and self._lets_in_the_probe()

    def _prepare_to_reload(self) -> Callable[[], bool] | None:
        return self._lets_in_the_probe

    def _lets_in_the_probe(self) -> bool:
        place = BrokerPlace(
            host=reachable(self.places.host), port=self.places.port, tls=self.places.certificate is not None
        )
        door, _ = try_door(
            place.signed_in(_PROBE, self._secret),
            seconds=_ANSWER_SECONDS,
            context=_unbelieving() if place.tls else None,
        )
        return door is Door.OPEN

    def _started(self, process: subprocess.Popen[bytes]) -> None:
        if process.stderr is not None:
            said = MosquittoLog(self.log_file, process.stderr, self._refusals)
            self._reader = Thread(target=said.read_to_the_end, name="mosquitto-log", daemon=True)
            self._reader.start()

    def _stopped(self) -> None:
        if self._reader is not None:
            self._reader.join()
            self._reader = None


def _unbelieving() -> ssl.SSLContext:
    """For our own child: a certificate that ends while it runs must not keep us from revoking an account."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def account_files(users: Iterable[BrokerUser]) -> dict[str, str]:
    """The two files that change with the register."""
    listed = list(users)
    return {PASSWORDS: passwords(listed), RIGHTS: rights(listed)}


def _our_user() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


def _executable() -> str:
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise Refusal(
            "mosquitto is not installed. Install it (on Debian: apt install mosquitto), or leave out --broker."
        )
    return found
