"""Stores on PostgreSQL: one database, a schema for each room."""

import hashlib
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, OperationalError

from registry.problems import Refusal

_IN_SESSION = {
    "lock_timeout": "5s",  # a gate and a batch of signals wait no longer for what another transaction holds
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",  # a writer that stands still gives up its turn
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "25s",  # and so does one whose network was cut
    "jit": "off",  # compiling a search takes longer than making it: 6 of 8 ms
}
_IN_CLIENT = {
    "client_encoding": "utf8",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
_POOL = {"pool_size": 4, "max_overflow": 12, "pool_timeout": 10, "pool_pre_ping": True}
"""Of each room in each process; the web process of three rooms has 48 connections at most, of the 100 of a new server."""
_TURN = "30s"
"""How long a writer waits for its turn; as SQLite's busy_timeout."""
_NO_RIGHT = "42501"
_NOT_LET_IN = "password authentication failed"


def engine_of(room: str, url: str) -> Engine:
    """Prepare the connections of a room's store: its schema alone, limits on waiting, and one writer at a time.

    Whoever begins to write waits for its turn, as on SQLite; `turn="beside"` does not, `turn="reader"` cannot write.
    """
    address = make_url(url)
    settings = {"search_path": room, **_IN_SESSION}
    options = " ".join([_given_options(address), *(f"-c {name}={value}" for name, value in settings.items())])
    engine = create_engine(
        address,
        hide_parameters=True,
        connect_args={**_IN_CLIENT, "options": options.strip(), "application_name": f"dayuan-{room}"},
        **_POOL,
    )
    turn = lock_number("turn", room)

    @event.listens_for(engine, "begin")
    def begun(connection: Any) -> None:
        if connection.get_execution_options().get("turn", "writer") == "writer":
            connection.exec_driver_sql(
                f"SELECT set_config('lock_timeout', '{_TURN}', true), pg_advisory_xact_lock({turn})"
            )

    @event.listens_for(engine, "handle_error")
    def met(context: ExceptionContext) -> None:
        for error in (context.original_exception, context.sqlalchemy_exception):
            without_values(error)

    return engine


def without_values(error: BaseException | None) -> None:
    """Keep the first line of what the server says: the others hold the row, and with it plates, names and phones."""
    if isinstance(error, DBAPIError | psycopg.Error) and error.args:
        error.args = (str(error.args[0]).partition("\n")[0], *error.args[1:])


def lock_number(*names: str) -> int:
    """The number of an advisory lock, which is a signed one of 64 bits."""
    return int.from_bytes(hashlib.sha256("\x1f".join(names).encode()).digest()[:8], signed=True)


def where(engine: Engine) -> str:
    """Which database it is, as `host:port/name`, without user and password."""
    return engine.url.render_as_string(hide_password=True).partition("://")[2].rpartition("@")[2].partition("?")[0]


def reach(engine: Engine, room: str) -> None:
    """Connect once.

    Raises:
        Refusal: the database does not answer, lets us not in, or is not in Unicode.

    """
    where_it_is = where(engine)
    try:
        with engine.connect() as connection:
            encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    except OperationalError as error:
        raise Refusal(_why(where_it_is, str(error.orig))) from None
    if encoding != "UTF8":
        raise Refusal(f"The database {where_it_is} keeps text as {encoding}. Make one with ENCODING 'UTF8' for {room}.")


def make_schema(connection: Connection, room: str) -> None:
    """Make the schema of a room where there is none.

    Raises:
        Refusal: the user of the store's URL may not.

    """
    if connection.exec_driver_sql(f"SELECT to_regnamespace('{room}')").scalar_one() is not None:
        return
    try:
        connection.exec_driver_sql(f"CREATE SCHEMA {room}")
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _NO_RIGHT:
            raise Refusal(
                f"The database's user may not make the schema {room}. Make it for that user, or grant CREATE."
            ) from None
        raise


def _given_options(url: URL) -> str:
    given = url.query.get("options", ())
    return given if isinstance(given, str) else " ".join(given)


def _why(where: str, said: str) -> str:
    """What the client library says of a connection that failed, in one sentence; it never holds the password."""
    reason = said.partition("\n")[0].rpartition("failed: ")[2].rpartition("FATAL:")[2].strip()
    if reason.startswith(_NOT_LET_IN):
        return f"The database {where} refuses this user and password. Correct store_url (DAYUAN_STORE_URL, --store-url or --config)."
    if reason.endswith("does not exist"):
        return f"The database {where} cannot be used: {reason}. Make it (docs/services.md), or correct store_url."
    return f"The database {where} cannot be used: {reason}. Start it, or correct store_url (DAYUAN_STORE_URL, --store-url or --config)."
