"""As whom the provider knows our users."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.store.columns import InstantColumn
from registry.tables import Base


class OutsideIdentityRow(Base):
    """A user of ours and the account at a provider that signs in as them, linked at the first time.

    `subject` is the provider's own, unchanging name of the account, which a change of names does not move.
    """

    __tablename__ = "outside_identities"
    __table_args__ = (UniqueConstraint("user_id", "issuer"),)

    issuer: Mapped[str] = mapped_column(String(300), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    linked_at: Mapped[datetime] = mapped_column(InstantColumn)
