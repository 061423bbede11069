"""The marks of a house."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from registry.tables import Base


class MarkRow(Base):
    """Something that belongs to the house: a key by its fingerprint, or the store of a room. Written once."""

    __tablename__ = "mark"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    mark: Mapped[str] = mapped_column(String(64))
