"""What the first page counts."""

from datetime import timedelta

from registry.access.facts import CredentialStatus
from registry.ids import SiteId
from registry.office.queries import overview
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.registry import OC1, a_card, a_deny_entry, a_device, a_permit, a_person, a_zone

SOON = NOON + timedelta(days=3)


def test_the_first_page_counts_what_waits_for_somebody(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        session = work.session
        holder = a_person(session)
        a_permit(session, "鄂E11111", year=2025, person=holder)
        a_permit(session, "鄂E22222", year=2025, person=holder)
        a_permit(session, "鄂E22222", year=2026, person=holder)
        a_permit(session, "鄂E33333", year=2026, person=holder, status=CredentialStatus.REPORTED_LOST)
        a_permit(session, "鄂E44444", year=2026, person=holder, status=CredentialStatus.REVOKED)
        a_card(session, person=holder, valid_until=SOON)
        a_card(session, person=holder, valid_until=NOON + timedelta(days=90))
        a_card(session, person=holder, valid_until=SOON, revoked=True)
        a_device(session, "oc1/gate/oc1-north", enabled=False)
        a_zone(session)
        a_deny_entry(session)
        counts = overview(session, {OC1}, year=2026, now=NOON)
        elsewhere = overview(session, {SiteId("oc2")}, year=2026, now=NOON)
    assert (counts.people, counts.permits_this_year, counts.permits_last_year) == (1, 2, 2)
    assert (counts.not_renewed, counts.stopped) == (1, 1)
    assert (counts.cards, counts.cards_ending) == (2, 1)
    assert (counts.devices, counts.devices_disabled, counts.cameras_without_source) == (3, 1, 1)
    assert (counts.zones, counts.denied) == (1, 1)
    assert (elsewhere.people, elsewhere.permits_this_year, elsewhere.devices, elsewhere.denied) == (0, 0, 0, 0)
