"""The gateway's part of the web."""

from fastapi import APIRouter

from gateway.checks import api as checks
from gateway.entries import api as entries
from gateway.guard import pages
from gateway.musters import api as musters
from gateway.plates import api as plates
from gateway.presence import api as presence


def routers() -> list[APIRouter]:
    """The routers that deploy mounts."""
    return [checks.router, entries.router, presence.router, musters.router, plates.router, pages.router]
