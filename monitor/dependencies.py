"""What the monitor's routes are given: its store, and the register of sites, devices and zones."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request

from monitor.push.proving import Doorkeeper
from registry.auth.permissions import Permission
from registry.devices.facts import Register
from registry.ids import SiteId
from registry.store import Work
from registry.web.dependencies import parts_of, reading_of, work_of


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorParts:
    """The monitor's own part of the web application: `parts.rooms["monitor"]`."""

    register: Callable[[], Register]
    doorkeeper: Doorkeeper = field(default_factory=Doorkeeper)
    """Knows the cameras that post here."""


def register_of(request: Request) -> Register:
    """The register as it is now."""
    return cast("MonitorParts", parts_of(request).rooms["monitor"]).register()


def doorkeeper_of(request: Request) -> Doorkeeper:
    return cast("MonitorParts", parts_of(request).rooms["monitor"]).doorkeeper


def handlers_of(request: Request) -> Callable[[str, SiteId], bool]:
    """Whether somebody of that name handles alarms at that site."""
    return lambda name, site: parts_of(request).directory.may(name, Permission.ALARMS_HANDLE, site)


IsHandler = Annotated[Callable[[str, SiteId], bool], Depends(handlers_of)]
MonitorWork = Annotated[Work, Depends(work_of("monitor"), scope="function")]
MonitorReading = Annotated[Work, Depends(reading_of("monitor"), scope="function")]
TheRegister = Annotated[Register, Depends(register_of)]
