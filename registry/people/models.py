"""The table of people."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from registry.ids import MediaId, PersonId, SiteId, UnitId
from registry.store import InstantColumn
from registry.store.choices import choice
from registry.tables import Base


class PersonKind(StrEnum):
    """What brings a person into the compound."""

    STAFF = "staff"
    RESIDENT = "resident"
    TENANT = "tenant"
    CONTRACTOR = "contractor"
    TEMPORARY = "temporary"


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
    created_at: Mapped[datetime] = mapped_column(InstantColumn)
