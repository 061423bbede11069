"""What a record was after each change, and two who change it at once."""

import pytest

from registry.revisions.service import (
    ChangedMeanwhile,
    Difference,
    Fields,
    history,
    keep,
    require_unchanged,
    revision_of,
)
from registry.store import Store, Work
from tests.fakes.clock import NOON

pytestmark = pytest.mark.both_stores
LI = "person:1"
WAS, IS, LATER = {"name": "李娜", "phone": None}, {"name": "李娜", "phone": "138"}, {"name": "李丽", "phone": "138"}


def change(work: Work, before: Fields, after: Fields, by: str) -> int:
    return keep(work.session, LI, "changed", before, after, by=by, now=NOON)


def test_the_first_change_also_keeps_what_was_there_before(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        assert revision_of(work.session, LI) == 0
        assert change(work, WAS, IS, "chen") == 2
        assert change(work, IS, LATER, "wu") == 3
        told = [(one.by, one.fields, list(changes)) for one, changes in history(work.session, LI)]
        assert told == [
            ("wu", LATER, [Difference("name", "李娜", "李丽")]),
            ("chen", IS, [Difference("phone", None, "138")]),
            ("", WAS, []),
        ]


def test_a_record_that_is_made_begins_at_one(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        assert keep(work.session, LI, "registered", {}, WAS, by="chen", now=NOON) == 1


def test_who_read_the_newest_may_change_it(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        require_unchanged(work.session, LI, 0)
        number = change(work, WAS, IS, "chen")
        require_unchanged(work.session, LI, number)


def test_who_read_an_earlier_one_is_told_all_that_changed_since_and_by_whom(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        change(work, WAS, IS, "chen")
        change(work, IS, LATER, "wu")
        with pytest.raises(ChangedMeanwhile) as refused:
            require_unchanged(work.session, LI, 0)
        facts = refused.value.facts
        assert (facts["by"], facts["revision"]) == ("wu", 3)
        assert facts["differences"] == [Difference("name", "李娜", "李丽"), Difference("phone", None, "138")]
