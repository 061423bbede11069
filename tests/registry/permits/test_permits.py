"""Vehicle permits: one plate, one calendar year, one number."""

from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from registry.access.facts import CredentialStatus
from registry.credentials.rules import Step
from registry.credentials.service import OpensNothing, ReasonMissing, StepNotPossible
from registry.credentials.written import NoPlate
from registry.feed.changes import ChangeKind
from registry.feed.service import changes_after, versions
from registry.ids import SiteId, new_id
from registry.permits import queries
from registry.permits.models import VehiclePermit
from registry.permits.rules import parse_permit_number, permit_number, permit_period
from registry.permits.service import (
    NewPermit,
    PlateHasPermit,
    YearNotAllowed,
    change_permit,
    issue_permit,
    issue_permits,
)
from registry.room import Audit
from registry.sites.queries import NoSuchSite
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.registry import OC1, a_permit, a_person, a_site

pytestmark = pytest.mark.both_stores

OC2 = SiteId("oc2")


def test_a_permit_holds_from_new_year_to_new_year_in_the_sites_own_time() -> None:
    begins, ends = permit_period(2026, "Asia/Shanghai", {})
    assert begins == datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert ends == datetime(2026, 12, 31, 16, tzinfo=UTC)


@given(year=st.integers(2000, 2198))
def test_one_years_permit_ends_when_the_next_begins(year: int) -> None:
    assert permit_period(year, "Asia/Shanghai", {})[1] == permit_period(year + 1, "Asia/Shanghai", {})[0]


@given(year=st.integers(2000, 2199), serial=st.integers(1, 999_999))
def test_a_number_is_read_as_it_is_written(year: int, serial: int) -> None:
    assert parse_permit_number(permit_number(year, serial)) == (year, serial)


