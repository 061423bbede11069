"""Settings, read once: defaults, then one TOML file, then the environment, then the command line."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pydantic import SecretStr, ValidationError

from registry.problems import Refusal
from registry.settings import Settings

ENVIRONMENT_PREFIX = "DAYUAN_"
_OF_THE_TESTS = "DAYUAN_TEST_"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a setting's value came from, in words."""

    words: str


_DEFAULT = Origin("default")


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings and, for each, where it came from."""

    settings: Settings
    origins: Mapping[str, Origin]

    def is_default(self, name: str) -> bool:
        """Whether nobody has set this one."""
        return self.origins[name] == _DEFAULT


def configure(
    *, environment: Mapping[str, str], file: Path | None, arguments: Mapping[str, object | None]
) -> Configuration:
    """Read the settings.

    Raises:
        Refusal: a name that is no setting (the nearest right one is named) or a value that is none.
    """
    values: dict[str, object] = {}
    origins = dict.fromkeys(Settings.model_fields, _DEFAULT)
    for name, value in _from_file(file).items():
        _known(name, where=str(file))
        values[name], origins[name] = value, Origin(f"file {file}")
    for variable, text in environment.items():
        if variable.startswith(ENVIRONMENT_PREFIX) and not variable.startswith(_OF_THE_TESTS):
            name = variable.removeprefix(ENVIRONMENT_PREFIX).lower()
            _known(name, where=f"environment variable {variable}")
            values[name], origins[name] = text, Origin(f"environment {variable}")
    for name, argument in arguments.items():
        if argument is not None and name in Settings.model_fields:
            values[name], origins[name] = argument, Origin("command line")
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        fault = error.errors()[0]
        name = str(fault["loc"][0])
        raise Refusal(f"The setting {name} ({origins[name].words}) cannot be used: {fault['msg']}.") from None
    return Configuration(settings, origins)


def printed(configuration: Configuration) -> list[tuple[str, str, str, str]]:
    """Name, value (secrets masked), origin and meaning of every setting."""
    rows = []
    for name, field in Settings.model_fields.items():
        value = getattr(configuration.settings, name)
        rows.append((name, _shown(value), configuration.origins[name].words, field.description or ""))
    return rows


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "****"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def _from_file(file: Path | None) -> dict[str, object]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refusal(f"The settings file {file} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refusal(f"The settings file {file} is not valid TOML: {error}.") from None


def _known(name: str, *, where: str) -> None:
    if name not in Settings.model_fields:
        near = get_close_matches(name, Settings.model_fields, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise Refusal(f"There is no setting {name} ({where}).{hint}")
