"""The demo's patrol: ten checkpoints and a walk past them that starts every hour."""

from datetime import time

from deploy.demo import compounds
from deploy.demo.filling import FIRST
from monitor.patrols.service import StopPlan, add_checkpoint, add_tour, checkpoints
from registry.clock import Instant
from registry.devices.facts import Place
from registry.store import Store

_FIRST_CODE = 1001
_BETWEEN_STOPS_MINUTES = 3
_WINDOW_MINUTES = 10


def fill_patrol(store: Store, now: Instant) -> None:
    """Add the checkpoints and the tour; rounds that started before `now` are asked of nobody."""
    with store.begin(now) as work:
        if checkpoints(work.session, FIRST):
            return  # filled by a run that was cut off before the registry was
        stops = []
        for number, spot in enumerate(compounds.CHECKPOINTS):
            checkpoint = add_checkpoint(
                work,
                site=FIRST,
                name_zh=spot.zh,
                name_en=spot.en,
                short_code=str(_FIRST_CODE + number),
                position=number,
                place=Place(x=spot.x, y=spot.y),
            )
            after = number * _BETWEEN_STOPS_MINUTES
            stops.append(StopPlan(checkpoint=checkpoint.id, opens_after_minutes=after, window_minutes=_WINDOW_MINUTES))
        add_tour(
            work,
            site=FIRST,
            name_zh="全院巡逻",
            name_en="Round of the compound",
            start_times=[time(hour) for hour in range(24)],
            stops=stops,
            valid_from=now,
        )
