"""The configuration for a broker that somebody else runs: whole, the same each time, and kept true to the register."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from deploy.broker.accounts import BrokerPlaces
from deploy.broker.child import write_files
from deploy.broker.files import FilesKeeper
from deploy.broker.users import Service
from deploy.command import main
from deploy.folder import DataFolder
from deploy.roll import Roll
from deploy.services import service_secrets
from registry.bus import BrokerPlace, Door, try_door
from registry.devices.secrets import device_secret
from registry.devices.service import NewDevice, add_device, disable_device, rotate_secret
from registry.ids import DeviceAddress, SiteId
from registry.settings import BrokerKind
from registry.sites.service import add_site
from registry.store import Store
from tests.brokers import why_not
from tests.conftest import REPOSITORY
from tests.fakes.clock import NOON
from tests.ports import free_port

Eventually = Callable[..., None]
NORTH = DeviceAddress(SiteId("oc1"), "beam", "north-01")


@pytest.fixture(params=list(BrokerKind), ids=str)
def kind(request: pytest.FixtureRequest) -> BrokerKind:
    missing = why_not(request.param)
    if missing is not None:
        pytest.skip(missing)
    found: BrokerKind = request.param
    return found


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    return folder


@pytest.fixture
def keeper(kind: BrokerKind, folder: DataFolder, registry_store: Store, tmp_path: Path) -> FilesKeeper:
    """For a register of one device."""
    with registry_store.begin(NOON) as work:
        add_site(work.session, site_id=SiteId("oc1"), name_zh="一号院", name_en="Compound 1")
        device = NewDevice(address=NORTH, name_zh="北墙", name_en="North wall")
        add_device(work.session, folder.key("device"), device, by="test", now=NOON)
    return FilesKeeper(
        kind=kind,
        out=tmp_path / "out",
        places=BrokerPlaces(host="127.0.0.1", port=free_port(), folder=tmp_path / "out"),
        pid_file=tmp_path / "out" / "broker.pid",
        roll=Roll.of(kind, folder),
        registry=registry_store,
    )


@pytest.fixture
def running(keeper: FilesKeeper, eventually: Eventually) -> Iterator[Callable[[], None]]:
    """`running()`: the broker itself, started by somebody else from the files."""
    with ExitStack() as ends:

        def start() -> None:
            configuration = next(keeper.out.glob("*.conf"))
            program = (
                "mosquitto" if keeper.kind is BrokerKind.MOSQUITTO else str(Path(sys.executable).parent / "nats-server")
            )
            as_us = ["user root\n"] if keeper.kind is BrokerKind.MOSQUITTO and os.geteuid() == 0 else []
            started_from = keeper.out / "started.conf"
            started_from.write_text("".join([configuration.read_text(), *as_us]))
            if keeper.kind is BrokerKind.NATS:
                started_from = configuration
            broker = subprocess.Popen(
                [program, "-c", str(started_from)],
                env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            ends.callback(broker.wait)
            ends.callback(broker.terminate)
            pid_file = keeper.pid_file
            assert pid_file is not None
            eventually(lambda: pid_file.exists() and pid_file.read_text().strip() == str(broker.pid))

        yield start


def _door(keeper: FilesKeeper, username: str, password: str) -> Door:
    place = BrokerPlace(host=keeper.places.host, port=keeper.places.port)
    return try_door(place.signed_in(username, password))[0]


@pytest.mark.broker
def test_a_broker_on_these_files_lets_in_the_services_and_the_devices_and_follows_the_register(
    keeper: FilesKeeper,
    folder: DataFolder,
    running: Callable[[], None],
    registry_store: Store,
    eventually: Eventually,
) -> None:
    keeper.bring_up_to_date()
    running()
    for service, secret in service_secrets(folder.key("services")).items():
        eventually(lambda service=service, secret=secret: _door(keeper, service, secret) is Door.OPEN)
    key = folder.key("device")
    assert _door(keeper, NORTH.username, device_secret(key, NORTH, 1)) is Door.OPEN
    assert _door(keeper, NORTH.username, "guessed") is Door.REFUSED
    stop = threading.Event()
    following = threading.Thread(target=keeper.follow, args=(stop,))
    following.start()
    with registry_store.begin(NOON) as work:
        rotate_secret(work.session, key, NORTH, by="test", now=NOON)
    eventually(lambda: _door(keeper, NORTH.username, device_secret(key, NORTH, 2)) is Door.OPEN)
    assert _door(keeper, NORTH.username, device_secret(key, NORTH, 1)) is Door.REFUSED
    with registry_store.begin(NOON) as work:
        disable_device(work.session, NORTH, by="test", now=NOON)
    eventually(lambda: _door(keeper, NORTH.username, device_secret(key, NORTH, 2)) is Door.REFUSED)
    stop.set()
    following.join()


def test_the_same_register_gives_the_same_files(keeper: FilesKeeper, folder: DataFolder) -> None:
    assert keeper.bring_up_to_date()
    before = {file.name: file.read_bytes() for file in keeper.out.iterdir()}
    keeper.roll = Roll.of(keeper.kind, folder)
    assert keeper.bring_up_to_date() == []
    assert {file.name: file.read_bytes() for file in keeper.out.iterdir()} == before


def test_the_files_are_for_their_owners_eyes_until_somebody_opens_them(
    keeper: FilesKeeper, registry_store: Store
) -> None:
    keeper.bring_up_to_date()
    files = list(keeper.out.iterdir())
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    for file in files:
        file.chmod(0o640)
    with registry_store.begin(NOON) as work:
        disable_device(work.session, NORTH, by="test", now=NOON)
    assert keeper.bring_up_to_date()
    assert {file.stat().st_mode & 0o777 for file in keeper.out.iterdir()} == {0o640}


def test_the_brokers_group_may_read_the_files_where_it_is_named(keeper: FilesKeeper, registry_store: Store) -> None:
    keeper.group = os.getgid()
    keeper.bring_up_to_date()
    with registry_store.begin(NOON) as work:
        disable_device(work.session, NORTH, by="test", now=NOON)
    assert keeper.bring_up_to_date()
    assert {file.stat().st_mode & 0o777 for file in keeper.out.iterdir()} == {0o640}
    assert keeper.out.stat().st_mode & 0o777 == 0o750


def test_a_group_that_there_is_not_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["broker", "files", "--out", str(tmp_path / "out"), "--group", "no-such-group"]) == 2
    assert "There is no group no-such-group" in capsys.readouterr().err


def test_a_number_that_is_no_brokers_any_more_gets_no_signal(keeper: FilesKeeper) -> None:
    keeper.out.mkdir()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        (keeper.out / "broker.pid").write_text(f"{other.pid}\n")
        keeper.bring_up_to_date()
        other.communicate(b"\n")
    assert other.returncode not in (-signal.SIGHUP, None)


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    assert write_files(tmp_path, {"one": "1", "two": "2"}) == ["one", "two"]
    assert write_files(tmp_path, {"one": "1", "two": "3"}) == ["two"]
    assert (tmp_path / "two").read_text() == "3"


def test_every_service_has_its_account(keeper: FilesKeeper) -> None:
    keeper.bring_up_to_date()
    text = "".join(file.read_text() for file in keeper.out.iterdir())
    assert all(service.value in text for service in Service)


def test_the_command_writes_the_files_and_says_so(tmp_path: Path, kind: BrokerKind) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    for arguments in (["migrate"], ["broker", "files", "--broker", kind, "--out", str(out)]):
        done = subprocess.run(
            [sys.executable, "-m", "deploy.command", *arguments, "--data-dir", str(data)],
            cwd=REPOSITORY,
            check=True,
            capture_output=True,
            text=True,
        )
    assert f"written to {out}" in done.stdout
    assert list(out.glob("*.conf"))
