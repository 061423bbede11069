"""Of several credentials with one key the one is taken that opens, else the one whose fault is worth telling."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from gateway.checks.rules import decide
from gateway.checks.standing import choose
from registry.access.facts import CredentialStatus
from registry.ids import CredentialId, derived_id
from registry.messages.reasons import Reason
from tests.makers.gateway import (
    YEAR_BEGINS,
    YEAR_ENDS,
    a_card,
    a_holder,
    a_moment,
    a_permit,
    a_question,
    plate_shown,
)

TICK = timedelta(microseconds=1)
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds it


def test_this_years_permit_is_taken_though_next_years_is_newer() -> None:
    this, following = a_permit(year=2026), a_permit(year=2027)
    assert choose((following, this), a_moment()) == this


def test_a_new_permit_is_not_hidden_by_last_years() -> None:
    last, this = a_permit(year=2025), a_permit(year=2026)
    assert choose((last, this), a_moment()) == this


def test_where_none_opens_the_newest_is_taken() -> None:
    older, last = a_permit(year=2024), a_permit(year=2025)
    assert choose((older, last), a_moment()) == last


def test_a_revoked_new_permit_is_told_although_last_years_was_in_order() -> None:
    last, revoked = a_permit(year=2025), a_permit(year=2026, status=CredentialStatus.REVOKED)
    taken = choose((last, revoked), a_moment())
    assert decide(a_question(plate_shown(), taken)).reason is Reason.REVOKED


def test_of_a_card_that_was_taken_back_and_given_to_another_the_other_is_meant() -> None:
    before = replace(a_card(holder=a_holder("赵敏"), status=CredentialStatus.REVOKED), id=CredentialId(uuid4()))
    now_held = a_card(status=CredentialStatus.SUSPENDED, valid_from=YEAR_BEGINS - timedelta(days=300))
    for cards in ((before, now_held), (now_held, before)):
        taken = choose(cards, a_moment())
        assert taken == now_held
        assert decide(a_question(credential=taken)).reason is Reason.SUSPENDED


def test_this_years_lost_permit_is_told_though_next_years_is_issued() -> None:
    lost, following = a_permit(status=CredentialStatus.REPORTED_LOST), a_permit(year=2027)
    taken = choose((following, lost), a_moment())
    assert decide(a_question(plate_shown(), taken)).reason is Reason.REPORTED_LOST


def test_this_years_permit_is_this_years_on_the_clock_of_the_site() -> None:
    before, after = (a_permit(year=year, status=CredentialStatus.SUSPENDED) for year in (2026, 2027))
    assert choose((before, after), a_moment(YEAR_ENDS - TICK)) == before
    assert choose((before, after), a_moment(YEAR_ENDS)) == after


def test_of_two_permits_of_one_year_the_one_that_was_not_taken_back_is_told() -> None:
    revoked = replace(a_permit(status=CredentialStatus.REVOKED), id=CredentialId(uuid4()))
    lost = replace(a_permit(status=CredentialStatus.REPORTED_LOST), id=CredentialId(uuid4()))
    assert choose((revoked, lost), a_moment()) == choose((lost, revoked), a_moment()) == lost


def test_a_car_that_stands_in_today_is_told_its_own_fault_and_not_that_of_a_permit_of_another_year() -> None:
    last = a_permit(year=2025)
    stands_in = replace(
        a_permit(),
        id=CredentialId(derived_id("stands in")),
        permit=CredentialId(derived_id("permit", "another")),
        permit_year=None,
        status=CredentialStatus.SUSPENDED,
    )
    assert choose((last, stands_in), a_moment()) == stands_in


def test_of_one_or_none_there_is_nothing_to_choose() -> None:
    assert choose((), a_moment()) is None
    assert choose((a_permit(year=2024),), a_moment()) == a_permit(year=2024)


@given(now=MOMENTS, years=st.permutations([2024, 2025, 2026, 2027]))
def test_a_permit_that_opens_is_always_found(now: datetime, years: list[int]) -> None:
    permits = tuple(a_permit(year=year) for year in years)
    taken = choose(permits, a_moment(now))
    expected = Reason.OK if now < datetime(2027, 12, 31, 16, tzinfo=UTC) else Reason.PERMIT_YEAR_OVER
    assert decide(a_question(plate_shown(), taken, now=now)).reason is expected
