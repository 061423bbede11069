"""The columns that every credential has."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from registry.access.facts import CredentialStatus
from registry.ids import CredentialId, PersonId
from registry.store import InstantColumn
from registry.store.choices import choice


class CredentialColumns:
    """Whose it is, and what the registry says of it now, since when, and why."""

    id: Mapped[CredentialId] = mapped_column(Uuid, primary_key=True)
    person_id: Mapped[PersonId] = mapped_column(ForeignKey("person.id"), index=True)
    status: Mapped[CredentialStatus] = mapped_column(choice(CredentialStatus), index=True)
    status_reason: Mapped[str | None] = mapped_column(String(200))
    status_at: Mapped[datetime] = mapped_column(InstantColumn)
    issued_at: Mapped[datetime] = mapped_column(InstantColumn)
