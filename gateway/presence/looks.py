"""Looking at who is inside: what everybody who is shown a list of them goes through."""

import structlog

from gateway.presence import service
from registry.clock import Instant
from registry.ids import SiteId
from registry.store import Store
from registry.store.faults import UNAVAILABLE

log = structlog.get_logger()


def note_look(store: Store, site: SiteId, by: str, now: Instant) -> None:
    """Write down who looks. A store that cannot be written hides nobody from those who must look for them: then it is logged."""
    try:
        with store.read() as session:
            if service.has_looked(session, site, by, now):
                return
        with store.begin_beside(now) as work:
            service.record_look(work.session, site, by, now)
    except UNAVAILABLE as error:
        log.warning("look-not-recorded", site=site, by=by, error=type(error).__name__)
