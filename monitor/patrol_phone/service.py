"""The rounds of today as the guard with the phone sees them."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from monitor.patrol_phone import view
from monitor.patrols import queries as plans
from monitor.patrols import service as patrols
from monitor.patrols.rules import JudgedRound, phones
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.clock import Instant
from registry.devices.facts import Register
from registry.ids import SiteId
from registry.problems import NotFound


def sheet(
    session: Session,
    register: Register,
    guard: Principal,
    now: Instant,
    *,
    site: SiteId | None,
    wanted: Instant | None,
    lang: str,
) -> view.Sheet:
    """Lay out the page for a site of this guard; without one, for the first.

    Raises:
        NotFound: the site is not there for them, or they have none.

    """
    allowed = guard.sites(Permission.PATROL_SCAN)
    sites = [facts for facts in register.sites.values() if facts.id in allowed]
    facts = next((each for each in sites if site in (None, each.id)), None)
    if facts is None:
        raise NotFound
    return view.sheet(facts, sites, rounds_now(session, register, facts.id, now), now, wanted=wanted, lang=lang)


def rounds_now(session: Session, register: Register, site: SiteId, now: Instant) -> Sequence[JudgedRound]:
    """The rounds of today, and of last night those that are still walked, in the order of their starts."""
    timezone = patrols.timezone_of(register, site)
    midnight = datetime.combine(now.astimezone(timezone).date(), time(), timezone)
    since, until = midnight - timedelta(days=1), midnight + timedelta(days=1)
    ours = plans.phone_scans(session, site, phones(site), since, until)
    judged = [
        each
        for tour in plans.tours(session, [site])
        for each in patrols.judged_rounds(session, register, tour, since=since, until=until, now=now, also=ours)
        if each.round.starts_at >= midnight or view.ends_at(each) > now
    ]
    return sorted(judged, key=lambda each: (each.round.starts_at, each.round.tour.id))
