"""What a store on PostgreSQL does beyond one in a file: limits, turns, and plain words when the database is not there."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from sqlalchemy import func, make_url, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from registry.feed.models import FeedCounter
from registry.ids import SiteId
from registry.problems import Refusal
from registry.room import ROOM
from registry.store import Store
from registry.store.faults import is_of_a_value, is_overtaken
from registry.store.locks import hold
from registry.store.migrating import migrate
from registry.store.prepared import Prepared
from tests.fakes.clock import NOON
from tests.postgres import Postgres


@pytest.fixture
def database() -> str:
    return "postgresql"


@pytest.fixture
def store(registry_store: Store) -> Store:
    return registry_store


def refusal(url: str) -> str:
    store = Store.open(ROOM, url)
    with pytest.raises(Refusal) as refused:
        migrate(store)
    store.close()
    return str(refused.value)


def counters(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(FeedCounter)) or 0


def test_a_room_sees_its_own_schema_and_nobody_waits_for_ever(store: Store) -> None:
    with store.read() as session:
        said = {
            name: session.scalar(select(func.current_setting(name)))
            for name in ("search_path", "lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
        }
    assert said == {
        "search_path": "registry",
        "lock_timeout": "5s",
        "statement_timeout": "1min",
        "idle_in_transaction_session_timeout": "1min",
    }


def test_what_the_url_itself_sets_is_kept(store: Store) -> None:
    url = make_url(store.engine.url).update_query_dict({"options": "-c work_mem=2MB"})
    other = Store.open(ROOM, url.render_as_string(hide_password=False))
    with other.read() as session:
        assert session.scalar(select(func.current_setting("work_mem"))) == "2MB"
        assert session.scalar(select(func.current_setting("search_path"))) == "registry"
    other.close()


def test_nothing_is_written_while_reading(store: Store) -> None:
    with pytest.raises(Exception, match="read-only"), store.read() as session:
        session.execute(text("DELETE FROM feed_change"))


def test_a_writer_waits_for_its_turn_and_one_beside_does_not(store: Store) -> None:
    def write(begin: Callable[..., object], name: str) -> None:
        with begin(NOON) as work:  # type: ignore[attr-defined]  # a context manager of either kind
            work.session.add(FeedCounter(site=SiteId(name), version=0, register_version=0))

    with ThreadPoolExecutor(2) as pool:
        with store.begin(NOON) as work:
            work.session.connection()
            pool.submit(write, store.begin_beside, "oc1").result(10)
            other = pool.submit(write, store.begin, "oc2")
            assert counters(store) == 1
            assert not other.done()
        other.result(10)
    assert counters(store) == 2


def test_a_lock_of_a_name_is_held_until_the_transaction_ends(store: Store) -> None:
    def take(name: str) -> None:
        with store.begin_beside(NOON) as work:
            hold(work.session, name)

    with ThreadPoolExecutor(2) as pool:
        with store.begin_beside(NOON) as work:
            hold(work.session, "a")
            pool.submit(take, "b").result(10)
            same = pool.submit(take, "a")
            work.session.execute(select(func.pg_sleep(0.1)))
            assert not same.done()
        same.result(10)


def test_a_store_whose_connections_were_cut_goes_on(store: Store, postgres: Postgres) -> None:
    assert counters(store) == 0
    with psycopg.connect(postgres.admin.render_as_string(hide_password=False), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [store.engine.url.database]
        )
    assert counters(store) == 0


def test_a_database_that_is_not_there_is_named_and_its_password_is_not(postgres: Postgres) -> None:
    url = postgres.admin.set(drivername="postgresql+psycopg", password="pass w0rd")
    gone = refusal(url.set(port=1).render_as_string(hide_password=False))
    assert (
        gone == "The database 127.0.0.1:1/postgres cannot be used: Connection refused. "
        "Start it, or correct store_url (DAYUAN_STORE_URL, --store-url or --config)."
    )
    wrong = refusal(url.render_as_string(hide_password=False))
    address = f"{url.host}:{url.port}/{url.database}"
    assert wrong == (
        f"The database {address} refuses this user and password. Correct store_url (DAYUAN_STORE_URL, --store-url or --config)."
    )
    missing = refusal(url.set(password=postgres.admin.password, database="nix").render_as_string(hide_password=False))
    assert 'database "nix" does not exist' in missing


def test_a_database_that_is_not_in_unicode_is_refused(postgres: Postgres) -> None:
    url = postgres.empty(encoding="SQL_ASCII")
    assert "ENCODING 'UTF8'" in refusal(url)
    postgres.give_back(url)


def test_a_user_who_may_not_make_a_schema_is_told_which(postgres: Postgres) -> None:
    url = postgres.empty()
    with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)) as admin:
        admin.execute("CREATE ROLE lodger LOGIN PASSWORD 'lodger'")
    lodger = make_url(url).set(username="lodger", password="lodger")
    said = refusal(lodger.render_as_string(hide_password=False))
    assert said == "The database's user may not make the schema registry. Make it for that user, or grant CREATE."
    with psycopg.connect(postgres.admin.render_as_string(hide_password=False), autocommit=True) as admin:
        admin.execute("DROP ROLE lodger")
    postgres.give_back(url)


def test_of_two_that_wait_for_each_other_one_is_overtaken(store: Store) -> None:
    both = Barrier(2)

    def take(first: str, second: str) -> SQLAlchemyError | None:
        try:
            with store.begin_beside(NOON) as work:
                hold(work.session, first)
                both.wait(60)
                hold(work.session, second)
        except SQLAlchemyError as error:
            return error
        return None

    with ThreadPoolExecutor(2) as pool:
        faults = [each.result() for each in (pool.submit(take, "a", "b"), pool.submit(take, "b", "a"))]
    [fault] = [each for each in faults if each is not None]
    assert is_overtaken(fault)


def test_a_text_that_only_this_store_refuses_is_of_a_value(store: Store) -> None:
    with pytest.raises(SQLAlchemyError) as refused, store.begin(NOON) as work:
        work.session.add(FeedCounter(site=SiteId("oc\x001"), version=0, register_version=0))
    assert is_of_a_value(refused.value)


def test_a_connection_that_was_cut_under_a_prepared_statement_is_not_used_again(store: Store) -> None:
    counted = Prepared(select(func.count()).select_from(FeedCounter), ())
    own_number = Prepared(select(func.pg_backend_pid()), ())

    def cut() -> None:
        with store.begin_bare() as bare:
            ((own,),) = own_number.rows(bare)
            with store.engine.connect() as other:
                other.execute(text(f"SELECT pg_terminate_backend({own})"))
            counted.rows(bare)

    with pytest.raises(DBAPIError) as raised:
        cut()
    assert raised.value.connection_invalidated
    with store.begin_bare() as bare:
        assert counted.rows(bare) == [(0,)]
