"""The rules that there are: those whose files stand in this folder."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

from monitor.anomalies.form import AnyOfTime, OfAbsence, OfSignals, OfTime, Rule
from monitor.signals.rules import LATE_LIMIT

_A_RULE = re.compile(r"[a-z]\d{2}_\w+\.py")
_FOLDER = Path(__file__).parent
_FORM_LENGTH = 200
"""Of the column that keeps it (`monitor.anomalies.models`)."""

REACH = LATE_LIMIT
"""How far back signals are judged anew: what comes later than this for an incident changes none."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Rules that judge together, by their names."""

    all: tuple[Rule, ...]

    @cached_property
    def of_signals(self) -> tuple[OfSignals, ...]:
        return tuple(rule for rule in self.all if isinstance(rule, OfSignals))

    @cached_property
    def of_time(self) -> tuple[AnyOfTime, ...]:
        return tuple(rule for rule in self.all if isinstance(rule, OfTime))

    @cached_property
    def of_absence(self) -> tuple[OfAbsence, ...]:
        return tuple(rule for rule in self.all if isinstance(rule, OfAbsence))

    @cached_property
    def hearers(self) -> Mapping[str, tuple[OfSignals, ...]]:
        """By type of event, the rules that find incidents in it."""
        return _by_type(self.of_signals)

    @cached_property
    def late_hearers(self) -> Mapping[str, tuple[AnyOfTime, ...]]:
        """By type of event, the rules of time that it may correct."""
        return _by_type(self.of_time)

    @cached_property
    def form(self) -> str:
        """What a checkpoint was made by: rules of another version judge anew what they can still change.

        The number is that of the checkpoint's own meaning; the version of each rule follows, or the digest of so many.
        """
        names = " ".join(f"{rule.name}.{rule.version}" for rule in self.all)
        form = f"1 {names}"
        return form if len(form) <= _FORM_LENGTH else f"1 {hashlib.sha256(names.encode()).hexdigest()}"


def _by_type(rules: Iterable[Any]) -> Mapping[str, tuple[Any, ...]]:
    hearers: dict[str, list[Any]] = defaultdict(list)
    for rule in rules:
        for each in sorted(rule.heard):
            hearers[each].append(rule)
    return {each: tuple(hearing) for each, hearing in hearers.items()}


def rules_in(folder: Path, package: str) -> Rules:
    """The rules whose files stand in this folder of a package."""
    names = sorted(path.stem for path in folder.iterdir() if _A_RULE.fullmatch(path.name))
    found: list[Rule] = [import_module(f"{package}.{name}").RULE for name in names]
    return Rules(all=tuple(sorted(found, key=lambda rule: rule.name)))


RULES = rules_in(_FOLDER, __package__)
