"""When the rules look without being asked: each moment from which on somebody ought to have been at a checkpoint. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from monitor.patrols.rules import LIMITS, Round, TourFacts, longest, rounds_between
from registry.clock import Instant
from registry.devices.facts import Register
from registry.ids import SiteId

LONGEST_ABSENCE = timedelta(hours=4)
"""Timers that are overdue by more are told as one stretch that nobody watched, and not judged one by one: the engine was
away, or a clock was set wrong. Ours: half a shift."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """At this moment checkpoints of a round are settled."""

    at: Instant
    round: Round

    @property
    def site(self) -> SiteId:
        return self.round.tour.site


def due(tours: Iterable[TourFacts], register: Register, *, after: Instant, until: Instant) -> list[Timer]:
    """The timers of `after < at <= until`, the earliest first. The register has the sites of all these tours."""
    found = [
        Timer(at=at, round=walked)
        for tour in tours
        for walked in rounds_between(tour, after - _reach(tour), until, ZoneInfo(register.sites[tour.site].timezone))
        for at in {visit.settled_at() for visit in walked.visits}
        if after < at <= until
    ]
    return sorted(found, key=lambda timer: (timer.at, timer.round.key))


def _reach(tour: TourFacts) -> timedelta:
    return longest(tour) + LIMITS.patience + LIMITS.watermark
