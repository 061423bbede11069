"""A plan of patrols for the page of the guards, and what stands on a checkpoint's plate."""

import io
from collections.abc import Sequence
from datetime import time, timedelta

import segno

from monitor.patrols import service
from monitor.patrols.rules import CheckpointFacts
from registry.ids import SiteId
from registry.web.parts import Parts
from tests.makers.web import OC1

STOPS = (
    ("配电房", "Power room"),
    ("锅炉房", "Boiler room"),
    ("东围墙角", "East wall corner"),
    ("档案室门口", "Archive door"),
    ("车库入口", "Garage entrance"),
    ("北门内侧", "Inside the north gate"),
)


def a_walk(
    parts: Parts,
    *,
    starts: Sequence[time] = (time(8), time(12), time(16)),
    site: SiteId = OC1,
    stops: Sequence[tuple[str, str]] = STOPS,
) -> list[CheckpointFacts]:
    """A tour past these checkpoints, ten minutes each; the first has the short code 1001, the next 1002."""
    with parts.stores["monitor"].begin(parts.clock.now()) as work:
        checkpoints = [
            service.add_checkpoint(
                work, site=site, name_zh=zh, name_en=en, short_code=str(1001 + number), position=number
            )
            for number, (zh, en) in enumerate(stops)
        ]
        service.add_tour(
            work,
            site=site,
            name_zh="白班巡逻",
            name_en="Day round",
            start_times=starts,
            stops=[
                service.StopPlan(checkpoint=each.id, opens_after_minutes=10 * number, window_minutes=10)
                for number, each in enumerate(checkpoints)
            ],
            valid_from=parts.clock.now() - timedelta(days=30),
        )
    return checkpoints


def a_plate(checkpoint: CheckpointFacts) -> bytes:
    """The QR code on a checkpoint's plate, as a PNG."""
    drawn = io.BytesIO()
    segno.make(checkpoint.tag, error="m").save(drawn, kind="png", scale=8, border=4)
    return drawn.getvalue()
