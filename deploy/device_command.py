"""`dayuan device heartbeat|event|listen|run`: being a device, for whoever makes or tries one (docs/devices.md)."""

import argparse
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import orjson
from pydantic import ValidationError

from deploy.configuration import Configuration
from deploy.folder import DataFolder
from deploy.house import closed_afterwards, existing_stores
from deploy.stopping import stop_on_signals
from registry.bus import BrokerAddress, BrokerPlace, NotSent
from registry.clock import Instant, in_utc
from registry.device_client import DeviceClient, DeviceSpool
from registry.device_client.client import Answer
from registry.devices.reading import load_register
from registry.devices.secrets import device_secret
from registry.ids import DeviceAddress
from registry.messages.commands import Command
from registry.problems import Refusal

WAIT_SECONDS = 10.0


def send_heartbeat(options: argparse.Namespace, configuration: Configuration) -> int:
    with _client(options, configuration) as client:
        _register(client)
        client.heartbeat()
    return 0


def send_event(options: argparse.Namespace, configuration: Configuration) -> int:
    """Exit code 1: the broker has not confirmed it yet; it waits in the spool, for the next call or for `run`."""
    data = _data(options.data)
    with _client(options, configuration) as client:
        try:
            event_id = client.event(options.what, data, occurred_at=_moment(options.at))
        except ValidationError as error:
            raise Refusal(f"This is no event: {error.errors(include_url=False)[0]['msg']}.") from None
        is_sent = client.wait_until_sent(WAIT_SECONDS)
    _say({"id": event_id, "sent": is_sent})
    return 0 if is_sent else 1


def listen(options: argparse.Namespace, configuration: Configuration) -> int:
    """Print each command as a line of JSON and say that it was done, until interrupted."""
    stop = stop_on_signals()
    with _client(options, configuration, on_command=_told) as client:
        _register(client)
        stop.wait()
    return 0


def run(options: argparse.Namespace, configuration: Configuration) -> int:
    """Be there until interrupted: a heartbeat every so often, commands answered, and each line of standard input an event."""
    stop = stop_on_signals()
    with _client(options, configuration, on_command=_told) as client:
        reading = threading.Thread(target=_read_events, args=(client,), name="events", daemon=True)
        reading.start()
        while not stop.is_set():
            client.heartbeat()
            stop.wait(options.every)
    return 0


@contextmanager
def _client(
    options: argparse.Namespace, configuration: Configuration, *, on_command: Callable[[Command], Answer] | None = None
) -> Iterator[DeviceClient]:
    try:
        device = DeviceAddress.parse(options.device)
    except ValueError as error:
        raise Refusal(f"{error}.") from None
    folder = configuration.settings.data_dir / "device-spools"
    spool = DeviceSpool(options.spool or folder / f"{str(device).replace('/', '.')}.db")
    client = DeviceClient(_account(options, configuration, device), device, spool, on_command=on_command)
    client.start()
    try:
        yield client
    finally:
        client.stop()
        spool.close()


def _account(options: argparse.Namespace, configuration: Configuration, device: DeviceAddress) -> BrokerAddress:
    """As it was told, else as the register of the data folder has it."""
    settings = configuration.settings
    try:
        place = BrokerPlace.parse(options.broker or f"mqtt://{settings.host}:{settings.mqtt_port}")
    except ValueError as error:
        raise Refusal(f"The broker's address cannot be used: {error}.") from None
    name = options.user or str(device).replace("/", ".")
    if options.password_file is not None:
        return place.signed_in(name, _secret_in(options.password_file))
    with closed_afterwards(existing_stores(settings)) as stores, stores["registry"].read() as session:
        known = load_register(session).devices.get(device)
    if known is None:
        raise Refusal(f"There is no device {device} in the register. `dayuan device list` names them.")
    key = DataFolder(settings.data_dir).key("device")
    return place.signed_in(name, device_secret(key, device, known.secret_generation))


def _secret_in(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Refusal(f"The password file {file} cannot be read: {error.strerror}.") from None


def _register(client: DeviceClient) -> None:
    try:
        client.register(WAIT_SECONDS)
    except NotSent as error:
        raise Refusal(f"The broker was not reached: {error.detail}.") from None


def _data(text: str) -> dict[str, object]:
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Refusal(f"--data is no JSON: {error}.") from None
    if not isinstance(data, dict):
        raise Refusal('--data is a JSON object, as {} or {"state": "start"}.')
    return data


def _moment(text: str | None) -> Instant | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Refusal("--at is a moment with its offset, as 2026-11-23T14:07:32+08:00.")
    return in_utc(moment)


def _read_events(client: DeviceClient) -> None:
    for line in sys.stdin:
        try:
            said = orjson.loads(line)
            _say({"id": client.event(said["what"], said.get("data", {}), occurred_at=_moment(said.get("at")))})
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, ValidationError, Refusal):
            print('no event: a line is {"what": "interrupted", "data": {…}}', file=sys.stderr)  # noqa: T201


def _told(command: Command) -> Answer:
    _say({"command": command.model_dump(mode="json")})
    return True, "done"


def _say(said: object) -> None:
    print(orjson.dumps(said).decode(), flush=True)  # noqa: T201
