"""What is told of devices that were lost, and of what they say of themselves (monitor catalogue, D01 to D05). Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from monitor.alarms.findings import Evidence, Finding, Named, SignalKey, Words
from monitor.anomalies.names import name_of
from monitor.supervision.rules import Cause, Explained, Lasting, Loss
from registry.clock import Instant, format_instant
from registry.devices.facts import Register
from registry.ids import AlarmId, DeviceAddress, SiteId, ZoneId, derived_id
from registry.messages.alarms import AlarmFlag

VERSION = 1
NAMED = 8
"""Devices that a sentence names at most."""
Facts = dict[str, str | int | Named | tuple[Named, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Which rule tells, how bad it is, and of what is known at `now`."""

    rule: str
    priority: int
    register: Register
    now: Instant
    latched: bool = False


def alarm_id(rule: str, site: SiteId, *key: str) -> AlarmId:
    """The alarm of an incident, or of one device in it."""
    return AlarmId(derived_id(site, rule, *key))


def device_lost(telling: Telling, loss: Loss, explained: Explained, zone: ZoneId | None) -> Finding:
    """One device is silent; with a cause that is not its own it is told there, and here no longer."""
    site, register = loss.device.site, telling.register
    timezone = timezone_of(register, site)
    facts: Facts = {"device": name_of(register, loss.device), "heard": _moment(loss.heard_at, timezone)}
    words = [Words(key="supervision.lost", facts=facts)]
    is_over = loss.is_over(telling.now)
    if explained.cause is not Cause.ITSELF:
        words.append(Words(key=f"supervision.belongs_{explained.cause}", facts={}))
    elif is_over and loss.until is not None:
        words.append(Words(key="supervision.back", facts={"time": _moment(loss.until, timezone)}))
    key = (loss.incident, str(loss.device))
    found = _finding(telling, site, key, loss.missed_at, words, is_over=is_over or explained.cause is not Cause.ITSELF)
    return replace(found, zone=zone, key=str(loss.device))


def lost_together(telling: Telling, key: Sequence[str], explained: Explained) -> Finding:
    """Several devices were lost for one cause: a gateway, a compound, or jamming."""
    losses, register = explained.losses, telling.register
    site = losses[0].device.site
    timezone = timezone_of(register, site)
    others = [loss.device for loss in losses if loss.device != explained.of or explained.cause is Cause.JAMMING]
    began = min(loss.missed_at for loss in losses)
    facts: Facts = {
        "time": _moment(began, timezone),
        "count": len(others),
        "devices": named(register, others),
        "site": Named(register.sites[site].name_zh, register.sites[site].name_en),
        "gateway": name_of(register, explained.of) if explained.of is not None else "",
    }
    alone = "_alone" if explained.cause is Cause.GATEWAY and not others else ""
    words = [Words(key=f"supervision.{explained.cause}{alone}", facts=facts)]
    is_over = all(loss.is_over(telling.now) for loss in losses)
    if is_over:
        back = max(loss.until for loss in losses if loss.until is not None)
        words.append(Words(key="supervision.all_back", facts={"time": _moment(back, timezone)}))
    return replace(_finding(telling, site, key, began, words, is_over=is_over), count=len(losses))


def not_so(telling: Telling, key: Sequence[str], losses: Sequence[Loss]) -> Finding:
    """What was told of these turned out to be another thing, which is told there."""
    began, words = min(loss.missed_at for loss in losses), [Words(key="supervision.not_so", facts={})]
    return replace(_finding(telling, losses[0].device.site, key, began, words, is_over=True), count=len(losses))


def condition(telling: Telling, lasting: Lasting, silent: Sequence[DeviceAddress] = ()) -> Finding:
    """A device says that it has no mains, a low battery or a wrong clock. `silent`: who was lost with its mains."""
    site, register = lasting.device.site, telling.register
    timezone = timezone_of(register, site)
    facts: Facts = {"device": name_of(register, lasting.device), "time": _moment(lasting.since, timezone)}
    words = [Words(key=f"supervision.{lasting.condition}", facts=facts)]
    if silent:
        those: Facts = {"count": len(silent), "devices": named(register, silent)}
        words.append(Words(key="supervision.silent_with_it", facts=those))
    is_over = lasting.is_over(telling.now)
    if is_over and lasting.until is not None:
        ended = _moment(lasting.until, timezone)
        words.append(Words(key=f"supervision.{lasting.condition}_over", facts={"time": ended}))
    begun = Evidence(
        key=SignalKey(device=lasting.device, id=lasting.signal_id),
        type=f"dayuan.{lasting.device.kind}.{lasting.condition}",
        occurred_at=lasting.since,
    )
    key = (str(lasting.device), lasting.condition, format_instant(lasting.since))
    found = _finding(telling, site, key, lasting.since, words, is_over=is_over)
    return replace(found, key=str(lasting.device), evidence=(begun,))


def named(register: Register, devices: Iterable[DeviceAddress]) -> tuple[Named, ...]:
    """The first of them by name, and how many more there are."""
    listed = sorted(devices)
    names = [name_of(register, device) for device in listed[:NAMED]]
    more = len(listed) - NAMED
    return (*names, Named(f"另 {more} 台", f"{more} more")) if more > 0 else tuple(names)


def timezone_of(register: Register, site: SiteId) -> ZoneInfo:
    return ZoneInfo(register.sites[site].timezone)


def _moment(at: Instant, timezone: ZoneInfo) -> str:
    return f"{at.astimezone(timezone):%H:%M:%S}"


def _finding(
    telling: Telling, site: SiteId, key: Sequence[str], occurred_at: Instant, words: Sequence[Words], *, is_over: bool
) -> Finding:
    return Finding(
        id=alarm_id(telling.rule, site, *key),
        site=site,
        zone=None,
        rule=telling.rule,
        rule_version=VERSION,
        key=" ".join(key),
        priority=telling.priority,
        flags=frozenset({AlarmFlag.RETURNED}) if is_over else frozenset(),
        latched=telling.latched,
        occurred_at=occurred_at,
        count=1,
        evidence=(),
        pictures=(),
        explanation=tuple(words),
    )
