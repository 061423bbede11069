"""What the monitor brings to the web application."""

from fastapi import APIRouter

import monitor.alarms.api
import monitor.arming.api
import monitor.arming.pages
import monitor.arming.plan_pages
import monitor.beams.pages
import monitor.control_room.pages
import monitor.history.pages
import monitor.patrol_phone.pages
import monitor.patrols.api
import monitor.patrols.places
import monitor.push.api
import monitor.signals.api
import monitor.signals.health_api
import monitor.signals.letter_pages
import monitor.signals.pages


def routers() -> list[APIRouter]:
    """Every router of the monitor, with full paths in its routes."""
    return [
        monitor.alarms.api.router,
        monitor.patrols.api.router,
        monitor.patrols.places.router,
        monitor.control_room.pages.router,
        monitor.patrol_phone.pages.router,
        monitor.signals.api.router,
        monitor.signals.health_api.router,
        monitor.signals.pages.router,
        monitor.arming.api.router,
        monitor.arming.pages.router,
        monitor.arming.plan_pages.router,
        monitor.beams.pages.router,
        monitor.signals.letter_pages.router,
        monitor.history.pages.router,
        monitor.push.api.router,
    ]
