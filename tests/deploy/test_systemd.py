"""What is handed out for systemd and a proxy fits the commands and settings that there are."""

import re

import pytest

from deploy.configuration import configure
from deploy.forms import FORMS, ServiceName
from deploy.usage import parser
from registry.house import HOUSE

FOLDER = HOUSE / "deploy" / "systemd"


@pytest.mark.parametrize("name", ServiceName)
def test_the_unit_of_each_service_calls_a_command_that_there_is(name: ServiceName) -> None:
    unit = (FOLDER / "dayuan@.service").read_text()
    [command] = re.findall(r"^ExecStart=\S+/dayuan (.*)$", unit, re.MULTILINE)
    assert parser().parse_args(command.replace("%i", name).split()).serve_command == name


def test_the_settings_of_the_units_are_settings_that_there_are() -> None:
    lines = [line for line in (FOLDER / "dayuan.env").read_text().splitlines() if not line.startswith("#")]
    environment = dict(line.split("=", 1) for line in lines)
    found = configure(environment=environment, file=None, arguments={}).settings
    assert found.public_url == "https://dayuan.example"


def test_the_proxy_knows_each_room_by_its_port() -> None:
    ports = {
        int(port) for port in re.findall(r"proxy_pass http://127\.0\.0\.1:(\d+)", (FOLDER / "nginx.conf").read_text())
    }
    assert ports == {form.port for form in FORMS.values() if form.rooms}


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/gate", "gateway"),
        ("/gate/oc1-north", "gateway"),
        ("/api/gateway/checks", "gateway"),
        ("/control-room/stream", "monitor"),
        ("/patrol", "monitor"),
        ("/api/monitor/signals", "monitor"),
        ("/registry", "registry"),
        ("/sign-in", "registry"),
        ("/api/media", "registry"),
        ("/gates-of-others", "registry"),
    ],
)
def test_the_proxy_hands_each_path_to_the_service_that_answers_it(path: str, service: ServiceName) -> None:
    places = re.findall(
        r"location (~ )?(\S+)\s*\{ proxy_pass http://127\.0\.0\.1:(\d+)", (FOLDER / "nginx.conf").read_text()
    )
    patterns = [(place, int(port)) for tilde, place, port in places if tilde]
    [rest] = [int(port) for tilde, _, port in places if not tilde]
    assert next((port for place, port in patterns if re.search(place, path)), rest) == FORMS[service].port


@pytest.mark.parametrize(
    ("unit", "given"),
    [
        ("dayuan-broker-files.service", {"group": "mosquitto", "follow": True, "broker": "mosquitto"}),
        ("dayuan-backup.service", {"command": "backup"}),
    ],
)
def test_the_units_beside_the_services_call_commands_that_there_are(unit: str, given: dict[str, object]) -> None:
    [command] = re.findall(r"^ExecStart=.*/bin/dayuan ([^'\n]*)'?$", (FOLDER / unit).read_text(), re.MULTILINE)
    options = vars(parser().parse_args(command.replace("$(date +%%F)", "day").split()))
    assert given.items() <= options.items()
