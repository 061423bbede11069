"""Makers of checkpoints, tours and scans."""

from collections.abc import Sequence
from datetime import time, timedelta

from monitor.patrols.queries import tours
from monitor.patrols.rules import CheckpointFacts, CheckpointId, Round, Scan, Stop, TourFacts, TourId
from monitor.patrols.service import StopPlan, add_checkpoint, add_tour
from registry.clock import Instant
from registry.devices.facts import Place
from registry.ids import derived_id
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.monitor import OC1, PHONES

TAGS = ("DYC:oc1:boiler", "DYC:oc1:north-wall", "DYC:oc1:garage")
_NAMES = (("锅炉房", "Boiler house"), ("北墙", "North wall"), ("车库", "Garage"))


YESTERDAY = NOON - timedelta(days=1)


def minutes(count: float) -> Instant:
    """Noon in Shanghai and so many minutes."""
    return NOON + timedelta(minutes=count)


def a_checkpoint(number: int = 0) -> CheckpointFacts:
    zh, en = _NAMES[number]
    return CheckpointFacts(
        id=CheckpointId(derived_id("checkpoint", str(number))),
        site=OC1,
        tag=TAGS[number],
        short_code=f"100{number}",
        name_zh=zh,
        name_en=en,
        place=None,
    )


def a_tour(*, stops: int = 2, valid_from: Instant = YESTERDAY, valid_until: Instant | None = None) -> TourFacts:
    """A tour at noon and at two: ten minutes for each checkpoint, one after the other."""
    return TourFacts(
        id=TourId(derived_id("tour")),
        site=OC1,
        name_zh="夜巡",
        name_en="Night tour",
        start_times=(time(12), time(14)),
        stops=tuple(
            Stop(
                checkpoint=a_checkpoint(number),
                opens_after=timedelta(minutes=10 * number),
                window=timedelta(minutes=10),
            )
            for number in range(stops)
        ),
        valid_from=valid_from,
        valid_until=valid_until,
    )


def the_noon_round(tour: TourFacts | None = None) -> Round:
    return Round(tour=tour or a_tour(), starts_at=NOON)


def scanned(number: int, at: Instant, *, received_at: Instant | None = None) -> Scan:
    return Scan(
        signal_id=f"{number}@{at.isoformat()}",
        device=PHONES,
        tag=TAGS[number],
        occurred_at=at,
        received_at=received_at or at,
        guard="王勇",
        offline=received_at is not None,
    )


def a_planned_tour(store: Store, *, stops: int = 2, start_times: Sequence[time] = (time(12), time(14))) -> TourFacts:
    """The same tour in a store, with its checkpoints."""
    with store.begin(NOON) as work:
        plans = []
        for number in range(stops):
            zh, en = _NAMES[number]
            point = add_checkpoint(
                work,
                site=OC1,
                name_zh=zh,
                name_en=en,
                short_code=f"100{number}",
                position=number,
                place=Place(x=0.1 * number, y=0.5),
                tag=TAGS[number],
            )
            plans.append(StopPlan(checkpoint=point.id, opens_after_minutes=10 * number, window_minutes=10))
        add_tour(
            work,
            site=OC1,
            name_zh="夜巡",
            name_en="Night tour",
            start_times=start_times,
            stops=plans,
            valid_from=YESTERDAY,
        )
        return tours(work.session, [OC1])[0]
