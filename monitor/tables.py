"""The monitor's tables: their common base."""

from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Every table of the monitor's store."""
