"""Whether a zone is armed at a moment: looked up in what was written down, by the time at which something happened. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from registry.clock import Instant
from registry.devices.facts import ZoneFacts, ZoneKind
from registry.ids import DeviceAddress, ZoneId
from registry.messages.topics import DeviceClass

ALWAYS_HEARD_CLASSES = frozenset({DeviceClass.PANIC, DeviceClass.FIRE})
"""What these say counts armed or not, and nobody bypasses them (GB 50394-2007 5.2.3)."""
_ALWAYS_HEARD = frozenset({"device_tamper", "tamper", "line_fault", "power_lost", "sos", "man_down"})


def is_always_heard(event_type: str) -> bool:
    """Whether arming does not touch an event of this type: tamper, line, panic, fire and what guards call for."""
    _, _, rest = event_type.partition(".")
    kind, _, what = rest.partition(".")
    return kind in ALWAYS_HEARD_CLASSES or what in _ALWAYS_HEARD


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """From `at` on a zone is armed or not; armed, it is so from `armed_from` on, when who leaves has left."""

    at: Instant
    armed: bool
    armed_from: Instant
    entry_seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bypassed:
    """In `since <= at < until` a zone, or one device in it, counts for nothing. `device` None: all of the zone."""

    device: DeviceAddress | None
    since: Instant
    until: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneTimeline:
    """What was written of one zone, by time."""

    entries: tuple[Entry, ...] = ()
    bypasses: tuple[Bypassed, ...] = ()

    def entry_at(self, at: Instant) -> Entry | None:
        """What holds then; before the first entry nothing was written."""
        found = bisect_right(self.entries, at, key=lambda entry: entry.at)
        return self.entries[found - 1] if found else None

    def is_armed(self, at: Instant, *, begins: bool) -> bool:
        """Whether it is armed, but for bypasses; `begins`: whether it was before anything was written."""
        entry = self.entry_at(at)
        return begins if entry is None else entry.armed and at >= entry.armed_from

    def is_bypassed(self, device: DeviceAddress | None, at: Instant) -> bool:
        """Whether a device in the zone, or None: all of the zone, counts for nothing."""
        return any(each.device in (None, device) and each.since <= at < each.until for each in self.bypasses)


NOTHING_WRITTEN = ZoneTimeline()


@dataclass(frozen=True, slots=True)
class Timelines:
    """The time lines of zones. The same question has the same answer, whenever it is asked."""

    zones: Mapping[ZoneId, ZoneTimeline] = field(default_factory=dict)

    def is_armed(self, zone: ZoneFacts, at: Instant, device: DeviceAddress | None = None) -> bool:
        """Whether what happened in a zone at that moment counts; with a device, what this device saw of it.

        A 24-hour zone is armed always. One of which nothing was written is as the register has it begin.
        """
        if zone.kind is ZoneKind.ALWAYS:
            return True
        line = self.zones.get(zone.id, NOTHING_WRITTEN)
        return line.is_armed(at, begins=zone.armed) and not line.is_bypassed(device, at)

    def is_bypassed(self, zone: ZoneFacts, device: DeviceAddress | None, at: Instant) -> bool:
        """Whether what a device in a zone said happened then counts for nothing."""
        return self.zones.get(zone.id, NOTHING_WRITTEN).is_bypassed(device, at)

    def was_armed(self, zone: ZoneFacts, since: Instant, until: Instant) -> bool:
        """Whether it was armed at any moment of `since <= at <= until`; bypasses count."""
        line = self.zones.get(zone.id, NOTHING_WRITTEN)
        moments = [since, *(entry.armed_from for entry in line.entries), *(each.until for each in line.bypasses)]
        return any(self.is_armed(zone, at) for at in moments if since <= at <= until)

    def pending_until(self, zone: ZoneFacts, at: Instant) -> Instant | None:
        """Until when whoever tripped an armed zone at `at` may disarm it; None: it counts at once, or not at all."""
        line = self.zones.get(zone.id)
        entry = line.entry_at(at) if line is not None and zone.kind is not ZoneKind.ALWAYS else None
        if entry is None or not entry.entry_seconds or not self.is_armed(zone, at):
            return None
        return at + timedelta(seconds=entry.entry_seconds)

    def counts(
        self, zone: ZoneFacts, at: Instant, device: DeviceAddress | None = None, *, now: Instant | None = None
    ) -> bool:
        """Whether what tripped a zone at `at` is an intrusion by `now`: `pending_until` is over, and nobody disarmed it in time."""
        if not self.is_armed(zone, at, device):
            return False
        until = self.pending_until(zone, at)
        if until is None:
            return True
        line = self.zones.get(zone.id, NOTHING_WRITTEN)
        is_over = now is None or now >= until
        return is_over and all(entry.armed for entry in line.entries if at < entry.at <= until)


def timeline(entries: Iterable[Entry], bypasses: Sequence[Bypassed] = ()) -> ZoneTimeline:
    """A time line of entries in the order in which they were written; of two of one moment the later holds."""
    return ZoneTimeline(entries=tuple(sorted(entries, key=lambda entry: entry.at)), bypasses=tuple(bypasses))
