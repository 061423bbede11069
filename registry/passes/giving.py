"""Giving a card, QR pass or PIN other access levels; every gate keeps the new hours in a moment."""

from collections.abc import Collection
from typing import Any

from sqlalchemy.orm import Session

from registry.audit.chain import record
from registry.clock import Instant
from registry.credentials.service import OpensFurther
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change
from registry.ids import CredentialId, LevelId, SiteId
from registry.levels.queries import require_levels
from registry.passes import pins, queries
from registry.passes.models import Card, CardLevel, Pin, PinLevel, QrPass, QrPassLevel

Levelled = Card | QrPass | Pin
_ROWS: dict[type[Levelled], tuple[ChangeKind, Any]] = {
    Card: (ChangeKind.CARD, CardLevel),
    QrPass: (ChangeKind.QR, QrPassLevel),
    Pin: (ChangeKind.PIN, PinLevel),
}


def give_levels(
    session: Session,
    table: type[Levelled],
    credential_id: CredentialId,
    levels: Collection[LevelId],
    *,
    within: Collection[SiteId],
    by: str,
    now: Instant,
) -> Levelled:
    """Let a credential have these levels and no others; with none it opens every gate of its sites at any hour.

    Raises:
        OpensFurther: it opens sites that are not `within`, those for which whoever does it answers.
        NoSuchLevel: one is of no site that it opens.

    """
    found = _found(session, table, credential_id, within)
    sites = [each.site for each in found.sites]
    if not set(sites) <= set(within):
        raise OpensFurther("It opens sites that you do not answer for: ask somebody who answers for all of them.")
    require_levels(session, levels, sites)
    kind, row = _ROWS[table]
    before = sorted(str(each.level_id) for each in found.levels)
    kept = [each for each in found.levels if each.level_id in levels]
    new = sorted(set(levels) - {each.level_id for each in kept})
    found.levels = [*kept, *(row(level_id=level) for level in new)]
    facts = {"levels": sorted(map(str, levels)), "levels_before": before}
    for site in sorted(sites):
        subject = f"{kind}:{credential_id}"
        record(session, actor=by, action=f"{kind}-levels-given", site=site, subject=subject, facts=facts, now=now)
    session.flush()
    record_change(session, sites, kind, str(credential_id))
    return found


def _found(
    session: Session, table: type[Levelled], credential_id: CredentialId, within: Collection[SiteId]
) -> Levelled:
    if table is Card:
        return queries.card(session, credential_id, within).card
    if table is QrPass:
        return queries.qr_pass(session, credential_id, within)
    return pins.pin(session, credential_id, within)
