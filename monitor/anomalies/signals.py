"""A signal as the rules see it, and the activities that signals make up."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from monitor.alarms.findings import Evidence, Picture, SignalKey
from registry.clock import Instant
from registry.ids import DeviceAddress
from registry.messages.events import EventData, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What a device said. Two with the same key are one."""

    key: SignalKey
    type: str
    occurred_at: Instant
    received_at: Instant
    data: EventData = field(repr=False, compare=False)

    @property
    def device(self) -> DeviceAddress:
        return self.key.device

    @property
    def evidence(self) -> Evidence:
        return Evidence(key=self.key, type=self.type, occurred_at=self.occurred_at)

    @property
    def order(self) -> tuple[Instant, DeviceAddress, str]:
        """By event time; the rest only makes the order total."""
        return (self.occurred_at, self.key.device, self.key.id)


def pictures(signals: Iterable[Signal]) -> tuple[Picture, ...]:
    """The pictures of these signals, each once, with the first signal that it came with."""
    first: dict[UUID, Picture] = {}
    for signal in in_order(signals):
        for media in signal.data.media:
            first.setdefault(media.id, Picture(media=media, device=signal.device, occurred_at=signal.occurred_at))
    return tuple(first.values())


def in_order(signals: Iterable[Signal]) -> list[Signal]:
    """Each signal once, by event time."""
    return sorted({signal.key: signal for signal in signals}.values(), key=lambda signal: signal.order)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Something that lasted. `ends_at` None: no end is known."""

    device: DeviceAddress
    type: str
    starts_at: Instant
    ends_at: Instant | None
    lasts: bool
    """It began with a start; False: it was over at once."""
    signals: tuple[Signal, ...]


def activities(signals: Iterable[Signal], *, longest: timedelta) -> list[Activity]:
    """Put starts and ends together by the activity that they name.

    An end that comes more than `longest` after its start, or has none, or names no activity, says nothing that could be
    relied on. So the outcome depends on what was said, never on the order in which it came.
    """
    groups: dict[tuple[object, ...], list[Signal]] = defaultdict(list)
    found: list[Activity] = []
    for signal in in_order(signals):
        if signal.data.state is Phase.INSTANT or (signal.data.state is Phase.START and not signal.data.activity):
            found.append(_at_once(signal))
        elif signal.data.activity:
            groups[signal.device, signal.type, signal.data.activity].append(signal)
    found += (activity for group in groups.values() if (activity := _lasting(group, longest)) is not None)
    return sorted(found, key=lambda activity: activity.signals[0].order)


def _at_once(signal: Signal) -> Activity:
    return Activity(
        device=signal.device,
        type=signal.type,
        starts_at=signal.occurred_at,
        ends_at=signal.occurred_at,
        lasts=False,
        signals=(signal,),
    )


def _lasting(group: list[Signal], longest: timedelta) -> Activity | None:
    start = next((signal for signal in group if signal.data.state is Phase.START), None)
    if start is None:
        return None
    until = start.occurred_at + longest
    told = [signal for signal in group if start.occurred_at <= signal.occurred_at <= until]
    ends = [signal.occurred_at for signal in told if signal.data.state is Phase.END]
    return Activity(
        device=start.device,
        type=start.type,
        starts_at=start.occurred_at,
        ends_at=max(ends, default=None),
        lasts=True,
        signals=tuple(told),
    )
