"""The change feed: whoever holds a version and asks for what is after it misses nothing."""

import threading

import pytest

from registry.feed.changes import ChangeKind
from registry.feed.service import changes_after, open_feed, record_change, register_version, versions
from registry.ids import SiteId
from registry.store import Store
from tests.fakes.clock import NOON

pytestmark = pytest.mark.both_stores

OC1, OC2 = SiteId("oc1"), SiteId("oc2")


def _two_sites(store: Store) -> None:
    with store.begin(NOON) as work:
        open_feed(work.session, OC1)
        open_feed(work.session, OC2)


def test_each_change_is_the_next_version_of_its_site_alone(registry_store: Store) -> None:
    _two_sites(registry_store)
    with registry_store.begin(NOON) as work:
        record_change(work.session, [OC1, OC2], ChangeKind.CARD, "a")
        record_change(work.session, [OC1], ChangeKind.CARD, "b")
    with registry_store.read() as session:
        assert versions(session) == {OC1: 2, OC2: 1}
        assert [change.key for change in changes_after(session, {OC1: 0})] == ["a", "b"]
        assert [change.key for change in changes_after(session, {OC1: 1, OC2: 1})] == ["b"]
        assert changes_after(session, {}) == []


def test_a_change_that_is_rolled_back_was_never_a_version(registry_store: Store) -> None:
    _two_sites(registry_store)

    def fail() -> None:
        with registry_store.begin(NOON) as work:
            record_change(work.session, [OC1], ChangeKind.CARD, "a")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with registry_store.read() as session:
        assert versions(session)[OC1] == 0
        assert changes_after(session, {OC1: 0}) == []


def test_only_what_devices_and_zones_are_moves_the_register_on(registry_store: Store) -> None:
    _two_sites(registry_store)
    with registry_store.begin(NOON) as work:
        before = register_version(work.session)
        record_change(work.session, [OC1], ChangeKind.CARD, "a")
        assert register_version(work.session) == before
        record_change(work.session, [OC2], ChangeKind.DEVICE, "oc2/beam/north-01")
        assert register_version(work.session) > before


def test_writers_at_once_make_versions_without_a_gap(registry_store: Store) -> None:
    _two_sites(registry_store)

    def write(writer: int) -> None:
        for number in range(20):
            with registry_store.begin(NOON) as work:
                record_change(work.session, [OC2, OC1], ChangeKind.CARD, f"{writer}-{number}")

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with registry_store.read() as session:
        assert [change.version for change in changes_after(session, {OC1: 0})] == list(range(1, 61))
        assert versions(session) == {OC1: 60, OC2: 60}
