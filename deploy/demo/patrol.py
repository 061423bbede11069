"""The demo's patrols: each compound's checkpoints and its round, and in the first a short one at the very start."""

from collections.abc import Sequence
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from deploy.demo.building import TIMEZONE
from deploy.demo.plans import Compound
from monitor.patrols.rules import CheckpointId
from monitor.patrols.service import StopPlan, add_checkpoint, add_tour, checkpoints
from registry.clock import Instant
from registry.devices.facts import Place
from registry.store import Store, Work

_FIRST_CODE = 1001
_BETWEEN_STOPS_MINUTES = 3
_WINDOW_MINUTES = 10
_TAKING_OVER = 3
_SHORT_WINDOW_MINUTES = 5


def fill_patrol(store: Store, compounds: Sequence[Compound], now: Instant, *, since: Instant) -> None:
    """Add the checkpoints and tours of all compounds; rounds that started before `since` are asked of nobody."""
    with store.begin(now) as work:
        if checkpoints(work.session, compounds[0].id):
            return  # filled by a run that was cut off before the registry was
        for compound in compounds:
            found = _add_checkpoints(work, compound)
            if compound is compounds[0]:
                _add_taking_over(work, compound, found[:_TAKING_OVER])
            add_tour(
                work,
                site=compound.id,
                name_zh="全院巡逻",
                name_en="Round of the compound",
                start_times=compound.rounds,
                stops=_stops(found, _WINDOW_MINUTES),
                valid_from=since,
            )


def _add_checkpoints(work: Work, compound: Compound) -> Sequence[CheckpointId]:
    return [
        add_checkpoint(
            work,
            site=compound.id,
            name_zh=spot.zh,
            name_en=spot.en,
            short_code=str(_FIRST_CODE + number),
            position=number,
            place=Place(x=spot.x, y=spot.y),
        ).id
        for number, spot in enumerate(compound.checkpoints)
    ]


def _add_taking_over(work: Work, compound: Compound, found: Sequence[CheckpointId]) -> None:
    """Whoever tries the demo sees a round at once, not only when the next hour strikes."""
    local = work.now.astimezone(ZoneInfo(TIMEZONE))
    start: time = local.time().replace(second=0, microsecond=0)
    add_tour(
        work,
        site=compound.id,
        name_zh="接班巡查",
        name_en="Round on taking over",
        start_times=[start],
        stops=_stops(found, _SHORT_WINDOW_MINUTES),
        valid_from=work.now - timedelta(minutes=1),
        valid_until=work.now + timedelta(hours=1),
    )


def _stops(found: Sequence[CheckpointId], window_minutes: int) -> list[StopPlan]:
    return [
        StopPlan(
            checkpoint=checkpoint,
            opens_after_minutes=number * _BETWEEN_STOPS_MINUTES,
            window_minutes=window_minutes,
        )
        for number, checkpoint in enumerate(found)
    ]
