"""A camera's regions and lines, from a TOML file or from the register."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from registry.devices.rules import RULES_OF_REGIONS
from registry.ids import NAME_PATTERN
from registry.problems import Refusal

Fraction = Annotated[float, Field(ge=0, le=1)]
Point = tuple[Fraction, Fraction]
"""Across and down, in fractions of the picture's width and height."""
Name = Annotated[str, StringConstraints(pattern=f"^{NAME_PATTERN}$")]

LATER_RULES: Final = frozenset({"loitering", "object_left"})


class CameraConfigWrong(Refusal):
    """A camera's configuration cannot be used; the sentence says where and why."""


class Region(BaseModel):
    """A polygon drawn on the picture, and what is watched for in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Name
    polygon: Annotated[tuple[Point, ...], Field(min_length=3, max_length=100)]
    rules: tuple[str, ...] = ("intrusion",)

    @field_validator("polygon")
    @classmethod
    def _has_an_area(cls, polygon: tuple[Point, ...]) -> tuple[Point, ...]:
        following = (*polygon[1:], polygon[0])
        twice = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(polygon, following, strict=True))
        if abs(twice) < 1e-6:  # noqa: PLR2004 - a thousandth of the width times a thousandth of the height
            raise ValueError("the points lie on one line, there is nothing inside")
        return polygon

    @field_validator("rules")
    @classmethod
    def _are_known(cls, rules: tuple[str, ...]) -> tuple[str, ...]:
        for rule in rules:
            if rule in LATER_RULES:
                raise ValueError(
                    f"this version does not watch for {rule!r} yet; it watches for {_listed(RULES_OF_REGIONS)}"
                )
            if rule not in RULES_OF_REGIONS:
                raise ValueError(f"there is no rule {rule!r}; there is {_listed(RULES_OF_REGIONS)}")
        return rules


class Line(BaseModel):
    """A line drawn on the picture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Name
    points: Annotated[tuple[Point, ...], Field(min_length=2, max_length=100)]


class CameraConfig(BaseModel):
    """What is watched in one camera's picture. Lines are read and checked; nothing is told about them yet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    regions: tuple[Region, ...] = ()
    lines: tuple[Line, ...] = ()

    @field_validator("regions", "lines")
    @classmethod
    def _have_their_own_ids(cls, drawn: tuple[Region, ...] | tuple[Line, ...]) -> tuple[Region, ...] | tuple[Line, ...]:
        twice = [name for name, times in Counter(one.id for one in drawn).items() if times > 1]
        if twice:
            raise ValueError(f"the id {twice[0]!r} is given twice")
        return drawn


def read_config(path: Path) -> CameraConfig:
    """Read a camera file.

    Raises:
        CameraConfigWrong: it is not there, no TOML, or says what cannot be.

    """
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise CameraConfigWrong(f"The camera file {path} cannot be read.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CameraConfigWrong(f"The camera file {path} is no TOML: {error}.") from None
    try:
        return CameraConfig.model_validate(said)
    except ValidationError as error:
        raise CameraConfigWrong(f"The camera file {path} cannot be used. {_faults(error)}") from None


def _faults(error: ValidationError) -> str:
    return " ".join(
        f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg'].removeprefix('Value error, ')}."
        for fault in error.errors()[:3]
    )


def _listed(rules: frozenset[str]) -> str:
    return ", ".join(repr(rule) for rule in sorted(rules))
