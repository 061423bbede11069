"""The demo's patrol: ten checkpoints, a walk past them that starts every hour, and a short one at the very start."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

from deploy.demo import compounds
from deploy.demo.filling import FIRST, TIMEZONE
from monitor.patrols.service import StopPlan, add_checkpoint, add_tour, checkpoints
from registry.clock import Instant
from registry.devices.facts import Place
from registry.store import Store

_FIRST_CODE = 1001
_BETWEEN_STOPS_MINUTES = 3
_WINDOW_MINUTES = 10
_TAKING_OVER = 3
_SHORT_WINDOW_MINUTES = 5


def fill_patrol(store: Store, now: Instant) -> None:
    """Add the checkpoints and the tour; rounds that started before `now` are asked of nobody."""
    with store.begin(now) as work:
        if checkpoints(work.session, FIRST):
            return  # filled by a run that was cut off before the registry was
        stops, taking_over = [], []
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
            if number < _TAKING_OVER:
                opens = number * _BETWEEN_STOPS_MINUTES
                taking_over.append(
                    StopPlan(checkpoint=checkpoint.id, opens_after_minutes=opens, window_minutes=_SHORT_WINDOW_MINUTES)
                )
        # Whoever tries the demo sees a round at once, not only when the next hour strikes.
        add_tour(
            work,
            site=FIRST,
            name_zh="接班巡查",
            name_en="Round on taking over",
            start_times=[now.astimezone(ZoneInfo(TIMEZONE)).time().replace(second=0, microsecond=0)],
            stops=taking_over,
            valid_from=now - timedelta(minutes=1),
            valid_until=now + timedelta(hours=1),
        )
        add_tour(
            work,
            site=FIRST,
            name_zh="全院巡逻",
            name_en="Round of the compound",
            start_times=[time(hour) for hour in range(24)],
            stops=stops,
            valid_from=now,
        )
