"""A permit is renewed at the counter: next year's is as this year's."""

from datetime import date

import pytest

from registry.access.facts import CredentialStatus
from registry.credentials.grounds import GroundOver
from registry.credentials.service import OpensFurther, StepNotPossible
from registry.permits import queries
from registry.permits.models import ApplicationState, PermitClass
from registry.permits.quota import PlateAppliedFor
from registry.permits.renewing import renew_permit
from registry.permits.service import (
    ApprovalMissing,
    NewPermit,
    PlateHasPermit,
    YearNotAllowed,
    issue_permit,
)
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.housing import a_room, a_tenancy
from tests.makers.permits import an_application
from tests.makers.registry import OC1, a_permit, a_person, a_site, a_unit

pytestmark = pytest.mark.both_stores
HERE = frozenset({OC1})


def test_it_keeps_holder_unit_class_sites_plates_and_ground(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        session = work.session
        a_site(session)
        holder, unit = a_person(session), a_unit(session)
        new = NewPermit(
            holder=holder.id,
            unit_id=unit.id,
            plate="鄂E10001",
            further=("鄂E10002",),
            year=2026,
            permit_class=PermitClass.BUSINESS,
            sites=HERE,
        )
        old = issue_permit(session, new, within=HERE, by="chen", now=NOON)
        old.tenancy_id = a_tenancy(session, a_room(session), holder).id
        renewed = renew_permit(session, old.id, within=HERE, by="chen", now=NOON)
        for kept in ("person_id", "unit_id", "permit_class", "plate", "plate_kind", "tenancy_id", "project_id"):
            assert getattr(renewed, kept) == getattr(old, kept), kept
        assert (renewed.year, renewed.serial, [each.site for each in renewed.sites]) == (2027, 1, [OC1])
        assert [each.plate for each in queries.shared_plates(session, renewed.id)] == ["鄂E10002"]
        with pytest.raises(PlateHasPermit):
            renew_permit(session, old.id, within=HERE, by="chen", now=NOON)


@pytest.mark.parametrize("status", [each for each in CredentialStatus if each is not CredentialStatus.ACTIVE])
def test_what_is_not_in_force_is_not_renewed(registry_store: Store, status: CredentialStatus) -> None:
    with registry_store.begin(NOON) as work:
        permit = a_permit(work.session, status=status).id
        with pytest.raises(StepNotPossible):
            renew_permit(work.session, permit, within=HERE, by="chen", now=NOON)


@pytest.mark.parametrize("year", [2024, 2027])
def test_only_this_year_or_the_next_is_issued(registry_store: Store, year: int) -> None:
    with registry_store.begin(NOON) as work:
        permit = a_permit(work.session, year=year).id
        with pytest.raises(YearNotAllowed):
            renew_permit(work.session, permit, within=HERE, by="chen", now=NOON)


def test_an_official_car_and_one_that_drives_elsewhere_too_are_others_matter(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        official = a_permit(work.session, "鄂E10001", permit_class=PermitClass.OFFICIAL).id
        wide = a_permit(work.session, "鄂E10002", sites=("oc1", "oc2")).id
        with pytest.raises(ApprovalMissing):
            renew_permit(work.session, official, within=HERE, by="chen", now=NOON)
        with pytest.raises(OpensFurther):
            renew_permit(work.session, wide, within=HERE, by="chen", now=NOON)
        assert renew_permit(work.session, official, within=HERE, approves=HERE, by="wang", now=NOON).year == 2027


def test_what_its_unit_has_applied_for_is_settled_first(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        permit = a_permit(work.session, "鄂E10001")
        an_application(work.session, "鄂E20000", further=["鄂E10001"], year=2027, state=ApplicationState.REVIEWED)
        with pytest.raises(PlateAppliedFor):
            renew_permit(work.session, permit.id, within=HERE, by="chen", now=NOON)


@pytest.mark.parametrize(("last_day", "is_over"), [(date(2026, 12, 31), True), (date(2027, 1, 1), False)])
def test_what_rests_on_a_tenancy_that_is_over_by_then_is_refused(
    registry_store: Store, last_day: date, *, is_over: bool
) -> None:
    with registry_store.begin(NOON) as work:
        holder = a_person(work.session)
        permit = a_permit(work.session, person=holder)
        permit.tenancy_id = a_tenancy(work.session, a_room(work.session), holder, last_day=last_day).id
        work.session.flush()
        if is_over:
            with pytest.raises(GroundOver):
                renew_permit(work.session, permit.id, within=HERE, by="chen", now=NOON)
        else:
            renew_permit(work.session, permit.id, within=HERE, by="chen", now=NOON)


def test_the_list_of_what_is_not_renewed_holds_what_is_in_use_only(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        session = work.session
        for number, status in enumerate(CredentialStatus):
            a_permit(session, f"鄂E1000{number}", status=status)
        a_permit(session, "鄂E20000")
        a_permit(session, "鄂E20000", year=2027, status=CredentialStatus.REVOKED)
        a_permit(session, "鄂E30000")
        a_permit(session, "鄂E30000", year=2027)
        listed = queries.permits(session, HERE, year=2026, not_renewed=True, limit=20)
        in_use = {each.permit.plate: each.permit.status for each in listed}
    assert in_use == {
        "鄂E10000": CredentialStatus.ACTIVE,
        "鄂E10001": CredentialStatus.SUSPENDED,
        "鄂E10003": CredentialStatus.REPORTED_LOST,
        "鄂E20000": CredentialStatus.ACTIVE,
    }
