"""The columns of a room's audit chain."""

from datetime import datetime

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from registry.store.columns import InstantColumn, PositionColumn


class AuditColumns:
    """One act of one person, chained to the act before it in the same room and site.

    `digest` covers every column but `personal`, which holds the values behind the commitments in `facts` and may be
    erased. `previous` is unique, so that a chain cannot fork.
    """

    position: Mapped[int] = mapped_column(PositionColumn, primary_key=True, autoincrement=True)
    site: Mapped[str] = mapped_column(String(40), index=True)
    at: Mapped[datetime] = mapped_column(InstantColumn)
    actor: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(200))
    facts: Mapped[str] = mapped_column(Text)
    personal: Mapped[str | None] = mapped_column(Text)
    previous: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
