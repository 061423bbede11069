"""The whole house on mosquitto and over TLS, as its users see it: devices come and go, refusals are shown, a wrong broker is told."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from registry.bus import BrokerAddress, Door, Trust, try_door
from registry.ids import DeviceAddress
from registry.settings import BrokerKind
from tests.brokers import a_broker, why_not
from tests.conftest import REPOSITORY
from tests.deploy.conftest import RunningHouse, wait_until_gone
from tests.fakes.caller import Caller
from tests.makers.certificates import an_authority
from tests.makers.register import PASSWORD
from tests.ports import free_port

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

Eventually = Callable[..., None]
AT_ONCE_SECONDS = 5.0


@pytest.fixture(scope="module")
def mosquitto_house(tmp_path_factory: pytest.TempPathFactory, demo_folder: Path) -> Iterator[RunningHouse]:
    missing = why_not(BrokerKind.MOSQUITTO)
    if missing is not None:
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("house")
    pair = an_authority(folder).signs("broker", "broker.example")
    running = RunningHouse(shutil.copytree(demo_folder, folder / "data"), free_port(), free_port())
    tls = ("--mqtt-cert", str(pair.certificate), "--mqtt-key", str(pair.key))
    running.arguments = ("--no-simulators", "--broker", "mosquitto", *tls)
    running.start()
    yield running
    running.stop()


def _address(house: RunningHouse, device: DeviceAddress, secret: str | None = None) -> BrokerAddress:
    account = house.demo["devices"][str(device)]
    return BrokerAddress(
        host="127.0.0.1",
        port=house.mqtt_port,
        tls=True,
        trust=Trust.CERTIFICATE,
        trusted_file=house.folder.parent / "broker.pem",
        username=account["username"],
        password=secret or account["password"],
    )


def _beams(house: RunningHouse) -> list[DeviceAddress]:
    return [DeviceAddress.parse(text) for text in house.demo["devices"] if text.startswith("oc1/beam/")]


def test_every_part_of_the_house_is_ready(mosquitto_house: RunningHouse) -> None:
    with mosquitto_house.client("admin") as client:
        answer = client.get("/readyz")
    assert answer.status_code == 200, answer.text


def test_a_renewed_secret_and_a_disabled_device_are_out_at_once_and_nobody_else_notices(
    mosquitto_house: RunningHouse, eventually: Eventually
) -> None:
    renewed, disabled, stays = _beams(mosquitto_house)[:3]
    callers = {
        device: Caller(_address(mosquitto_house, device), client_id=device.name)
        for device in (renewed, disabled, stays)
    }
    for caller in callers.values():
        caller.start()
    eventually(lambda: all(caller.connected for caller in callers.values()))
    with mosquitto_house.client("admin") as admin:
        secret = admin.post(f"/api/registry/devices/{renewed}/secret").json()["secret"]
        assert admin.patch(f"/api/registry/devices/{disabled}", json={"enabled": False}).status_code == 200
        eventually(lambda: callers[renewed].lost > 0 and callers[disabled].lost > 0, AT_ONCE_SECONDS)
        assert try_door(_address(mosquitto_house, renewed))[0] is Door.REFUSED
        assert try_door(_address(mosquitto_house, disabled))[0] is Door.REFUSED
        assert try_door(_address(mosquitto_house, renewed, secret))[0] is Door.OPEN
        assert callers[stays].lost == 0
        parts = admin.get("/readyz").json()["parts"]
    assert all(part["ready"] for part in parts.values()), parts
    for caller in callers.values():
        caller.stop()


def test_a_refused_publish_stands_on_the_devices_page_and_in_the_metrics(
    mosquitto_house: RunningHouse, eventually: Eventually
) -> None:
    device = _beams(mosquitto_house)[2]
    caller = Caller(_address(mosquitto_house, device), client_id="wrong")
    caller.start()
    eventually(lambda: caller.connected)
    eventually(caller.say("frigate/events", b"x").is_published)
    caller.stop()

    def is_shown(client: httpx.Client) -> bool:
        return "\ndayuan_broker_refused_publishes_total " in client.get("/metrics").text

    with mosquitto_house.client("admin") as admin:
        eventually(lambda: is_shown(admin))
        page = admin.get(f"/registry/devices/{device}").text
    assert "frigate/events" in page


def test_a_mosquitto_that_is_killed_is_back_and_the_house_with_it(
    mosquitto_house: RunningHouse, eventually: Eventually
) -> None:
    before = _mosquitto_of(mosquitto_house)
    os.kill(before, signal.SIGKILL)
    wait_until_gone([before])
    with mosquitto_house.client("admin") as admin:
        eventually(lambda: admin.get("/readyz").status_code == 503)
        eventually(lambda: admin.get("/readyz").status_code == 200)
    assert _mosquitto_of(mosquitto_house) != before


def _mosquitto_of(house: RunningHouse) -> int:
    return next(pid for pid in house.tree() if Path(f"/proc/{pid}/comm").read_text().strip() == "mosquitto")


def _refusal_of_up(folder: Path, *arguments: str) -> str:
    """What `dayuan up` says when it does not start; it must say it in one sentence and with exit code 2."""
    places = ("--data-dir", str(folder / "data"), "--port", str(free_port()))
    done = subprocess.run(
        [sys.executable, "-m", "deploy.command", "up", *places, *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    told = [line for line in done.stderr.splitlines() if line.startswith("dayuan: ")]
    assert len(told) == 1, done.stderr
    return told[0]


def test_an_outside_broker_with_another_certificate_or_that_does_not_take_us_ends_the_start(tmp_path: Path) -> None:
    authority = an_authority(tmp_path)
    pair = authority.signs("broker", "127.0.0.1")
    outside = a_broker(BrokerKind.NATS, tmp_path / "broker", free_port(), certificate=pair)
    outside.start()
    place = f"127.0.0.1:{outside.port}"
    told = _refusal_of_up(tmp_path, "--broker-url", f"mqtts://monitor:{PASSWORD}@{place}")
    assert f"The broker at {place} cannot be used: its certificate is not trusted" in told
    told = _refusal_of_up(
        tmp_path, "--broker-url", f"mqtts://monitor:guessed@{place}", "--mqtt-ca", str(authority.file)
    )
    assert "it does not take the user monitor with this password" in told
    outside.child.stop()
