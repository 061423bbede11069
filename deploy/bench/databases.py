"""Empty databases for a benchmark: a file, or a database of its own on a server, dropped afterwards. No store in use is touched."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from registry.problems import Refusal


def file_url(folder: Path) -> str:
    """A file that is not there yet."""
    return f"sqlite:///{folder / 'bench.db'}"


@contextmanager
def a_database(server_url: str) -> Iterator[str]:
    """The URL of a new database on the server that this URL leads to.

    Raises:
        Refusal: it cannot be made there.

    """
    name = f"dayuan_bench_{secrets.token_hex(6)}"
    engine = create_engine(make_url(server_url), isolation_level="AUTOCOMMIT", hide_parameters=True)
    try:
        try:
            with engine.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
        except DBAPIError as error:
            why = str(error.orig).partition("\n")[0]
            raise Refusal(f"No database can be made for the benchmark: {why}") from None
        try:
            yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
        finally:
            with engine.connect() as connection:
                connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        engine.dispose()
