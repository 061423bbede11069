"""A real PostgreSQL for the tests: one that `DAYUAN_TEST_POSTGRES` names, else a scratch server from Debian's binaries."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from registry.store import Room, Store
from tests.ports import free_port

_START_SECONDS = 30.0
_ENDED_WITH_US = ("setpriv", "--pdeathsig", "INT")


class NoPostgres(Exception):
    """There is none on this machine; the sentence says what was looked for."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a database was made with; one that a test is done with is emptied and serves the next."""

    room: Room
    make_tables: Callable[[Store], object]


@dataclass(slots=True)
class Postgres:
    """A server in which tests borrow databases."""

    admin: URL
    _lent: dict[str, _Kind | None] = field(default_factory=dict)
    _free: dict[_Kind, list[str]] = field(default_factory=dict)

    def empty(self, *, encoding: str = "UTF8") -> str:
        """The URL of a new database with nothing in it."""
        name = f"dayuan_test_{os.getpid()}_{len(self._lent)}"
        locale = "C.UTF-8" if encoding == "UTF8" else "C"
        self._say(f"CREATE DATABASE {{}} TEMPLATE template0 ENCODING '{encoding}' LOCALE '{locale}'", name)
        url = self.admin.set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)
        self._lent[url] = None
        return url

    def with_tables(self, room: Room, make_tables: Callable[[Store], object]) -> str:
        """The URL of a database with the tables of the room, as `make_tables` makes them, and no rows."""
        kind = _Kind(room, make_tables)
        if self._free.get(kind):
            return self._free[kind].pop()
        url = self.empty()
        store = Store.open(room, url)
        make_tables(store)
        store.close()
        self._lent[url] = kind
        return url

    def give_back(self, url: str) -> None:
        """Say that a test is done with a database."""
        kind = self._lent[url]
        if kind is None:
            self._say("DROP DATABASE {} WITH (FORCE)", str(make_url(url).database))
            return
        with self._connected(make_url(url)) as connection, connection.transaction():
            for table in reversed(kind.room.base.metadata.sorted_tables):
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(kind.room.name, table.name)))
            connection.execute("SELECT setval(seqrelid, seqstart, false) FROM pg_sequence")
        self._free.setdefault(kind, []).append(url)

    def _say(self, statement: str, name: str) -> None:
        with self._connected(self.admin) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))

    def _connected(self, url: URL) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True)


@contextmanager
def a_postgres() -> Iterator[Postgres]:
    """Give a server for as long as the block lasts.

    Raises:
        NoPostgres: none is named, and none can be started here.

    """
    named = os.environ.get("DAYUAN_TEST_POSTGRES")
    if named is not None:
        yield Postgres(make_url(named))
        return
    with Server.started() as server:
        yield Postgres(server.admin)


@dataclass(slots=True)
class Server:
    """A scratch server from Debian's binaries that can be ended and started again."""

    folder: Path
    host: str
    port: int
    _process: "subprocess.Popen[bytes] | None" = None

    @classmethod
    @contextmanager
    def started(cls, host: str = "127.0.0.1") -> Iterator[Self]:
        """A running server with nothing in it, for as long as the block lasts; `host`: one more address where it listens.

        Raises:
            NoPostgres: none can be started here.
        """
        binaries, folder = _binaries(), Path(tempfile.mkdtemp(prefix="dayuan-postgres-"))
        server = cls(folder, host, free_port())
        try:
            password = folder / "password"
            password.write_text("secret")
            account = _account()
            if account is not None:
                for path in (folder, password):
                    os.chown(path, account.pw_uid, account.pw_gid)
            initial = [
                "--username=postgres",
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--no-sync",
            ]
            make = [str(binaries / "initdb"), f"--pgdata={folder}/data", "--locale=C.UTF-8", *initial]
            subprocess.run(make, check=True, capture_output=True, **_owner(folder))
            with (folder / "data" / "pg_hba.conf").open("a") as rights:
                rights.write(f"host all all {host}/24 scram-sha-256\n")
            server.start()
            yield server
        finally:
            server.stop()
            shutil.rmtree(folder)

    @property
    def admin(self) -> URL:
        return URL.create("postgresql", "postgres", "secret", self.host, self.port, "postgres")

    @property
    def url(self) -> str:
        """The server's first database, as a store's URL."""
        return self.admin.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)

    def start(self) -> None:
        """Start it on the rows that it has, and wait until it answers."""
        settings = {
            "port": self.port,
            "listen_addresses": f"127.0.0.1,{self.host}",
            "unix_socket_directories": self.folder,
            "max_connections": 200,
            "fsync": "off",  # no test cuts the power of the whole machine
            "full_page_writes": "off",
        }
        run = [str(_binaries() / "postgres"), "-D", f"{self.folder}/data"]
        run += [f"--{name}={each}" for name, each in settings.items()]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_ENDED_WITH_US, *run], stdout=log, stderr=subprocess.STDOUT, **_owner(self.folder)
            )
        _wait_until_it_answers(self._process, self.port, self.folder / "log")

    def stop(self) -> None:
        """End it now, whoever is connected."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(_START_SECONDS)
            self._process = None


def _owner(folder: Path) -> dict[str, Any]:
    """Under whose account, and where, a program of the server runs."""
    account = _account()
    if account is None:
        return {"cwd": folder}
    return {"cwd": folder, "user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _binaries() -> Path:
    """Where `initdb` and `postgres` lie; Debian keeps them out of PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: float(file.parts[4]))
    on_path = shutil.which("initdb")
    binary = found[-1] if found else Path(on_path) if on_path else None
    if binary is None or shutil.which("setpriv") is None:
        raise NoPostgres("there is no PostgreSQL here; install Debian's postgresql, or name one: DAYUAN_TEST_POSTGRES")
    return binary.parent


def _account() -> pwd.struct_passwd | None:
    """Under whose account the server runs; it refuses root's. None: our own."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        raise NoPostgres("root may not run PostgreSQL, and there is no user postgres") from None


def _wait_until_it_answers(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    pause = threading.Event()
    for _ in range(int(_START_SECONDS / 0.05)):
        try:
            psycopg.connect(host="127.0.0.1", port=port, user="postgres", password="secret", dbname="postgres").close()
        except psycopg.OperationalError:
            assert server.poll() is None, log.read_text()
            pause.wait(0.05)
        else:
            return
    raise AssertionError(log.read_text())
