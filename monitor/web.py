"""What the monitor brings to the web application."""

from fastapi import APIRouter

import monitor.alarms.api
import monitor.patrols.api


def routers() -> list[APIRouter]:
    """Every router of the monitor, with full paths in its routes."""
    return [monitor.alarms.api.router, monitor.patrols.api.router]
