"""When the rules look without being asked: their deadlines, in the order in which stored time comes to them. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from monitor.anomalies.catalogue import Rules
from monitor.anomalies.form import AnyOfTime, Deadline
from monitor.anomalies.world import World
from registry.clock import Instant

LONGEST_ABSENCE = timedelta(hours=4)
"""Timers that are overdue by more are told as one stretch that nobody watched, and not judged one by one: the engine was
away, or a clock was set wrong. Ours: half a shift."""


@dataclass(frozen=True, slots=True)
class Timer:
    """A deadline, and the rule that looks then."""

    rule: AnyOfTime
    deadline: Deadline[Any]

    @property
    def at(self) -> Instant:
        return self.deadline.at


def due(rules: Rules, world: World, *, after: Instant, until: Instant) -> list[Timer]:
    """The timers of `after < at <= until`, the earliest first. The register has the sites of all tours."""
    found = [Timer(rule, deadline) for rule in rules.of_time for deadline in rule.deadlines(world, after, until)]
    return sorted(found, key=lambda timer: (timer.at, timer.rule.name, timer.deadline.key))
