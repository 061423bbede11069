"""Other thresholds than a rule's own, as somebody writes them: `B02.after=30`. Pure."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import time, timedelta
from typing import Any

from monitor.anomalies.catalogue import Rules
from monitor.anomalies.form import OfSignals, OfTime, Rule
from registry.problems import Refusal


def with_thresholds(rules: Rules, written: Sequence[str]) -> Rules:
    """The same rules with these thresholds: durations in seconds, times of day as `19:00`, counts as they are.

    Raises:
        Refusal: there is no such rule or threshold, or this is no value for it.

    """
    by_name: dict[str, Rule] = {rule.name: rule for rule in rules.all}
    for each in written:
        place, _, value = each.partition("=")
        name, _, threshold = place.partition(".")
        by_name[name] = _changed(by_name.get(name), threshold, value, each)
    return Rules(all=tuple(by_name.values()))


def _changed(rule: Any, threshold: str, value: str, written: str) -> Rule:
    if not isinstance(rule, OfSignals | OfTime):
        raise Refusal(f"{written}: there is no rule of this name with thresholds. Write B02.after=30.")
    limits: Any = rule.limits
    names = [field.name for field in fields(limits)]
    if threshold not in names:
        raise Refusal(f"{written}: this rule has no such threshold. It has {', '.join(names)}.")
    try:
        other: Any = replace(limits, **{threshold: _read(getattr(limits, threshold), value)})
    except (ValueError, OverflowError) as error:
        raise Refusal(f"{written}: this is no value. Durations are in seconds, times of day written 19:00.") from error
    made: Any = rule
    changed: Rule = replace(made, limits=other)
    return changed


def _read(before: Any, value: str) -> Any:
    if isinstance(before, timedelta):
        seconds = float(value)
        if not 0 <= seconds < float("inf"):
            raise ValueError(value)
        return timedelta(seconds=seconds)
    if isinstance(before, time):
        return time.fromisoformat(value)
    number = type(before)(value)
    if number <= 0:
        raise ValueError(value)
    return number
