"""The patrol guards with their wands: each walks the rounds of his compound, and now and then leaves a checkpoint out."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from deploy.simulators.city import City
from deploy.simulators.stage import Actor
from registry.clock import Instant, parse_instant
from registry.ids import DeviceAddress, SiteId

_STEP_SECONDS = 150.0
"""How often a guard looks where he should be."""
_PLAN_SECONDS = 1800.0
"""How often he looks at the plan."""
_LEFT_OUT = 0.015
"""Chance that a checkpoint is forgotten."""


@dataclass(frozen=True, slots=True)
class _Due:
    tag: str
    opens_at: Instant
    closes_at: Instant


@dataclass(slots=True)
class _Plan:
    """What is still to be visited; what was visited or left out is not asked for again."""

    due: dict[str, _Due] = field(default_factory=dict)
    done: dict[str, Instant] = field(default_factory=dict)

    def add(self, rounds: list[dict[str, Any]]) -> None:
        for walk in rounds:
            for visit in walk["visits"]:
                key = f"{walk['starts_at']} {visit['checkpoint']['id']}"
                if visit["judgement"] == "pending" and key not in self.done:
                    opens, closes = parse_instant(visit["opens_at"]), parse_instant(visit["closes_at"])
                    self.due[key] = _Due(visit["checkpoint"]["tag"], opens, closes)

    def take(self, now: Instant) -> list[tuple[str, str]]:
        """Key and tag of every checkpoint whose window is open."""
        here = [(key, each.tag) for key, each in self.due.items() if each.opens_at <= now < each.closes_at]
        for key, each in list(self.due.items()):
            if each.opens_at <= now:
                self.done[key] = each.closes_at
                del self.due[key]
        self.done = {key: closes for key, closes in self.done.items() if closes > now}
        return here


def walk_the_rounds(city: City, site: SiteId) -> Actor:
    """Scan checkpoints as the plan asks for them."""
    wand, plan, left = DeviceAddress(site, "patrol", "wand-01"), _Plan(), 0.0
    yield city.draw.uniform(0, _STEP_SECONDS)
    while True:
        if left <= 0:
            answer = city.speaker.ask("GET", "/api/monitor/patrols/rounds", params={"site": site})
            if answer is not None:
                plan.add(answer["items"])
                left = _PLAN_SECONDS
        for key, tag in plan.take(city.now()):
            if Random(key).random() >= _LEFT_OUT:
                city.tell(wand, "scan", tag=tag, guard=f"{site}-patrol", offline=False)
        yield _STEP_SECONDS
        left -= _STEP_SECONDS
