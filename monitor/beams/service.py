"""Walk tests: somebody walks along the wall and breaks each pair, and what was heard is kept."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from monitor.beams import queries
from monitor.beams.models import WalkTest, WalkTestResult
from monitor.beams.problems import NothingToTest, WalkTestRuns, WalkTestUnknown
from monitor.beams.rules import LONGEST_TEST, counts
from registry import audit
from registry.clock import Instant
from registry.devices.facts import Register
from registry.ids import DeviceAddress, SiteId, ZoneId, new_id
from registry.messages.topics import DeviceClass
from registry.store.locks import hold


def beams_of(register: Register, site: SiteId, zone: ZoneId | None = None) -> list[DeviceAddress]:
    """The pairs in use of a site, or of one of its zones."""
    members = None if zone is None else {member.device for member in register.zones[zone].members}
    return [
        address
        for address, device in register.devices.items()
        if address.site == site
        and address.kind == DeviceClass.BEAM
        and device.enabled
        and (members is None or address in members)
    ]


def start(
    session: Session, register: Register, site: SiteId, zone: ZoneId | None, *, by: str, words: str, now: Instant
) -> WalkTest:
    """Begin a test; one that was left open and whose time is over is ended first.

    Raises:
        WalkTestRuns: another one of the site is open.
        NothingToTest: the zone has no pair, or is none of the site.

    """
    if zone is not None and (zone not in register.zones or register.zones[zone].site != site):
        raise NothingToTest(f"There is no zone {zone!r} at {site}.")
    if not beams_of(register, site, zone):
        raise NothingToTest("No beam in use lies there.")
    hold(session, "walk-test", site)
    left = queries.open_test(session, site)
    if left is not None:
        if now <= left.until:
            raise WalkTestRuns(f"{left.started_by} began one; finish it first.")
        finish(session, register, left, by=left.started_by, now=now)
    test = WalkTest(
        id=new_id(),
        site=site,
        zone=zone,
        started_at=now,
        started_by=by,
        until=now + LONGEST_TEST,
        ended_at=None,
        ended_by=None,
        words=words or None,
    )
    session.add(test)
    session.flush()
    _audit(session, "walk-test-started", test, by=by, now=now, facts={"zone": zone, "words": audit.Personal(words)})
    return test


def heard(
    session: Session, register: Register, test: WalkTest, *, now: Instant
) -> Mapping[DeviceAddress, Instant | None]:
    """Each pair of a test with the moment when it was first broken in it; None: not yet."""
    if test.ended_at is not None:
        return queries.results(session, test.id)
    beams = _of(register, test)
    found: dict[DeviceAddress, Instant | None] = dict.fromkeys(beams)
    for said in queries.interruptions(session, beams, since=test.started_at, until=min(now, test.until)):
        if found[said.beam] is None and counts(register.devices[said.beam], said.data):
            found[said.beam] = said.at
    return found


def finish(session: Session, register: Register, test: WalkTest, *, by: str, now: Instant) -> WalkTest:
    """End a test and keep what it found; one that has ended stays as it is."""
    hold(session, "walk-test", test.site)
    session.refresh(test)
    if test.ended_at is not None:
        return test
    found = heard(session, register, test, now=now)
    test.ended_at, test.ended_by = min(now, test.until), by
    session.add_all(WalkTestResult(test=test.id, device=str(beam), heard_at=at) for beam, at in found.items())
    session.flush()
    facts = {"pairs": len(found), "heard": sum(at is not None for at in found.values())}
    _audit(session, "walk-test-finished", test, by=by, now=now, facts=facts)
    return test


def test_of(session: Session, sites: Collection[SiteId], test: UUID) -> WalkTest:
    """One test, of these sites.

    Raises:
        WalkTestUnknown: there is none.

    """
    found = queries.test_by_id(session, test)
    if found is None or found.site not in sites:
        raise WalkTestUnknown
    return found


def _of(register: Register, test: WalkTest) -> list[DeviceAddress]:
    zone = ZoneId(test.zone) if test.zone is not None else None
    return [] if zone is not None and zone not in register.zones else beams_of(register, SiteId(test.site), zone)


def _audit(
    session: Session, action: str, test: WalkTest, *, by: str, now: Instant, facts: Mapping[str, object]
) -> None:
    audit.record(
        session, actor=by, action=action, site=SiteId(test.site), subject=f"walk-test:{test.id}", facts=facts, now=now
    )
