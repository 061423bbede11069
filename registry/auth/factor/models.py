"""The secret that somebody's app shares with us, and the codes for when it is lost."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from registry.store.columns import InstantColumn
from registry.tables import Base


class FactorRow(Base):
    """Somebody's second factor. It counts from the moment that a first code proved it.

    `sealed`: the secret, encrypted for this user with a key that is not in the database. `last_step`: the 30 seconds of
    the newest code that was used; neither it nor an older one is taken again.
    """

    __tablename__ = "second_factors"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(InstantColumn)
    confirmed_at: Mapped[datetime | None] = mapped_column(InstantColumn)
    last_step: Mapped[int | None] = mapped_column(BigInteger)


class RecoveryCodeRow(Base):
    """A code on paper that stands in once for the app. `digest`: keyed, for it is short enough to be tried out."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("second_factors.user_id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    used_at: Mapped[datetime | None] = mapped_column(InstantColumn)
