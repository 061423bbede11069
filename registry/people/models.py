"""The tables of people, what they are here as, their documents, and by what they are found."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from registry.ids import MediaId, PersonId, SiteId, UnitId
from registry.store import InstantColumn
from registry.store.choices import choice
from registry.tables import Base

BY_CODE_POINT = String(64).with_variant(String(64, collation="C"), "postgresql")
"""A text whose order is that of its characters' numbers, in both kinds of store, so that a prefix is a range."""


class PersonKind(StrEnum):
    """What brings a person into the compound."""

    STAFF = "staff"
    RESIDENT = "resident"
    TENANT = "tenant"
    """Lives here for a while, away from the registered residence (暂住人员)."""
    CONTRACTOR = "contractor"
    TEMPORARY = "temporary"
    """Works here for a while, for no contractor (临时用工)."""
    VISITOR = "visitor"
    HOUSEHOLD = "household"
    """A member of a resident's household."""


class DocumentKind(StrEnum):
    """What a document beside the resident's ID card is."""

    RESIDENCE_PERMIT = "residence_permit"
    """港澳台居民居住证."""
    FOREIGN_RESIDENCE = "foreign_residence"
    """外国人永久居留身份证."""
    HOME_RETURN = "home_return"
    """港澳居民来往内地通行证 (回乡证)."""
    TAIWAN_COMPATRIOT = "taiwan_compatriot"
    """台湾居民来往大陆通行证 (台胞证)."""
    PASSPORT = "passport"


class Person(Base):
    """Somebody whom the registry knows. The site is the compound that keeps the file."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("(id_number_sealed IS NULL) = (id_number_index IS NULL)", name="id_number_whole"),
        CheckConstraint("name <> ''", name="named"),
    )

    id: Mapped[PersonId] = mapped_column(Uuid, primary_key=True)
    site: Mapped[SiteId] = mapped_column(ForeignKey("site.id"), index=True)
    name: Mapped[str] = mapped_column(String(80), index=True)
    kind: Mapped[PersonKind] = mapped_column(choice(PersonKind))
    unit_id: Mapped[UnitId | None] = mapped_column(ForeignKey("unit.id"), index=True)
    phone: Mapped[str | None] = mapped_column(String(20), index=True)
    id_number_sealed: Mapped[bytes | None] = mapped_column(LargeBinary(64))
    """AES-GCM: nonce and sealed number; see `registry.people.identity`."""
    id_number_index: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    """Keyed digest by which a number is found without opening any."""
    photo: Mapped[MediaId | None] = mapped_column(Uuid)
    """A picture of the same site, which guards see beside the name."""
    note: Mapped[str | None] = mapped_column(String(300))
    merged_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    """When it was found to be a second file of somebody and went into the other; None: it is a file of its own."""
    created_at: Mapped[datetime] = mapped_column(InstantColumn)


class GateRights(Base):
    """What the gates ask of somebody beside credentials. Who has no row has no clearance, and needs nobody."""

    __tablename__ = "gate_rights"
    __table_args__ = (
        CheckConstraint("clearance BETWEEN 0 AND 5", name="clearance"),
        CheckConstraint("NOT (may_escort AND needs_escort)", name="escort"),
    )

    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), primary_key=True)
    clearance: Mapped[int]
    """Up to which threat level the gates open; with 5 also in a lockdown."""
    first_person: Mapped[bool]
    """May open an area for the day, where nobody comes in before such a person."""
    may_escort: Mapped[bool]
    needs_escort: Mapped[bool]
    """Comes in only after somebody who may escort, at the same gate."""


class TieKind(StrEnum):
    """What somebody is to another person."""

    HOST = "host"
    """The other is whom a visitor or temporary worker comes for."""
    HOUSEHOLD = "household"
    """The other is the head of the household."""


class PersonTie(Base):
    """Somebody's host, or the head of their household."""

    __tablename__ = "person_tie"
    __table_args__ = (CheckConstraint("person_id <> other_id", name="two_people"),)

    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), primary_key=True)
    kind: Mapped[TieKind] = mapped_column(choice(TieKind), primary_key=True)
    other_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)
    relation: Mapped[str | None] = mapped_column(String(20))
    """To the head of the household: 配偶, 子女…"""


class PersonRole(Base):
    """What somebody was here as, and for how long; one person has many over time."""

    __tablename__ = "person_role"
    __table_args__ = (CheckConstraint("first_day < end_day", name="period"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[PersonKind] = mapped_column(choice(PersonKind))
    unit_id: Mapped[UnitId | None] = mapped_column(ForeignKey("unit.id"), index=True)
    first_day: Mapped[date]
    end_day: Mapped[date | None]
    """The first day on which it is over; None: until somebody ends it."""
    words: Mapped[str | None] = mapped_column(String(120))


class PersonDocument(Base):
    """A document that is no resident's ID card; its kind is part of its key."""

    __tablename__ = "person_document"
    __table_args__ = (UniqueConstraint("kind", "number_index"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[DocumentKind] = mapped_column(choice(DocumentKind))
    number_sealed: Mapped[bytes] = mapped_column(LargeBinary(64))
    number_index: Mapped[bytes] = mapped_column(LargeBinary(32))


class PersonToken(Base):
    """What a person is found by: ends of the name, its pinyin and initials, the phone, plates; see `registry.people.search`."""

    __tablename__ = "person_token"
    __table_args__ = (Index(None, "person_id", "token"),)

    token: Mapped[str] = mapped_column(BY_CODE_POINT, primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), primary_key=True)


class PersonMerge(Base):
    """Two files of one person that were made one, and what moved, so that it can be undone."""

    __tablename__ = "person_merge"
    __table_args__ = (CheckConstraint("kept_id <> gone_id", name="two_files"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    kept_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)
    gone_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)
    moved: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(InstantColumn)
    undone_by: Mapped[str | None] = mapped_column(String(120))
    undone_at: Mapped[datetime | None] = mapped_column(InstantColumn)
