"""Issuing cards and QR passes and changing their state."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import insert
from sqlalchemy.orm import Session

from registry.access.facts import CredentialStatus
from registry.audit.chain import Personal, record
from registry.clock import Instant
from registry.credentials.grounds import require_ground
from registry.credentials.period import LATEST_OF_PASS, require_period
from registry.credentials.rules import Step
from registry.credentials.service import OpensNothing, announce_chain, replace_lost, take_step
from registry.credentials.written import require_card_number
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change
from registry.ids import CredentialId, GateId, LevelId, PersonId, ProjectId, SiteId, TenancyId, new_id
from registry.levels.queries import require_levels
from registry.passes import queries
from registry.passes.models import Card, CardFormat, CardGate, CardLevel, CardSite, QrPass, QrPassLevel, QrPassSite
from registry.passes.rules import pass_number
from registry.problems import Conflict
from registry.sites.queries import require_gates, require_sites
from registry.sites.scope import require_seen


class CardInUse(Conflict):
    slug = "card-in-use"
    title = "This card is issued already"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCard:
    """A card to be issued. `gates` None: every gate of its sites, unless it has levels; `tenancy_id` or `project_id`: what it rests on."""

    id: CredentialId = field(default_factory=lambda: CredentialId(new_id()))
    holder: PersonId
    number: str
    format: CardFormat = CardFormat.UID
    valid_from: Instant
    valid_until: Instant
    sites: frozenset[SiteId]
    gates: frozenset[GateId] | None = None
    levels: frozenset[LevelId] = frozenset()
    tenancy_id: TenancyId | None = None
    project_id: ProjectId | None = None
    status: CredentialStatus = CredentialStatus.ACTIVE
    status_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewQrPass:
    """A QR pass to be issued. `entries_allowed` None: as often as one likes; `tenancy_id` or `project_id`: what it rests on."""

    id: CredentialId = field(default_factory=lambda: CredentialId(new_id()))
    holder: PersonId
    valid_from: Instant
    valid_until: Instant
    sites: frozenset[SiteId]
    levels: frozenset[LevelId] = frozenset()
    entries_allowed: int | None = None
    tenancy_id: TenancyId | None = None
    project_id: ProjectId | None = None
    status: CredentialStatus = CredentialStatus.ACTIVE
    status_reason: str | None = None


def issue_card(session: Session, card: NewCard, *, within: Collection[SiteId], by: str, now: Instant) -> Card:
    """Give a card to a person. The holder must exist: its caller has read the person.

    Raises:
        CardInUse: a card of this number is issued and not revoked.
        HeldElsewhere: it is, and opens no site of `within`, the issuer's own.
        GroundOver, OutlivesGround, PrecedesGround, NotOfGround, Untrained: what it rests on does not bear it.

    """
    number = _require_valid_card(card)
    require_sites(session, card.sites)
    require_gates(session, card.gates or (), card.sites)
    require_levels(session, card.levels, card.sites)
    require_free(session, number, within)
    require_ground(
        session, card.holder, card.tenancy_id, card.project_id, since=card.valid_from, until=card.valid_until, now=now
    )
    issued = _add_card(session, card, number, now)
    _record_issued(session, ChangeKind.CARD, issued.id, card.sites, {"number": Personal(number)}, by=by, now=now)
    return issued


def issue_cards(session: Session, cards: Sequence[NewCard], *, now: Instant) -> None:
    """Issue many at once: three statements, one change for each site. Makes no entry in the audit: its caller does."""
    if not cards:
        return
    sites = frozenset[SiteId]().union(*(card.sites for card in cards))
    require_sites(session, sites)
    session.execute(insert(Card), [_card_row(card, _require_valid_card(card), now) for card in cards])
    session.execute(insert(CardSite), [{"card_id": card.id, "site": site} for card in cards for site in card.sites])
    gates = [{"card_id": card.id, "gate": gate} for card in cards for gate in card.gates or ()]
    if gates:
        session.execute(insert(CardGate), gates)
    levels = [{"card_id": card.id, "level_id": level} for card in cards for level in card.levels]
    if levels:
        session.execute(insert(CardLevel), levels)
    record_change(session, sites, ChangeKind.MANY, "cards")


def change_card(
    session: Session,
    card_id: CredentialId,
    step: Step,
    *,
    within: Collection[SiteId],
    reason: str,
    by: str,
    now: Instant,
) -> queries.ListedCard:
    """Revoke, suspend, report lost or reinstate a card that opens one of the sites `within`."""
    listed = queries.card(session, card_id, within)
    card = listed.card
    if step is Step.REINSTATE and card.status is CredentialStatus.REVOKED:
        require_free(session, card.number, within)
    sites = [each.site for each in card.sites]
    take_step(session, card, step, kind=ChangeKind.CARD, sites=sites, within=within, reason=reason, by=by, now=now)
    return listed


def replace_card(
    session: Session,
    card_id: CredentialId,
    number: str,
    *,
    format_: CardFormat = CardFormat.UID,
    within: Collection[SiteId],
    by: str,
    now: Instant,
) -> Card:
    """Give another card in the place of one that was reported lost: all but the number is as it was.

    Raises:
        OpensFurther, StepNotPossible, GroundOver, NotOfGround: it cannot be replaced.
        CardInUse, HeldElsewhere, NoCardNumber: it cannot be replaced by this one.

    """
    lost = queries.card(session, card_id, within).card
    sites = frozenset(each.site for each in lost.sites)
    key = require_card_number(number)
    require_free(session, key, within)
    replace_lost(session, lost, kind=ChangeKind.CARD, sites=sites, within=within, number=key, by=by, now=now)
    made = NewCard(
        holder=lost.person_id,
        number=key,
        format=format_,
        valid_from=lost.valid_from,
        valid_until=lost.valid_until,
        sites=sites,
        gates=None if lost.all_gates else frozenset(each.gate for each in lost.gates),
        levels=frozenset(each.level_id for each in lost.levels),
        tenancy_id=lost.tenancy_id,
        project_id=lost.project_id,
    )
    new = _add_card(session, made, key, now)
    new.replaces_id = lost.id
    _record_issued(session, ChangeKind.CARD, new.id, sites, {"number": Personal(key)}, by=by, now=now)
    announce_chain(session, Card, new, kind=ChangeKind.CARD, sites=sites)
    return new


def replace_qr_pass(
    session: Session, pass_id: CredentialId, *, within: Collection[SiteId], by: str, now: Instant
) -> QrPass:
    """Make another QR pass in the place of one that was reported lost; all is as it was.

    Raises:
        OpensFurther, StepNotPossible, GroundOver, NotOfGround: it cannot be replaced.

    """
    lost = queries.qr_pass(session, pass_id, within)
    sites = frozenset(each.site for each in lost.sites)
    made = NewQrPass(
        holder=lost.person_id,
        valid_from=lost.valid_from,
        valid_until=lost.valid_until,
        sites=sites,
        levels=frozenset(each.level_id for each in lost.levels),
        entries_allowed=lost.entries_allowed,
        tenancy_id=lost.tenancy_id,
        project_id=lost.project_id,
    )
    number = pass_number(made.id)
    replace_lost(session, lost, kind=ChangeKind.QR, sites=sites, within=within, number=number, by=by, now=now)
    new = _add_pass(session, made, now)
    new.replaces_id = lost.id
    _record_issued(session, ChangeKind.QR, new.id, sites, {}, by=by, now=now)
    announce_chain(session, QrPass, new, kind=ChangeKind.QR, sites=sites)
    return new


def issue_qr_pass(session: Session, qr_pass: NewQrPass, *, by: str, now: Instant) -> QrPass:
    """Make a QR pass for a person; its text is signed where it is shown (`registry.passes.showing`)."""
    _pass_row(qr_pass, now)
    require_sites(session, qr_pass.sites)
    require_levels(session, qr_pass.levels, qr_pass.sites)
    begins, ends = qr_pass.valid_from, qr_pass.valid_until
    require_ground(session, qr_pass.holder, qr_pass.tenancy_id, qr_pass.project_id, since=begins, until=ends, now=now)
    issued = _add_pass(session, qr_pass, now)
    _record_issued(session, ChangeKind.QR, issued.id, qr_pass.sites, {}, by=by, now=now)
    return issued


def issue_qr_passes(session: Session, passes: Sequence[NewQrPass], *, now: Instant) -> None:
    """Issue many at once: two statements, one change for each site. Makes no entry in the audit: its caller does."""
    if not passes:
        return
    sites = frozenset[SiteId]().union(*(each.sites for each in passes))
    require_sites(session, sites)
    session.execute(insert(QrPass), [_pass_row(each, now) for each in passes])
    session.execute(insert(QrPassSite), [{"pass_id": each.id, "site": site} for each in passes for site in each.sites])
    levels = [{"pass_id": each.id, "level_id": level} for each in passes for level in each.levels]
    if levels:
        session.execute(insert(QrPassLevel), levels)
    record_change(session, sites, ChangeKind.MANY, "passes")


def change_qr_pass(
    session: Session,
    pass_id: CredentialId,
    step: Step,
    *,
    within: Collection[SiteId],
    reason: str,
    by: str,
    now: Instant,
) -> QrPass:
    """Revoke, suspend, report lost or reinstate a QR pass that opens one of the sites `within`."""
    found = queries.qr_pass(session, pass_id, within)
    sites = [each.site for each in found.sites]
    take_step(session, found, step, kind=ChangeKind.QR, sites=sites, within=within, reason=reason, by=by, now=now)
    return found


def _add_card(session: Session, card: NewCard, number: str, now: Instant) -> Card:
    row = Card(
        **_card_row(card, number, now),
        sites=[CardSite(site=site) for site in sorted(card.sites)],
        gates=[CardGate(gate=gate) for gate in sorted(card.gates or ())],
        levels=[CardLevel(level_id=level) for level in sorted(card.levels)],
    )
    session.add(row)
    return row


def _add_pass(session: Session, qr_pass: NewQrPass, now: Instant) -> QrPass:
    row = QrPass(
        **_pass_row(qr_pass, now),
        sites=[QrPassSite(site=site) for site in sorted(qr_pass.sites)],
        levels=[QrPassLevel(level_id=level) for level in sorted(qr_pass.levels)],
    )
    session.add(row)
    return row


def _require_valid_card(card: NewCard) -> str:
    require_period(card.valid_from, card.valid_until)
    if not card.sites:
        raise OpensNothing("Choose at least one site that the card opens.")
    return require_card_number(card.number)


def require_free(session: Session, number: str, within: Collection[SiteId]) -> None:
    """Refuse the number of a card that is in use.

    Raises:
        CardInUse: there is one.
        HeldElsewhere: it opens no site of `within`.

    """
    other = queries.card_in_the_way(session, number)
    if other is not None:
        require_seen([each.site for each in other.sites], within)
        raise CardInUse(f"Card {number} is issued already. Revoke it first, then it can be given to somebody else.")


def _card_row(card: NewCard, number: str, now: Instant) -> dict[str, object]:
    return {
        "id": card.id,
        "person_id": card.holder,
        "status": card.status,
        "status_reason": card.status_reason,
        "status_at": now,
        "issued_at": now,
        "tenancy_id": card.tenancy_id,
        "project_id": card.project_id,
        "number": number,
        "format": card.format,
        "valid_from": card.valid_from,
        "valid_until": card.valid_until,
        "all_gates": card.gates is None,
    }


def _pass_row(qr_pass: NewQrPass, now: Instant) -> dict[str, object]:
    begins, ends = (moment.replace(microsecond=0) for moment in (qr_pass.valid_from, qr_pass.valid_until))
    require_period(begins, ends, latest=LATEST_OF_PASS)
    if not qr_pass.sites:
        raise OpensNothing("Choose at least one site that the pass opens.")
    return {
        "id": qr_pass.id,
        "person_id": qr_pass.holder,
        "status": qr_pass.status,
        "status_reason": qr_pass.status_reason,
        "status_at": now,
        "issued_at": now,
        "tenancy_id": qr_pass.tenancy_id,
        "project_id": qr_pass.project_id,
        "valid_from": begins,
        "valid_until": ends,
        "entries_allowed": qr_pass.entries_allowed,
    }


def _record_issued(
    session: Session,
    kind: ChangeKind,
    credential: CredentialId,
    sites: Collection[SiteId],
    facts: dict[str, object],
    *,
    by: str,
    now: Instant,
) -> None:
    for site in sorted(sites):
        subject = f"{kind}:{credential}"
        record(session, actor=by, action=f"{kind}-issued", site=site, subject=subject, facts=facts, now=now)
    record_change(session, sites, kind, str(credential))
