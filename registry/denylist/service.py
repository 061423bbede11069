"""Putting on the deny list and taking off."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from registry.audit.chain import Personal, record
from registry.clock import Instant
from registry.credentials.period import require_moment
from registry.credentials.service import ReasonMissing
from registry.credentials.written import require_card_number, require_plate
from registry.denylist import queries
from registry.denylist.models import DeniedKey, DeniedSite, DenyKind
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change, record_change_everywhere
from registry.ids import SiteId, new_id
from registry.problems import Conflict, Unprocessable
from registry.sites.queries import local_day, require_sites


class AlreadyDenied(Conflict):
    slug = "already-denied"
    title = "It is on the deny list already"


class AlreadyTakenOff(Conflict):
    slug = "already-taken-off"
    title = "It was taken off the deny list already"


class OverAlready(Unprocessable):
    slug = "over-already"
    title = "The last moment is past"


class NoSites(Unprocessable):
    slug = "no-sites"
    title = "A line of the deny list holds at some site"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDenial:
    """A line to be added. `sites` None: everywhere. `valid_until` None: until it is taken off."""

    kind: DenyKind
    key: str
    sites: frozenset[SiteId] | None
    words: str
    valid_until: Instant | None = None


def deny(session: Session, denial: NewDenial, *, by: str, now: Instant) -> DeniedKey:
    """Put a plate or card on the list; from now on it is refused before anything else is asked."""
    key = require_plate(denial.key).text if denial.kind is DenyKind.PLATE else require_card_number(denial.key)
    words = " ".join(denial.words.split())
    if not words:
        raise ReasonMissing("Say why: the guard who stops it will read it.")
    if denial.valid_until is not None:
        require_moment(denial.valid_until)
        if denial.valid_until <= now:
            raise OverAlready("The last moment is past: choose a later one, or none.")
    if denial.sites is not None:
        if not denial.sites:
            raise NoSites("Choose the sites at which it holds.")
        require_sites(session, denial.sites)
    for line in queries.same_line(session, denial.kind, key, now):
        if line.everywhere or (denial.sites is not None and denial.sites <= {each.site for each in line.sites}):
            since = local_day(session, denial.sites or (), line.listed_at)
            raise AlreadyDenied(f"{key} is on the deny list since {since}: {line.words}")
    listed = DeniedKey(
        id=new_id(),
        kind=denial.kind,
        key=key,
        everywhere=denial.sites is None,
        words=words[:200],
        valid_until=denial.valid_until,
        listed_at=now,
        taken_off_at=None,
        sites=[DeniedSite(site=site) for site in sorted(denial.sites or ())],
    )
    session.add(listed)
    _record(session, listed, "denied", {"key": Personal(key), "reason": Personal(words)}, by=by, now=now)
    return listed


def take_off(
    session: Session, denied_id: UUID, *, within: Collection[SiteId], reason: str, by: str, now: Instant
) -> DeniedKey:
    """Take a line off the list; it stays as history."""
    line = queries.denied_key(session, denied_id, within)
    words = " ".join(reason.split())
    if not words:
        raise ReasonMissing("Say why it is taken off.")
    if line.taken_off_at is not None:
        day = local_day(session, {each.site for each in line.sites}, line.taken_off_at)
        raise AlreadyTakenOff(f"It was taken off on {day}.")
    line.taken_off_at = now
    _record(session, line, "denial-ended", {"key": Personal(line.key), "reason": Personal(words)}, by=by, now=now)
    return line


def _record(session: Session, line: DeniedKey, action: str, facts: dict[str, object], *, by: str, now: Instant) -> None:
    sites: list[SiteId | None] = [None] if line.everywhere else [each.site for each in line.sites]
    for site in sites:
        record(session, actor=by, action=action, site=site, subject=f"deny:{line.id}", facts=facts, now=now)
    if line.everywhere:
        record_change_everywhere(session, ChangeKind.DENY, str(line.id))
    else:
        record_change(session, [each.site for each in line.sites], ChangeKind.DENY, str(line.id))
