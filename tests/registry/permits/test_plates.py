"""What the gates are told of a permit's plates: shared ones, substitutes within their days, and the number in its place."""

from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.checks.rules import decide
from gateway.checks.shown import PlateShown
from registry.access.facts import CredentialFacts, CredentialStatus
from registry.access.reading import access_changes, load_access
from registry.clock import Instant
from registry.credentials.rules import Step
from registry.credentials.service import StepNotPossible
from registry.messages.reasons import Reason
from registry.permits import queries
from registry.permits.series import activate, prepare, roll_back
from registry.permits.service import (
    NewPermit,
    PlateHasPermit,
    PlateTwice,
    change_permit,
    issue_permit,
    replace_permit,
)
from registry.permits.substitutes import (
    NoSuchSubstitute,
    SubstituteDays,
    SubstituteThere,
    name_substitute,
    take_back_substitute,
)
from registry.plates.grammar import PlateKind
from registry.store import Store, Work
from tests.fakes.clock import NOON
from tests.makers.gateway import a_question
from tests.makers.registry import OC1, a_permit, a_person, a_site

pytestmark = pytest.mark.both_stores
HERE = frozenset({OC1})
FIRST, LAST = date(2026, 11, 23), date(2026, 11, 25)


def facts(store: Store) -> dict[str, CredentialFacts]:
    """By plate and number."""
    with store.read() as session:
        return {f"{one.key} {one.permit_number}": one for one in load_access(session).credentials}


def a_shared_permit(work: Work, *further: str) -> NewPermit:
    a_site(work.session)
    return NewPermit(holder=a_person(work.session).id, plate="鄂E10001", further=further, year=2026, sites=HERE)


def test_each_plate_of_a_shared_permit_is_known_with_the_permit_named(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        new = a_shared_permit(work, "鄂E10002", "鄂ED12345")
        permit = issue_permit(work.session, new, within=HERE, by="chen", now=NOON)
        found = queries.permits(work.session, HERE, words="鄂E·10002", limit=9)
    known = facts(registry_store)
    assert {fact.key for fact in known.values()} == {"鄂E10001", "鄂E10002", "鄂ED12345"}
    assert {fact.permit for fact in known.values()} == {permit.id}
    assert len({fact.id for fact in known.values()}) == 3
    assert [each.permit.id for each in found] == [permit.id]


def test_a_plate_has_one_permit_as_its_own_or_shared(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        with pytest.raises(PlateTwice):
            issue_permit(work.session, a_shared_permit(work, "鄂e·10001"), within=HERE, by="chen", now=NOON)
        issue_permit(work.session, a_shared_permit(work, "鄂E10002"), within=HERE, by="chen", now=NOON)
        other = NewPermit(holder=a_person(work.session).id, plate="鄂E10002", year=2026, sites=HERE)
        with pytest.raises(PlateHasPermit):
            issue_permit(work.session, other, within=HERE, by="chen", now=NOON)


def test_a_substitute_opens_on_its_days_only(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        permit = a_permit(work.session).id
    with registry_store.read() as session:
        before = load_access(session).versions
    with registry_store.begin(NOON) as work:
        row = name_substitute(
            work.session, permit, "鄂E54321", first_day=FIRST, last_day=LAST, within=HERE, by="chen", now=NOON
        )
    fact = facts(registry_store)["鄂E54321 2026-0001"]
    assert (fact.valid_from, fact.valid_until) == (
        datetime(2026, 11, 22, 16, tzinfo=UTC),
        datetime(2026, 11, 25, 16, tzinfo=UTC),
    )
    with registry_store.read() as session:
        changed = access_changes(session, before)
    assert {one.key for one in changed.credentials} == {"鄂E12345", "鄂E54321"}
    with registry_store.begin(NOON) as work:
        take_back_substitute(work.session, permit, row.id, within=HERE, by="chen", now=NOON)
        with pytest.raises(NoSuchSubstitute):
            take_back_substitute(work.session, permit, row.id, within=HERE, by="chen", now=NOON)
    with registry_store.read() as session:
        assert access_changes(session, changed.versions).removed_credentials == {row.id}
    assert set(facts(registry_store)) == {"鄂E12345 2026-0001"}


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (datetime(2026, 11, 22, 15, tzinfo=UTC), Reason.NOT_YET_VALID),
        (NOON, Reason.OK),
        (datetime(2026, 11, 25, 16, tzinfo=UTC), Reason.EXPIRED),
    ],
)
def test_of_a_substitute_the_gate_tells_its_days_and_not_the_year(
    registry_store: Store, now: Instant, reason: Reason
) -> None:
    with registry_store.begin(NOON) as work:
        permit = a_permit(work.session).id
        name_substitute(
            work.session, permit, "鄂E54321", first_day=FIRST, last_day=LAST, within=HERE, by="chen", now=NOON
        )
    shown = PlateShown(raw="鄂E54321", key="鄂E54321", form=PlateKind.CIVIL)
    question = a_question(shown, facts(registry_store)["鄂E54321 2026-0001"], now=now)
    assert decide(question).reason is reason


def test_who_stands_in_still_does_when_the_permit_is_replaced(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        permit = a_permit(work.session).id
        for plate, day in (("鄂E54321", FIRST), ("鄂E54322", LAST)):
            name_substitute(work.session, permit, plate, first_day=day, last_day=day, within=HERE, by="chen", now=NOON)
        change_permit(work.session, permit, Step.REPORT_LOST, within=HERE, reason="丢失", by="chen", now=NOON)
        later = NOON + timedelta(days=1)
        replace_permit(work.session, permit, within=HERE, by="chen", now=later)
    known = facts(registry_store)
    assert known["鄂E54322 2026-0002"].status is CredentialStatus.ACTIVE
    assert known["鄂E54322 2026-0002"].valid_from == known["鄂E54322 2026-0001"].valid_from
    assert "鄂E54321 2026-0002" not in known


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (LAST, FIRST),
        (date(2026, 11, 1), date(2026, 11, 22)),
        (FIRST, date(2026, 12, 23)),
        (date(2026, 12, 30), date(2027, 1, 2)),
    ],
)
def test_days_on_which_nobody_stands_in(registry_store: Store, first: date, last: date) -> None:
    with registry_store.begin(NOON) as work:
        permit = a_permit(work.session).id
        with pytest.raises(SubstituteDays):
            name_substitute(
                work.session, permit, "鄂E54321", first_day=first, last_day=last, within=HERE, by="chen", now=NOON
            )


