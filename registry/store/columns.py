"""Column types that keep our habits in the schema."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer
from sqlalchemy.types import TypeDecorator

PositionColumn = BigInteger().with_variant(Integer(), "sqlite")
"""A number that grows as long as the store lives; SQLite counts by itself in an INTEGER only, which is as wide there."""


class InstantColumn(TypeDecorator[datetime]):
    """An aware moment in UTC, in and out; a naive one is refused where it is made, not where it hurts."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without an offset cannot be stored")
        moment = value if value.tzinfo is UTC else value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """SQLAlchemy's own two steps for SQLite as one, at a third of the time: each signal and each entry has such columns."""
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)

        # What is written in one transaction has mostly one moment.
        @lru_cache(64)
        def as_text(value: datetime | None) -> str | None:
            stored = self.process_bind_param(value, dialect)
            return None if stored is None else stored.isoformat(" ", "microseconds")

        return as_text

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