@pytest.mark.parametrize("text", ["", "2026", "2026-", "26-0001", "2026-0001x", "鄂E12345"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert parse_permit_number(text) is None


def _issue(store: Store, plate: str, *, year: int = 2026, sites: frozenset[SiteId] = frozenset({OC1})) -> VehiclePermit:
    with store.begin(NOON) as work:
        a_site(work.session)
        holder = a_person(work.session)
        permit = NewPermit(holder=holder.id, plate=plate, year=year, sites=sites)
        return issue_permit(work.session, permit, within=sites, by="chen", now=NOON)


def test_a_year_counts_from_one(registry_store: Store) -> None:
    numbers = [
        (_issue(registry_store, plate, year=year).year, number)
        for plate, year, number in (("鄂E·12345", 2026, 1), ("鄂e54321", 2026, 2), ("鄂E12345", 2027, 1))
    ]
    with registry_store.read() as session:
        rows = session.execute(select(VehiclePermit.year, VehiclePermit.serial).order_by(VehiclePermit.id)).all()
    assert [tuple(row) for row in rows] == numbers


def test_the_plate_is_kept_in_its_one_form(registry_store: Store) -> None:
    assert _issue(registry_store, " 鄂e·1234o ").plate == "鄂E12340"


@pytest.mark.parametrize(
    ("plate", "year", "sites", "problem", "words"),
    [
        ("京A12", 2026, {OC1}, NoPlate, "京A12 is no plate"),
        ("鄂E12345", 1999, {OC1}, YearNotAllowed, "1999"),
        ("鄂E12345", 2026, set(), OpensNothing, "at least one site"),
        ("鄂E12345", 2026, {SiteId("oc9")}, NoSuchSite, "oc9"),
    ],
)
def test_what_cannot_be_issued_says_why(
    *, registry_store: Store, plate: str, year: int, sites: set[SiteId], problem: type[Exception], words: str
) -> None:
    with pytest.raises(problem, match=words):
        _issue(registry_store, plate, year=year, sites=frozenset(sites))


def test_a_plate_has_one_permit_a_year_until_it_is_revoked(registry_store: Store) -> None:
    first = _issue(registry_store, "鄂E12345")
    with pytest.raises(PlateHasPermit, match="2026-0001"):
        _issue(registry_store, "鄂E·12345")
    with registry_store.begin(NOON) as work:
        change_permit(work.session, first.id, Step.REVOKE, within={OC1}, reason="换车", by="chen", now=NOON)
    _issue(registry_store, "鄂E12345")
    with registry_store.begin(NOON) as work, pytest.raises(PlateHasPermit, match="2026-0002"):
        change_permit(work.session, first.id, Step.REINSTATE, within={OC1}, reason="弄错", by="chen", now=NOON)


def test_the_database_itself_refuses_a_second_permit_of_a_year(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        row = a_permit(work.session, "鄂E12345")
        work.session.flush()
        columns = {column.key: getattr(row, column.key) for column in VehiclePermit.__table__.columns}
    with pytest.raises(IntegrityError), registry_store.begin(NOON) as work:
        work.session.execute(insert(VehiclePermit).values({**columns, "id": new_id(), "serial": 9}))


def test_a_change_is_in_the_feed_and_in_the_audit_of_each_site(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        permit = a_permit(work.session, sites=("oc1", "oc2"))
        before = versions(work.session)
        change_permit(work.session, permit.id, Step.SUSPEND, within={OC1}, reason="借给他人", by="chen", now=NOON)
        changes = changes_after(work.session, before)
        assert [(change.site, change.kind, change.key) for change in changes] == [
            (OC1, ChangeKind.PERMIT, str(permit.id)),
            (OC2, ChangeKind.PERMIT, str(permit.id)),
        ]
        acts = work.session.execute(select(Audit.site, Audit.action, Audit.actor).order_by(Audit.position)).all()
        assert [tuple(act) for act in acts] == [
            ("oc1", "permit-suspended", "chen"),
            ("oc2", "permit-suspended", "chen"),
        ]
        assert not any("借给他人" in facts for facts in work.session.scalars(select(Audit.facts)))


def test_a_step_needs_a_reason_and_a_state_from_which_it_leads(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        permit = a_permit(work.session, status=CredentialStatus.REVOKED)
        with pytest.raises(StepNotPossible, match="revoked since 2026-11-23"):
            change_permit(work.session, permit.id, Step.SUSPEND, within={OC1}, reason="x", by="chen", now=NOON)
        with pytest.raises(ReasonMissing):
            change_permit(work.session, permit.id, Step.REINSTATE, within={OC1}, reason="  ", by="chen", now=NOON)


def test_a_permit_of_another_site_is_not_there(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        permit = a_permit(work.session)
        with pytest.raises(queries.NoSuchPermit):
            change_permit(work.session, permit.id, Step.REVOKE, within={OC2}, reason="x", by="chen", now=NOON)


def test_permits_come_newest_first_a_page_at_a_time(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        holder = a_person(work.session).id
        plates = count(10000)
        new = [
            NewPermit(holder=holder, plate=f"鄂E{next(plates)}", year=year, sites=frozenset({OC1}))
            for year in (2025, 2026)
            for _ in range(3)
        ]
        issue_permits(work.session, new, now=NOON)
        seen: list[tuple[int, int]] = []
        after = None
        while rows := queries.permits(work.session, {OC1}, after=after, limit=2):
            seen += [(row.permit.year, row.permit.serial) for row in rows]
            after = seen[-1]
        assert seen == [(2026, 3), (2026, 2), (2026, 1), (2025, 3), (2025, 2), (2025, 1)]
        found = queries.permits(work.session, {OC1}, words="e·1000", year=2025, limit=9)
        assert [row.permit.plate for row in found] == ["鄂E10002", "鄂E10001", "鄂E10000"]
        assert [row.permit.serial for row in queries.permits(work.session, {OC1}, words="2026-0002", limit=9)] == [2]
        for nothing in ("-", "·", "._", "x" * 45):
            assert queries.permits(work.session, {OC1}, words=nothing, limit=9) == []
