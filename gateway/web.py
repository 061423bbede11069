"""The gateway's part of the web."""

from fastapi import APIRouter

from gateway.barriers import api as barriers
from gateway.checks import api as checks
from gateway.circumstances import api as circumstances
from gateway.circumstances import pages as area_pages
from gateway.entries import api as entries
from gateway.explain import api as explain
from gateway.explain import pages as explain_pages
from gateway.guard import acts, pages
from gateway.musters import api as musters
from gateway.musters import pages as muster_pages
from gateway.passages import api as passages
from gateway.plates import api as plates
from gateway.presence import api as presence


def routers() -> list[APIRouter]:
    """The routers that deploy mounts."""
    return [
        checks.router,
        entries.router,
        presence.router,
        musters.router,
        circumstances.router,
        passages.router,
        explain.router,
        barriers.router,
        plates.router,
        pages.router,
        acts.router,
        area_pages.router,
        muster_pages.router,
        explain_pages.router,
    ]
