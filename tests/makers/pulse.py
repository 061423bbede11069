"""Makers of the engine's sign of life."""

from datetime import datetime

from monitor.pulse.rules import Pulse
from tests.fakes.clock import NOON


def a_pulse(
    at: datetime = NOON,
    *,
    connected: bool = True,
    hears_devices: bool = True,
    unheard: int = 0,
    unsent_seconds: float = 0.0,
) -> Pulse:
    return Pulse(
        at=at, connected=connected, hears_devices=hears_devices, unheard=unheard, unsent_seconds=unsent_seconds
    )
