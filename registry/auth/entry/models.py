"""Sign-ins that are under way, and passwords that somebody else chose."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from registry.auth.entry.rules import Way
from registry.store.choices import choice
from registry.store.columns import InstantColumn
from registry.tables import Base


class PendingRow(Base):
    """A sign-in of which something is still missing. It opens nothing: no session is found by its token.

    `digest` is SHA-256 of the cookie's token, which is stored nowhere.
    """

    __tablename__ = "pending_sign_ins"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    way: Mapped[Way] = mapped_column(choice(Way))
    is_code_given: Mapped[bool]
    ends_at: Mapped[datetime] = mapped_column(InstantColumn, index=True)


class TemporaryPasswordRow(Base):
    """This user's password was set by somebody else; the user chooses one of their own at the next sign-in."""

    __tablename__ = "temporary_passwords"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    set_at: Mapped[datetime] = mapped_column(InstantColumn)
