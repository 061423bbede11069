"""What an error of the database means for whoever met it."""

from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
    StatementError,
    TimeoutError,  # noqa: A004 - SQLAlchemy's own: no connection came free
)


class Fenced(SQLAlchemyError):
    """Another process may write here now, and this one may not: nothing of what it wanted to write is kept."""


UNAVAILABLE = (OperationalError, InterfaceError, InternalError, ProgrammingError, TimeoutError, Fenced)
"""The store itself is away, full, locked, may only be read, lacks a table, or is not ours to write now: what was asked of it
may be asked again later."""
_MADE_AGAIN = frozenset({"40001", "40P01"})
"""PostgreSQL: the transaction could not be put in an order with the others; two waited for each other."""


def is_of_a_value(error: SQLAlchemyError) -> bool:
    """Whether a value that the store does not take made the statement fail, and not the store itself."""
    if isinstance(error, DBAPIError):
        return isinstance(error, DataError | IntegrityError)
    return isinstance(error, StatementError)


def is_overtaken(error: SQLAlchemyError) -> bool:
    """Whether somebody else was faster: the same transaction, made again, sees what they did."""
    if isinstance(error, OperationalError):
        return getattr(error.orig, "sqlstate", None) in _MADE_AGAIN
    return isinstance(error, IntegrityError)
