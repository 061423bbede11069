"""What a camera says of itself and of what it saw: envelopes as CONTRACT 2 has them."""

from dataclasses import dataclass, field
from itertools import count
from secrets import token_hex
from uuid import UUID

from monitor.cameras.activities import ActivityType, Observation
from registry.clock import Instant, format_instant
from registry.ids import DeviceAddress, new_id
from registry.messages.envelope import Event
from registry.messages.events import (
    CameraActivity,
    CameraMotion,
    CameraSignalLost,
    EventData,
    MediaReference,
    Phase,
    SeenObject,
)

MOST_OBJECTS = 50
"""In one event: it must stay far below the size of a message."""


@dataclass(slots=True, kw_only=True)
class Reporter:
    """Writes one camera's events; `seq` counts from 1 for each `bootid`, so that a gap is seen."""

    device: DeviceAddress
    bootid: str = field(default_factory=lambda: token_hex(4))
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def seen(self, observation: Observation, occurred_at: Instant) -> Event:
        """What began or ended in the picture."""
        objects = [
            SeenObject.model_validate({"kind": thing.kind, "box": thing.box, "track": thing.track})
            for thing in observation.objects[:MOST_OBJECTS]
        ]
        kind = CameraMotion if observation.type is ActivityType.MOTION else CameraActivity
        data = kind(
            state=observation.state,
            activity=str(observation.activity),
            region=observation.region,
            score=observation.score,
            objects=objects,
        )
        return self._event(observation.type, data, occurred_at)

    def signal_lost(self, state: Phase, activity: UUID, occurred_at: Instant, *, detail: str | None) -> Event:
        """No pictures come any more, or they come again."""
        data = CameraSignalLost(state=state, activity=str(activity), detail=detail)
        return self._event(ActivityType.SIGNAL_LOST, data, occurred_at)

    def heartbeat(self, now: Instant) -> bytes:
        """That this camera's worker lives."""
        return f'{{"time": "{format_instant(now)}", "bootid": "{self.bootid}"}}'.encode()

    def _event(self, kind: ActivityType, data: EventData, occurred_at: Instant) -> Event:
        return Event(
            id=str(new_id()),
            source=self.device.source,
            type=kind,
            time=occurred_at,
            seq=next(self._numbers),
            bootid=self.bootid,
            data=data.model_dump(mode="json", exclude_none=True),
        )


def with_picture(event: Event, picture: MediaReference) -> Event:
    """The event with a reference to its picture."""
    return event.model_copy(update={"data": {**event.data, "media": [picture.model_dump(mode="json")]}})
