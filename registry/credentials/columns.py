"""The columns that every credential has."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Uuid, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from registry.access.facts import CredentialStatus
from registry.credentials.rules import OUT_OF_USE
from registry.ids import CredentialId, PersonId, ProjectId, TenancyId
from registry.store import InstantColumn
from registry.store.choices import choice


class CredentialColumns:
    """Whose it is, and what the registry says of it now, since when, and why."""

    __tablename__: str

    id: Mapped[CredentialId] = mapped_column(Uuid, primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)
    status: Mapped[CredentialStatus] = mapped_column(choice(CredentialStatus), index=True)
    status_reason: Mapped[str | None] = mapped_column(String(200))
    status_at: Mapped[datetime] = mapped_column(InstantColumn)
    issued_at: Mapped[datetime] = mapped_column(InstantColumn)
    tenancy_id: Mapped[TenancyId | None] = mapped_column(ForeignKey("tenancy.id"), index=True)
    """The tenancy on which it rests and which it cannot outlive; at most one of this and `project_id`."""
    project_id: Mapped[ProjectId | None] = mapped_column(ForeignKey("project.id"), index=True)
    """The project on which it rests."""

    @declared_attr
    @classmethod
    def replaces_id(cls) -> Mapped[CredentialId | None]:
        """The lost one in whose place it was made, of the same kind."""
        return mapped_column(ForeignKey(f"{cls.__tablename__}.id"), unique=True)


IN_USE = text(f"status NOT IN ({', '.join(repr(str(status)) for status in OUT_OF_USE)})")
"""Rows whose plate or number nobody else can have meanwhile."""


def one_ground() -> CheckConstraint:
    """A credential rests on one thing at most; for each table its own."""
    return CheckConstraint("tenancy_id IS NULL OR project_id IS NULL", name="one_ground")
