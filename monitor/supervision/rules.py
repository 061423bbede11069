"""When a device counts as lost, and what befell those that were lost together: jamming, a gateway, the mains. Pure.

A silence is known late: a device that beats every ten seconds may have fallen silent at any moment since its last beat.
So two losses are one incident when they may have happened within `TOGETHER` of each other, whoever noticed which first.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from registry.clock import Instant
from registry.devices.facts import DeviceFacts, Register
from registry.ids import DeviceAddress, SiteId
from registry.messages.events import Phase
from registry.messages.topics import DeviceClass

MISSED_BEATS = 3
"""So many heartbeats that did not come are a silence (monitor catalogue, D01)."""
HEARTBEAT = timedelta(seconds=60)
"""Of devices for which the register names none: what beats oftener is missed sooner only once the register says so. Ours."""
TOGETHER = timedelta(seconds=30)
"""Losses that may lie no further apart are one incident (monitor catalogue, D02)."""
SETTLES = timedelta(seconds=30)
"""So long after its first loss an incident is judged: by then a gateway that went with its devices is missed too. Ours."""
SHARP = timedelta(seconds=60)
"""A loss whose moment is known no better than this says nothing of jamming: a sensor that beats once an hour. Ours."""
JAMMED_DEVICES = 2
JAMMED_SHARE = 0.2
"""Of the wireless devices of one gateway: fewer lost together are single faults (monitor catalogue, D02)."""
SITE_DEVICES = 3
"""A compound of fewer devices is not told as lost as a whole. Ours."""
POWER_REACH = timedelta(seconds=60)
"""A gateway that says it lost its mains explains what fell silent from so long before it on. Ours."""


class Condition(StrEnum):
    """What a device says of itself and that lasts; the value is the last part of the event's type."""

    POWER_LOST = "power_lost"
    LOW_BATTERY = "low_battery"
    CLOCK_FAULT = "clock_fault"


