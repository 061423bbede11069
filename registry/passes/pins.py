"""PINs: six digits that somebody types at a gate, and the same with the last digit one higher for who is forced to.

Only keyed digests are kept, so a PIN is shown once, when it is made; who forgets it gets another.
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from registry.access.facts import CredentialStatus
from registry.audit.chain import record
from registry.clock import Instant
from registry.credentials.columns import IN_USE
from registry.credentials.grounds import require_ground
from registry.credentials.period import require_period
from registry.credentials.rules import Step
from registry.credentials.service import OpensNothing, announce_chain, replace_lost, take_step
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change
from registry.ids import CredentialId, LevelId, PersonId, ProjectId, SiteId, TenancyId, new_id
from registry.levels.queries import require_levels
from registry.passes.digests import digest_of
from registry.passes.models import Pin, PinLevel, PinSite
from registry.passes.rules import duress_of, is_weak_pin, pass_number
from registry.problems import Conflict, NotFound, Unprocessable
from registry.sites.queries import require_sites

_DRAWS = 200
"""So often a PIN is drawn before it is said that there are none left."""


class PinNotUsable(Unprocessable):
    """Too easily guessed, or somebody's already: which of the two, nobody is told."""

    slug = "pin-not-usable"
    title = "This PIN cannot be used"


class NoPinLeft(Conflict):
    slug = "no-pin-left"
    title = "Too many PINs are in use"


class NoSuchPin(NotFound):
    slug = "no-such-pin"
    title = "There is no such PIN here"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPin:
    """A PIN to be made. `pin` None: one is drawn; `tenancy_id` or `project_id`: what it rests on."""

    holder: PersonId
    pin: str | None = None
    valid_from: Instant
    valid_until: Instant
    sites: frozenset[SiteId]
    levels: frozenset[LevelId] = frozenset()
    tenancy_id: TenancyId | None = None
    project_id: ProjectId | None = None


@dataclass(frozen=True, slots=True)
class MadePin:
    """A PIN with what its holder types; nobody is shown it again."""

    row: Pin
    pin: str

    def __repr__(self) -> str:
        return f"MadePin({self.row.id})"

    @property
    def duress(self) -> str:
        return duress_of(self.pin)


def issue_pin(session: Session, new: NewPin, *, key: bytes, by: str, now: Instant) -> MadePin:
    """Make a PIN for a person. The holder must exist: its caller has read the person.

    Raises:
        PinNotUsable: it is weak, or somebody's, or what somebody else types under duress.
        NoPinLeft: none could be drawn.
        GroundOver, OutlivesGround, PrecedesGround, NotOfGround, Untrained: what it rests on does not bear it.

    """
    require_period(new.valid_from, new.valid_until)
    if not new.sites:
        raise OpensNothing("Choose at least one site that the PIN opens.")
    require_sites(session, new.sites)
    require_levels(session, new.levels, new.sites)
    require_ground(
        session, new.holder, new.tenancy_id, new.project_id, since=new.valid_from, until=new.valid_until, now=now
    )
    made = _add(session, new, key=key, now=now)
    _audit(session, made.row, "pin-issued", by=by, now=now)
    record_change(session, new.sites, ChangeKind.PIN, str(made.row.id))
    return made


def replace_pin(
    session: Session, pin_id: CredentialId, *, key: bytes, within: Collection[SiteId], by: str, now: Instant
) -> MadePin:
    """Draw another PIN in the place of one that was reported lost.

    Raises:
        OpensFurther, StepNotPossible, GroundOver, NotOfGround: it cannot be replaced.

    """
    lost = pin(session, pin_id, within)
    sites = frozenset(each.site for each in lost.sites)
    new = NewPin(
        holder=lost.person_id,
        valid_from=lost.valid_from,
        valid_until=lost.valid_until,
        sites=sites,
        levels=frozenset(each.level_id for each in lost.levels),
        tenancy_id=lost.tenancy_id,
        project_id=lost.project_id,
    )
    made = _add(session, new, key=key, now=now)
    made.row.replaces_id = lost.id
    number = pass_number(made.row.id)
    replace_lost(session, lost, kind=ChangeKind.PIN, sites=sites, within=within, number=number, by=by, now=now)
    _audit(session, made.row, "pin-issued", by=by, now=now)
    announce_chain(session, Pin, made.row, kind=ChangeKind.PIN, sites=sites)
    return made


