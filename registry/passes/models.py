"""The tables of cards, QR passes and PINs."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.credentials.columns import IN_USE, CredentialColumns, one_ground
from registry.credentials.period import LATEST_OF_PASS, in_years
from registry.ids import CredentialId, GateId, LevelId, SiteId
from registry.store import InstantColumn
from registry.store.choices import choice
from registry.tables import Base


class CardFormat(StrEnum):
    """What a card's number is: its chip's UID, or what a Wiegand reader sends of it."""

    UID = "uid"
    WIEGAND_26 = "wiegand_26"
    WIEGAND_34 = "wiegand_34"


class Card(CredentialColumns, Base):
    """A card in somebody's hand. A revoked card's plastic may be given to another person, as a new row."""

    __tablename__ = "card"
    __table_args__ = (
        Index("uq_card_number", "number", unique=True, sqlite_where=IN_USE, postgresql_where=IN_USE),
        CheckConstraint("valid_from < valid_until", name="period"),
        CheckConstraint(in_years("valid_from", "valid_until"), name="years"),
        one_ground(),
    )

    number: Mapped[str] = mapped_column(String(32), index=True)
    """Digits and A-F, upper case, without separators, as readers send it."""
    format: Mapped[CardFormat] = mapped_column(choice(CardFormat))
    valid_from: Mapped[datetime] = mapped_column(InstantColumn)
    valid_until: Mapped[datetime] = mapped_column(InstantColumn, index=True)
    all_gates: Mapped[bool]
    """True: every gate of its sites, if it has no levels; false: those of `gates` only."""
    sites: Mapped[list["CardSite"]] = relationship(lazy="raise", cascade="all, delete-orphan")
    gates: Mapped[list["CardGate"]] = relationship(lazy="raise", cascade="all, delete-orphan")
    levels: Mapped[list["CardLevel"]] = relationship(lazy="raise", cascade="all, delete-orphan")


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


class CardLevel(Base):
    """An access level of a card. With levels it opens what they open, when they open it, and nothing else."""

    __tablename__ = "card_level"

    card_id: Mapped[CredentialId] = mapped_column(ForeignKey("card.id"), primary_key=True)
    level_id: Mapped[LevelId] = mapped_column(ForeignKey("access_level.id"), primary_key=True, index=True)


class QrPass(CredentialColumns, Base):
    """A pass that a phone shows or paper bears; its signed text carries the id."""

    __tablename__ = "qr_pass"
    __table_args__ = (
        CheckConstraint("valid_from < valid_until", name="period"),
        CheckConstraint(in_years("valid_from", "valid_until", latest=LATEST_OF_PASS), name="years"),
        CheckConstraint("entries_allowed > 0", name="entries"),
        one_ground(),
    )

    valid_from: Mapped[datetime] = mapped_column(InstantColumn)
    valid_until: Mapped[datetime] = mapped_column(InstantColumn, index=True)
    entries_allowed: Mapped[int | None]
    """How often it lets in, 1 for once; None: as often as one likes."""
    sites: Mapped[list["QrPassSite"]] = relationship(lazy="raise", cascade="all, delete-orphan")
    levels: Mapped[list["QrPassLevel"]] = relationship(lazy="raise", cascade="all, delete-orphan")


class QrPassSite(Base):
    """A compound that a QR pass opens."""

    __tablename__ = "qr_pass_site"

    pass_id: Mapped[CredentialId] = mapped_column(ForeignKey("qr_pass.id"), primary_key=True)
    site: Mapped[SiteId] = mapped_column(ForeignKey("site.id"), primary_key=True, index=True)


class QrPassLevel(Base):
    """An access level of a QR pass."""

    __tablename__ = "qr_pass_level"

    pass_id: Mapped[CredentialId] = mapped_column(ForeignKey("qr_pass.id"), primary_key=True)
    level_id: Mapped[LevelId] = mapped_column(ForeignKey("access_level.id"), primary_key=True, index=True)


class Pin(CredentialColumns, Base):
    """A number that somebody types at a gate. Only keyed digests of it are kept."""

    __tablename__ = "pin"
    __table_args__ = (
        Index("uq_pin_number_index", "number_index", unique=True, sqlite_where=IN_USE, postgresql_where=IN_USE),
        Index("uq_pin_duress_index", "duress_index", unique=True, sqlite_where=IN_USE, postgresql_where=IN_USE),
        CheckConstraint("valid_from < valid_until", name="period"),
        CheckConstraint(in_years("valid_from", "valid_until"), name="years"),
        one_ground(),
    )

    number_index: Mapped[bytes] = mapped_column(LargeBinary(32))
    duress_index: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Of the number typed under duress: it opens like the other, and raises a silent alarm."""
    valid_from: Mapped[datetime] = mapped_column(InstantColumn)
    valid_until: Mapped[datetime] = mapped_column(InstantColumn, index=True)
    sites: Mapped[list["PinSite"]] = relationship(lazy="raise", cascade="all, delete-orphan")
    levels: Mapped[list["PinLevel"]] = relationship(lazy="raise", cascade="all, delete-orphan")


class PinSite(Base):
    """A compound that a PIN opens."""

    __tablename__ = "pin_site"

    pin_id: Mapped[CredentialId] = mapped_column(ForeignKey("pin.id"), primary_key=True)
    site: Mapped[SiteId] = mapped_column(ForeignKey("site.id"), primary_key=True, index=True)


class PinLevel(Base):
    """An access level of a PIN."""

    __tablename__ = "pin_level"

    pin_id: Mapped[CredentialId] = mapped_column(ForeignKey("pin.id"), primary_key=True)
    level_id: Mapped[LevelId] = mapped_column(ForeignKey("access_level.id"), primary_key=True, index=True)