TYPES: Mapping[str, Condition] = {
    f"dayuan.{device_class}.{condition}": condition for device_class in DeviceClass for condition in Condition
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A device was heard at `heard_at` for the last time and missed at `missed_at`; `until` None: it still is.

    `noticed_at`: when that was stored; `incident`: those lost together have the same.
    """

    device: DeviceAddress
    heard_at: Instant
    missed_at: Instant
    noticed_at: Instant
    until: Instant | None
    incident: str

    @property
    def is_sharp(self) -> bool:
        return self.missed_at - self.heard_at <= SHARP

    def is_over(self, now: Instant) -> bool:
        return self.until is not None and self.until <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """A device is in a condition, in `since <= t < until`; `until` None: it still is. `signal_id` began it."""

    device: DeviceAddress
    condition: Condition
    since: Instant
    until: Instant | None
    noticed_at: Instant
    signal_id: str

    def is_over(self, now: Instant) -> bool:
        return self.until is not None and self.until <= now


class Cause(StrEnum):
    """Why a device is lost, as far as the others tell."""

    POWER = "power"
    GATEWAY = "gateway"
    SITE = "site"
    JAMMING = "jamming"
    ITSELF = "itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Devices that were lost for one cause. `of`: the device that told of the mains, the gateway, or none."""

    cause: Cause
    of: DeviceAddress | None
    losses: tuple[Loss, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervision:
    """What is known of silences and conditions; `supervised`: how many devices of each site ever gave a sign of life."""

    losses: Mapping[str, tuple[Loss, ...]]
    """By incident, the earliest first; all of an incident or none."""
    supervised: Mapping[SiteId, int]
    lasting: tuple[Lasting, ...] = ()


NOTHING = Supervision(losses={}, supervised={})


def interval_of(device: DeviceFacts) -> timedelta:
    """How often a device says that it lives."""
    if device.heartbeat_seconds is not None:
        return timedelta(seconds=device.heartbeat_seconds)
    return HEARTBEAT


def incident_of(loss: Loss, others: Iterable[Loss]) -> str:
    """The incident of a new loss: that of the first other with which it may have happened, else one of its own."""
    for other in sorted(others, key=lambda each: (each.missed_at, each.device)):
        if (
            other.device.site == loss.device.site
            and loss.heard_at <= other.missed_at + TOGETHER
            and other.heard_at <= loss.missed_at + TOGETHER
        ):
            return other.incident
    return f"{loss.device} {loss.heard_at.isoformat()}"


def causes(
    losses: Sequence[Loss], lasting: Collection[Lasting], register: Register, supervised: int, now: Instant
) -> list[Explained]:
    """Why the devices of one incident were lost, as far as it is known at `now`; the last loss of each stands in one of them.

    The mains come first, for they take gateways with them, and a gateway takes what hangs on it. What is left is jamming
    if enough wireless devices of a living gateway went together.
    """
    known = [loss for loss in losses if loss.noticed_at <= now]
    found: list[Explained] = []
    left = {loss.device: loss for loss in known}

    def explain(cause: Cause, of: DeviceAddress | None, those: Iterable[Loss]) -> None:
        taken = tuple(those)
        if taken:
            found.append(Explained(cause=cause, of=of, losses=taken))
            for each in taken:
                del left[each.device]

    for outage in sorted(lasting, key=lambda each: (each.since, each.device)):
        if outage.condition is Condition.POWER_LOST and outage.noticed_at <= now:
            family = {outage.device, *_children(outage.device, register)}
            explain(
                Cause.POWER,
                outage.device,
                [loss for device, loss in sorted(left.items()) if device in family and _is_within(loss, outage)],
            )
    if supervised >= SITE_DEVICES and len(left) == supervised:
        explain(Cause.SITE, None, [loss for _, loss in sorted(left.items())])
    for gateway in sorted(device for device in left if device.kind == DeviceClass.GW):
        family = {gateway, *_children(gateway, register)}
        explain(Cause.GATEWAY, gateway, [loss for device, loss in sorted(left.items()) if device in family])
    dead = {each.of for each in found if each.of is not None}
    for hub, those in _wireless(left.values(), register).items():
        if hub not in dead and _is_jamming(hub, those, register):
            explain(Cause.JAMMING, hub, those)
    for _, loss in sorted(left.items()):
        found.append(Explained(cause=Cause.ITSELF, of=loss.device, losses=(loss,)))
    return found


def lasting_of(
    said: Iterable[tuple[Instant, Instant, Phase, str]],
) -> list[tuple[Instant, Instant | None, Instant, str]]:
    """The stretches that signals of one condition of one device make up, in whatever order they came.

    `said`: when it happened, when it was heard, whether it begins or ends, and the signal's id. What is told at once begins
    one too: a battery that is low stays so. Gives since, until, when the beginning was heard, and its signal's id.
    """
    found: list[tuple[Instant, Instant | None, Instant, str]] = []
    for at, heard_at, phase, signal_id in sorted(said, key=lambda each: (each[0], each[3])):
        if found and found[-1][1] is None:
            if phase is Phase.END:
                found[-1] = (found[-1][0], at, *found[-1][2:])
        elif phase is not Phase.END:
            found.append((at, None, heard_at, signal_id))
    return found


def _children(gateway: DeviceAddress, register: Register) -> Iterable[DeviceAddress]:
    if gateway.kind != DeviceClass.GW:
        return ()
    return (
        address
        for address, device in register.devices.items()
        if address.site == gateway.site and device.gateway == gateway.name
    )


def _is_within(loss: Loss, outage: Lasting) -> bool:
    is_after = loss.missed_at >= outage.since - POWER_REACH
    return is_after and (outage.until is None or loss.heard_at <= outage.until + POWER_REACH)


def _gateway(device: DeviceAddress, register: Register) -> DeviceAddress | None:
    facts = register.devices.get(device)
    if facts is None or facts.gateway is None:
        return None
    return DeviceAddress(device.site, DeviceClass.GW, facts.gateway)


def _wireless(losses: Iterable[Loss], register: Register) -> dict[DeviceAddress | None, list[Loss]]:
    by_gateway: dict[DeviceAddress | None, list[Loss]] = {}
    for loss in sorted(losses, key=lambda each: each.device):
        facts = register.devices.get(loss.device)
        if facts is not None and facts.is_wireless:
            by_gateway.setdefault(_gateway(loss.device, register), []).append(loss)
    return by_gateway


def _is_jamming(gateway: DeviceAddress | None, losses: Sequence[Loss], register: Register) -> bool:
    site = losses[0].device.site
    all_of_it = sum(
        device.is_wireless and device.enabled and _gateway(address, register) == gateway
        for address, device in register.devices.items()
        if address.site == site
    )
    sharp = sum(loss.is_sharp for loss in losses)
    return sharp >= JAMMED_DEVICES and len(losses) >= JAMMED_SHARE * all_of_it
