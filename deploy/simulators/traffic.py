"""People and vehicles at the gates, all day."""

import threading
from random import Random
from uuid import uuid4
from zoneinfo import ZoneInfo

from deploy.simulators.day import Inside, Regulars, Visit, gap_seconds, next_visit, remember
from deploy.simulators.orders import SimulatorOrders
from deploy.simulators.speaking import Speaker
from registry.clock import Clock

_RETRY_SECONDS = 8.0
"""Whoever is refused and tries again does so after this long: four tries are within half a minute."""


def come_and_go(orders: SimulatorOrders, clock: Clock, stop: threading.Event) -> None:
    """Send visitors until `stop`."""
    draw, inside = Random(), Inside()
    speaker = Speaker(orders.url, orders.guard_token)
    regulars = Regulars(
        gates=orders.gates,
        plates=orders.plates,
        cards=orders.cards,
        last_year_plates=orders.last_year_plates,
        revoked_cards=orders.revoked_cards,
        strangers=orders.strangers,
    )
    zone = ZoneInfo(orders.timezone)
    while not stop.wait(gap_seconds(draw, clock.now().astimezone(zone).hour)):
        visit = next_visit(draw, clock.now().astimezone(zone).hour, regulars, inside)
        for attempt in range(visit.tries):
            if attempt and stop.wait(_RETRY_SECONDS):
                return
            remember(inside, visit, _check(speaker, visit))


def _check(speaker: Speaker, visit: Visit) -> str:
    body = {
        "attempt_id": str(uuid4()),
        "gate": visit.gate,
        "direction": visit.direction.value,
        "credential": {"kind": visit.kind.value, "value": visit.value},
    }
    answer = speaker.ask("POST", "/api/gateway/checks", json=body)
    return str(answer["reason"]) if answer else ""
