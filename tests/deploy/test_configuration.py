from pathlib import Path

import pytest

from deploy.configuration import configure, printed
from registry.problems import Refusal


def test_what_is_not_said_has_its_default() -> None:
    configuration = configure(environment={}, file=None, arguments={})
    assert (configuration.settings.port, configuration.origins["port"].words) == (8080, "default")


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "dayuan.toml"
    file.write_text('port = 1\nmqtt_port = 1\nhost = "file"\n')
    configuration = configure(
        environment={"DAYUAN_PORT": "2", "DAYUAN_MQTT_PORT": "2", "HOME": "/"},
        file=file,
        arguments={"port": 3, "mqtt_port": None},
    )
    assert (configuration.settings.port, configuration.settings.mqtt_port, configuration.settings.host) == (
        3,
        2,
        "file",
    )


def test_a_misspelt_setting_is_answered_with_the_nearest_right_one(tmp_path: Path) -> None:
    file = tmp_path / "dayuan.toml"
    file.write_text("mqtt_prot = 1\n")
    with pytest.raises(Refusal, match=r"no setting mqtt_prot .* Did you mean mqtt_port\?"):
        configure(environment={}, file=file, arguments={})
    with pytest.raises(Refusal, match=r"environment variable DAYUAN_PROT\). Did you mean port"):
        configure(environment={"DAYUAN_PROT": "1"}, file=None, arguments={})


@pytest.mark.parametrize("port", ["0", "65536", "x", ""])
def test_an_impossible_port_is_refused_and_says_where_it_came_from(port: str) -> None:
    with pytest.raises(Refusal, match="environment DAYUAN_PORT"):
        configure(environment={"DAYUAN_PORT": port}, file=None, arguments={})


def test_a_settings_file_that_is_missing_or_broken_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="cannot be read"):
        configure(environment={}, file=tmp_path / "none.toml", arguments={})
    broken = tmp_path / "broken.toml"
    broken.write_text("port = ")
    with pytest.raises(Refusal, match="not valid TOML"):
        configure(environment={}, file=broken, arguments={})


def test_secrets_are_masked_when_the_settings_are_printed() -> None:
    configuration = configure(environment={"DAYUAN_BROKER_URL": "mqtt://me:hush@broker"}, file=None, arguments={})
    text = repr(printed(configuration)) + repr(configuration)
    assert "hush" not in text
    assert "****" in text
