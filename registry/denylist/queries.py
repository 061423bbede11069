"""Reading the deny list."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, selectinload

from registry.clock import Instant
from registry.denylist.models import DeniedKey, DeniedSite, DenyKind
from registry.ids import SiteId
from registry.passes.rules import parse_card_number
from registry.plates.grammar import normalised
from registry.problems import NotFound


class NoSuchDenial(NotFound):
    slug = "no-such-denial"
    title = "There is no such line on the deny list here"


def denied_key(session: Session, denied_id: UUID, sites: Collection[SiteId]) -> DeniedKey:
    """One line that holds at one of these sites."""
    found = session.scalars(_visible(sites).where(DeniedKey.id == denied_id)).one_or_none()
    if found is None:
        raise NoSuchDenial("There is no such line on the deny list of your sites.")
    return found


def denied_keys(
    session: Session,
    sites: Collection[SiteId],
    *,
    words: str = "",
    with_history: bool = False,
    after: UUID | None = None,
    limit: int,
) -> Sequence[DeniedKey]:
    """Lines by key or words, the newest first; `with_history` also those that were taken off."""
    rows = _visible(sites)
    if words:
        keys = {normalised(words), parse_card_number(words) or ""} - {""}
        rows = rows.where(
            or_(
                *(DeniedKey.key.contains(key, autoescape=True) for key in sorted(keys)),
                DeniedKey.words.icontains(words, autoescape=True),
            )
        )
    if not with_history:
        rows = rows.where(DeniedKey.taken_off_at.is_(None))
    if after is not None:
        rows = rows.where(DeniedKey.id < after)
    return session.scalars(rows.order_by(DeniedKey.id.desc()).limit(limit)).all()


def in_force(sites: Collection[SiteId], now: Instant) -> Select[DeniedKey]:
    """The lines that hold now at one of these sites."""
    return _visible(sites).where(
        DeniedKey.taken_off_at.is_(None), or_(DeniedKey.valid_until.is_(None), DeniedKey.valid_until > now)
    )


def same_line(session: Session, kind: DenyKind, key: str, now: Instant) -> Sequence[DeniedKey]:
    """Lines in force for this key, wherever they hold."""
    return session.scalars(
        select(DeniedKey)
        .where(
            DeniedKey.kind == kind,
            DeniedKey.key == key,
            DeniedKey.taken_off_at.is_(None),
            or_(DeniedKey.valid_until.is_(None), DeniedKey.valid_until > now),
        )
        .options(selectinload(DeniedKey.sites))
    ).all()


def _visible(sites: Collection[SiteId]) -> Select[DeniedKey]:
    return (
        select(DeniedKey)
        .where(or_(DeniedKey.everywhere, DeniedKey.sites.any(DeniedSite.site.in_(sites))))
        .options(selectinload(DeniedKey.sites))
    )
