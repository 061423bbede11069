"""Beginning a compound: the site with its first two areas, so that a gate can be built at once."""

from sqlalchemy.orm import Session

from registry.access.facts import Passback
from registry.audit.chain import record
from registry.clock import DEFAULT_TIMEZONE, Instant
from registry.ids import AreaId, SiteId
from registry.problems import Forbidden
from registry.sites.gates import AreaFields, build_area
from registry.sites.models import Site
from registry.sites.service import add_site, require_name

_FIRST_AREAS = (("outside", "院外", "Outside"), ("inside", "院内", "Inside"))


class SiteOfAllSites(Forbidden):
    slug = "site-of-all-sites"
    title = "A compound is begun by who keeps the registry of all compounds"


def begin_site(
    session: Session,
    *,
    site_id: SiteId,
    name_zh: str,
    name_en: str,
    timezone: str = DEFAULT_TIMEZONE,
    by: str,
    now: Instant,
) -> Site:
    """Add a compound with the areas `<site>-outside` and `<site>-inside`.

    Raises:
        NameNotAllowed, SiteExists, NoSuchTimezone, AreaExists: nothing is added.

    """
    for short, _, _ in _FIRST_AREAS:
        require_name(f"{site_id}-{short}")
    site = add_site(session, site_id=site_id, name_zh=name_zh, name_en=name_en, timezone=timezone)
    session.flush()
    facts = {"name_zh": name_zh, "name_en": name_en, "timezone": timezone}
    record(session, actor=by, action="site-added", site=site_id, subject=f"site:{site_id}", facts=facts, now=now)
    for short, zh, en in _FIRST_AREAS:
        fields = AreaFields(name_zh=zh, name_en=en, passback_people=Passback.OFF, passback_vehicles=Passback.OFF)
        build_area(session, site_id, AreaId(f"{site_id}-{short}"), fields, by=by, now=now)
    return site
