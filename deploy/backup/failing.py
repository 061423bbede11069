"""What the disk or a database had against a backup or a restore, in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Error as SqliteError

from psycopg import Error as PostgresError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from registry.problems import Refusal


@contextmanager
def in_plain_words(what: str) -> Iterator[None]:
    """Say that `what` failed, and why; no row's value stands in it.

    Raises:
        Refusal: it did.

    """
    try:
        yield
    except (OSError, SqliteError, PostgresError, SQLAlchemyError) as error:
        raise Refusal(f"The {what} failed, and nothing of it was kept: {_why(error)}.") from None


def _why(error: Exception) -> str:
    match error:
        case DBAPIError() if isinstance(error.orig, Exception):
            return _why(error.orig)
        case OSError():
            return error.strerror or type(error).__name__
        case SqliteError():
            return str(error)
        case PostgresError():  # its words may hold a row
            return f"the database says {type(error).__name__}"
        case _:
            return type(error).__name__
