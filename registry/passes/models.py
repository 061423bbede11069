"""The tables of cards and QR passes."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.credentials.columns import CredentialColumns
from registry.credentials.period import LATEST_OF_PASS, in_years
from registry.ids import CredentialId, GateId, SiteId
from registry.store import InstantColumn
from registry.tables import Base

_NOT_REVOKED = text("status <> 'revoked'")


class Card(CredentialColumns, Base):
    """A card in somebody's hand. A revoked card's plastic may be given to another person, as a new row."""

    __tablename__ = "card"
    __table_args__ = (
        Index("uq_card_number", "number", unique=True, sqlite_where=_NOT_REVOKED, postgresql_where=_NOT_REVOKED),
        CheckConstraint("valid_from < valid_until", name="period"),
        CheckConstraint(in_years("valid_from", "valid_until"), name="years"),
    )

    number: Mapped[str] = mapped_column(String(32), index=True)
    """Digits and A-F, upper case, without separators, as readers send it."""
    valid_from: Mapped[datetime] = mapped_column(InstantColumn)
    valid_until: Mapped[datetime] = mapped_column(InstantColumn, index=True)
    all_gates: Mapped[bool]
    """True: every gate of its sites; false: those of `gates` only."""
    sites: Mapped[list["CardSite"]] = relationship(lazy="raise", cascade="all, delete-orphan")
    gates: Mapped[list["CardGate"]] = relationship(lazy="raise", cascade="all, delete-orphan")


class CardSite(Base):
    """A compound that a card opens."""

    __tablename__ = "card_site"

    card_id: Mapped[CredentialId] = mapped_column(ForeignKey("card.id"), primary_key=True)
    site: Mapped[SiteId] = mapped_column(ForeignKey("site.id"), primary_key=True, index=True)


class CardGate(Base):
    """A gate that a card opens, where it does not open all."""

    __tablename__ = "card_gate"

    card_id: Mapped[CredentialId] = mapped_column(ForeignKey("card.id"), primary_key=True)
    gate: Mapped[GateId] = mapped_column(ForeignKey("gate.id"), primary_key=True)


class QrPass(CredentialColumns, Base):
    """A pass that a phone shows or paper bears; its signed text carries the id."""

    __tablename__ = "qr_pass"
    __table_args__ = (
        CheckConstraint("valid_from < valid_until", name="period"),
        CheckConstraint(in_years("valid_from", "valid_until", latest=LATEST_OF_PASS), name="years"),
    )

    valid_from: Mapped[datetime] = mapped_column(InstantColumn)
    valid_until: Mapped[datetime] = mapped_column(InstantColumn, index=True)
    sites: Mapped[list["QrPassSite"]] = relationship(lazy="raise", cascade="all, delete-orphan")


class QrPassSite(Base):
    """A compound that a QR pass opens."""

    __tablename__ = "qr_pass_site"

    pass_id: Mapped[CredentialId] = mapped_column(ForeignKey("qr_pass.id"), primary_key=True)
    site: Mapped[SiteId] = mapped_column(ForeignKey("site.id"), primary_key=True, index=True)