def test_somebody_stands_in_as_long_as_the_permit_holds_be_it_beyond_its_year(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        permit = a_permit(work.session).id
        prepare(work.session, 2027, by="wang", now=NOON)
        activate(work.session, 2027, effective_at=None, overlap_days=0, by="wang", now=NOON)
        roll_back(work.session, 2027, by="wang", now=NOON)
        first, last = date(2026, 12, 30), date(2027, 1, 2)
        name_substitute(
            work.session, permit, "鄂E54321", first_day=first, last_day=last, within=HERE, by="chen", now=NOON
        )
    fact = facts(registry_store)["鄂E54321 2026-0001"]
    assert fact.valid_until == datetime(2027, 1, 2, 16, tzinfo=UTC)


def test_one_substitute_at_a_time(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        permit = a_permit(work.session).id
        name_substitute(
            work.session, permit, "鄂E54321", first_day=FIRST, last_day=LAST, within=HERE, by="chen", now=NOON
        )
        with pytest.raises(SubstituteThere):
            name_substitute(
                work.session, permit, "鄂E54322", first_day=LAST, last_day=LAST, within=HERE, by="chen", now=NOON
            )


def test_every_plate_of_a_permit_that_is_stopped_is_stopped(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        new = a_shared_permit(work, "鄂E10002")
        permit = issue_permit(work.session, new, within=HERE, by="chen", now=NOON)
        change_permit(work.session, permit.id, Step.SUSPEND, within=HERE, reason="转借", by="chen", now=NOON)
    assert {fact.status for fact in facts(registry_store).values()} == {CredentialStatus.SUSPENDED}


def test_a_lost_permit_is_replaced_by_another_number_and_the_gate_can_name_it(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        first = issue_permit(work.session, a_shared_permit(work, "鄂E10002"), within=HERE, by="chen", now=NOON)
        with pytest.raises(StepNotPossible):
            replace_permit(work.session, first.id, within=HERE, by="chen", now=NOON)
        last = first
        for _ in range(2):
            change_permit(work.session, last.id, Step.REPORT_LOST, within=HERE, reason="丢失", by="chen", now=NOON)
            last = replace_permit(work.session, last.id, within=HERE, by="chen", now=NOON)
        with pytest.raises(StepNotPossible):
            replace_permit(work.session, first.id, within=HERE, by="chen", now=NOON)
        assert [each.serial for each in queries.chain_before(work.session, last)] == [2, 1]
        assert [each.serial for each in queries.chain_after(work.session, first)] == [2, 3]
    known = facts(registry_store)
    assert known["鄂E10001 2026-0001"].status is CredentialStatus.REPLACED
    assert known["鄂E10001 2026-0001"].replaced_by == known["鄂E10001 2026-0002"].replaced_by == "2026-0003"
    assert known["鄂E10002 2026-0003"].status is CredentialStatus.ACTIVE
