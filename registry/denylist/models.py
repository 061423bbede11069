"""The tables of the deny list."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.credentials.period import in_years
from registry.ids import SiteId
from registry.store import InstantColumn
from registry.store.choices import choice
from registry.tables import Base

_IN_FORCE = text("taken_off_at IS NULL")


class DenyKind(StrEnum):
    """By what somebody or something on the list is known at a gate."""

    PLATE = "plate"
    CARD = "card"


class DeniedKey(Base):
    """A line of the deny list (布控名单). Taken off, it stays as history."""

    __tablename__ = "denied_key"
    __table_args__ = (
        Index("ix_denied_key_in_force", "kind", "key", sqlite_where=_IN_FORCE, postgresql_where=_IN_FORCE),
        CheckConstraint("words <> ''", name="words"),
        CheckConstraint("valid_until IS NULL OR valid_until > listed_at", name="period"),
        CheckConstraint(f"valid_until IS NULL OR {in_years('valid_until')}", name="years"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[DenyKind] = mapped_column(choice(DenyKind))
    key: Mapped[str] = mapped_column(String(64))
    """As the gate looks it up: a normalised plate, a card's number."""
    everywhere: Mapped[bool]
    """True: at every site, also those to come; false: at those of `sites`."""
    words: Mapped[str] = mapped_column(String(200))
    """Why, for the guard who stops it."""
    valid_until: Mapped[datetime | None] = mapped_column(InstantColumn)
    listed_at: Mapped[datetime] = mapped_column(InstantColumn)
    taken_off_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    sites: Mapped[list["DeniedSite"]] = relationship(lazy="raise", cascade="all, delete-orphan")


class DeniedSite(Base):
    """A compound at which a line of the deny list holds."""

    __tablename__ = "denied_site"

    denied_id: Mapped[UUID] = mapped_column(ForeignKey("denied_key.id"), primary_key=True)
    site: Mapped[SiteId] = mapped_column(ForeignKey("site.id"), primary_key=True, index=True)
