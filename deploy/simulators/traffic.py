"""People and vehicles at the gates of a compound, all week."""

from dataclasses import dataclass

from deploy.simulators.city import City
from deploy.simulators.day import Inside, Regulars, Visit, next_visit, remember, visits_a_minute
from deploy.simulators.orders import CompoundOrders
from deploy.simulators.stage import Actor
from registry.ids import new_id

_RETRY_SECONDS = 8.0
"""Whoever is refused and tries again does so after this long: four tries are within half a minute."""
_LOOK_AGAIN_SECONDS = 900.0
"""Longest pause without a look at the hour: a quiet night must not reach into the rush."""
_DECIDES_AFTER = (20.0, 150.0)
"""Seconds in which a guard decides about a delivery."""
_DELIVERIES_LET_IN = 0.8


def come_and_go(city: City, compound: CompoundOrders) -> Actor:
    """Send visitors, and be the guard who decides about deliveries."""
    inside, regulars = Inside(), _regulars(compound)
    while True:
        rate = visits_a_minute(compound.rhythm, city.local(), share=compound.share)
        pause = city.draw.expovariate(rate / 60)
        if pause > _LOOK_AGAIN_SECONDS:
            yield _LOOK_AGAIN_SECONDS
            continue
        yield pause
        visit = next_visit(city.draw, compound.rhythm, city.local().hour, regulars, inside)
        answer = _check(city, visit)
        remember(inside, visit, answer.reason)
        for _ in range(visit.tries - 1):
            yield _RETRY_SECONDS
            remember(inside, visit, _check(city, visit).reason)
        if visit.is_delivery and answer.verdict == "refer":
            yield city.draw.uniform(*_DECIDES_AFTER)
            _decide(city, answer.entry)


@dataclass(frozen=True, slots=True)
class _Answer:
    verdict: str = ""
    reason: str = ""
    entry: str = ""


def _check(city: City, visit: Visit) -> _Answer:
    body = {
        "attempt_id": str(new_id()),
        "gate": visit.gate,
        "direction": visit.direction.value,
        "credential": {"kind": visit.kind.value, "value": visit.value},
    }
    answer = city.speaker.ask("POST", "/api/gateway/checks", json=body)
    return _Answer(answer["verdict"], answer["reason"], answer["entry_id"]) if answer else _Answer()


def _decide(city: City, entry: str) -> None:
    granted = city.draw.random() < _DELIVERIES_LET_IN
    body = {"verdict": "granted", "reason": "delivery"} if granted else {"verdict": "denied", "reason": "no_business"}
    city.speaker.ask("POST", f"/api/gateway/entries/{entry}/decision", json=body)


def _regulars(compound: CompoundOrders) -> Regulars:
    return Regulars(
        gates=compound.gates,
        plates=compound.plates,
        cards=compound.cards,
        passes=compound.passes,
        last_year_plates=compound.last_year_plates,
        stopped_cards=compound.stopped_cards,
        strangers=compound.strangers,
        denied_plates=compound.denied_plates,
    )