def change_pin(
    session: Session,
    pin_id: CredentialId,
    step: Step,
    *,
    within: Collection[SiteId],
    reason: str,
    by: str,
    now: Instant,
) -> Pin:
    """Revoke, suspend, report lost or reinstate a PIN that opens one of the sites `within`.

    Raises:
        PinNotUsable: it is somebody else's by now, and cannot be reinstated.

    """
    found = pin(session, pin_id, within)
    if step is Step.REINSTATE and found.status is CredentialStatus.REVOKED:
        _require_free(session, (found.number_index, found.duress_index))
    sites = [each.site for each in found.sites]
    take_step(session, found, step, kind=ChangeKind.PIN, sites=sites, within=within, reason=reason, by=by, now=now)
    return found


def pin(session: Session, pin_id: CredentialId, sites: Collection[SiteId]) -> Pin:
    """One PIN that opens at least one of these sites."""
    found = session.scalars(_WHOLE.where(Pin.id == pin_id, Pin.sites.any(PinSite.site.in_(sites)))).one_or_none()
    if found is None:
        raise NoSuchPin("There is no such PIN at your sites.")
    return found


def pins_of(session: Session, holder: PersonId, sites: Collection[SiteId]) -> Sequence[Pin]:
    """The PINs of one person at these sites, the newest first."""
    rows = _WHOLE.where(Pin.person_id == holder, Pin.sites.any(PinSite.site.in_(sites)))
    return session.scalars(rows.order_by(Pin.id.desc())).all()


_WHOLE = select(Pin).options(selectinload(Pin.sites), selectinload(Pin.levels))


def _add(session: Session, new: NewPin, *, key: bytes, now: Instant) -> MadePin:
    number = _drawn(session, key) if new.pin is None else chosen(session, key, new.pin)
    row = Pin(
        id=CredentialId(new_id()),
        person_id=new.holder,
        status=CredentialStatus.ACTIVE,
        status_at=now,
        issued_at=now,
        number_index=digest_of(key, number),
        duress_index=digest_of(key, duress_of(number)),
        valid_from=new.valid_from,
        valid_until=new.valid_until,
        tenancy_id=new.tenancy_id,
        project_id=new.project_id,
        sites=[PinSite(site=site) for site in sorted(new.sites)],
        levels=[PinLevel(level_id=level) for level in sorted(new.levels)],
    )
    session.add(row)
    session.flush()
    return MadePin(row, number)


def chosen(session: Session, key: bytes, text: str) -> str:
    """A PIN that somebody chose; `key` of `digest_key`.

    Raises:
        PinNotUsable: it is weak, or somebody's, or what somebody else types under duress.

    """
    number = text.strip()
    if is_weak_pin(number):
        raise PinNotUsable("Choose six other digits, or leave it empty and one is drawn.")
    _require_free(session, _digests(key, number))
    return number


def _drawn(session: Session, key: bytes) -> str:
    for _ in range(_DRAWS):
        number = f"{secrets.randbelow(1_000_000):06d}"
        if not is_weak_pin(number) and not _is_taken(session, _digests(key, number)):
            return number
    raise NoPinLeft("Too many PINs are in use: revoke those that nobody needs.")


def _digests(key: bytes, number: str) -> tuple[bytes, bytes]:
    return digest_of(key, number), digest_of(key, duress_of(number))


def _require_free(session: Session, digests: tuple[bytes, bytes]) -> None:
    if _is_taken(session, digests):
        raise PinNotUsable("Choose six other digits, or leave it empty and one is drawn.")


def _is_taken(session: Session, digests: tuple[bytes, bytes]) -> bool:
    """Whether somebody types one of these, under duress or not."""
    in_the_way = select(Pin.id).where(or_(Pin.number_index.in_(digests), Pin.duress_index.in_(digests)), IN_USE)
    return session.scalar(in_the_way.limit(1)) is not None


def _audit(session: Session, row: Pin, action: str, *, by: str, now: Instant) -> None:
    for each in sorted(row.sites, key=lambda one: one.site):
        record(session, actor=by, action=action, site=each.site, subject=f"pin:{row.id}", facts={}, now=now)
