"""Who met an error of the database knows whether to try again, to set one value aside, or to wait."""

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from registry.feed.models import FeedCounter
from registry.ids import SiteId
from registry.store import Store
from registry.store.faults import UNAVAILABLE, is_of_a_value, is_overtaken
from tests.fakes.clock import NOON

pytestmark = pytest.mark.both_stores


def add_site(store: Store, name: str) -> None:
    with store.begin_beside(NOON) as work:
        work.session.add(FeedCounter(site=SiteId(name), version=0, register_version=0))


def fault_of(act: Callable[[], object]) -> SQLAlchemyError:
    with pytest.raises(SQLAlchemyError) as raised:
        act()
    return raised.value


def test_who_makes_what_is_there_already_was_overtaken(registry_store: Store) -> None:
    add_site(registry_store, "oc1")
    fault = fault_of(lambda: add_site(registry_store, "oc1"))
    assert is_overtaken(fault)
    assert is_of_a_value(fault)
    assert not isinstance(fault, UNAVAILABLE)


def test_what_the_schema_refuses_is_of_a_value(registry_store: Store) -> None:
    def write() -> None:
        with registry_store.begin(NOON) as work:
            work.session.execute(text("INSERT INTO feed_counter VALUES ('oc1', 0, 1)"))

    fault = fault_of(write)
    assert is_of_a_value(fault)
    assert not isinstance(fault, UNAVAILABLE)


def test_a_store_that_may_only_be_read_is_unavailable_and_no_value_is_to_blame(registry_store: Store) -> None:
    def write() -> None:
        with registry_store.begin(NOON) as work:
            work.session.execute(
                text("PRAGMA query_only = ON" if registry_store.is_file else "SET TRANSACTION READ ONLY")
            )
            work.session.execute(text("DELETE FROM feed_change"))

    fault = fault_of(write)
    assert isinstance(fault, UNAVAILABLE)
    assert not is_of_a_value(fault)
    assert not is_overtaken(fault)


def test_a_database_that_is_not_there_is_unavailable(registry_store: Store) -> None:
    gone = registry_store.engine.url.set(port=1) if not registry_store.is_file else "sqlite:////nowhere/at-all.db"
    store = Store.open(
        registry_store.room, gone if isinstance(gone, str) else gone.render_as_string(hide_password=False)
    )
    fault = fault_of(lambda: add_site(store, "oc1"))
    assert isinstance(fault, UNAVAILABLE)
    assert not is_overtaken(fault)
