"""Whether the engine lives and hears. Pure."""

from dataclasses import dataclass
from datetime import timedelta

from registry.clock import Instant

SILENCE = timedelta(seconds=10)
"""An engine that gave no sign for longer is taken for dead; it gives one each second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What the engine said of itself.

    `unheard` counts the filters that the broker does not grant it; `unsent_seconds` is how long its own words have waited
    for the broker while none got through.
    """

    at: Instant
    connected: bool
    hears_devices: bool
    unheard: int
    unsent_seconds: float


def age_seconds(pulse: Pulse, now: Instant) -> float:
    """How old a sign is; one from the future, after a clock was set back, is as good as an old one."""
    return abs((now - pulse.at).total_seconds())


def fault_of_path(pulse: Pulse | None, now: Instant) -> str | None:
    """Why what a device says does not come back from the engine as an alarm; None: it does."""
    if pulse is None:
        return "the engine has given no sign of life yet"
    if age_seconds(pulse, now) > SILENCE.total_seconds():
        return "the engine gives no sign of life"
    if not pulse.connected:
        return "the engine has no connection to the broker"
    if not pulse.hears_devices:
        return "the broker does not let the engine hear the devices"
    return "the engine's alarms do not reach the broker" if pulse.unsent_seconds > SILENCE.total_seconds() else None


def fault_of_engine(pulse: Pulse | None, now: Instant) -> str | None:
    """As `fault_of_path`, and whether it hears the foreign devices too."""
    fault = fault_of_path(pulse, now)
    if fault is None and pulse is not None and pulse.unheard:
        return f"the broker refuses {pulse.unheard} of the topics that the engine wants to hear"
    return fault
