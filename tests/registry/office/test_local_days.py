"""A day is the site's own day, in what is shown, in what is written, and in what is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from registry.auth.permissions import Role
from registry.auth.principal import Grant, Principal
from registry.credentials.rules import Step
from registry.credentials.service import StepNotPossible
from registry.denylist.models import DenyKind
from registry.denylist.service import AlreadyDenied, NewDenial, deny
from registry.ids import SiteId, UserId, new_id
from registry.office.scene import day_begins, day_ends, scene_of
from registry.passes.service import change_card
from registry.people.models import Person
from registry.people.service import NewPerson, NotANumber, register_person
from registry.permits.rules import permit_period
from registry.sites.queries import local_day, zone_of
from registry.sites.service import add_site
from registry.store import Store, Work
from tests.makers.registry import IDENTITY, OC1, a_card, a_deny_entry, a_permit, a_site

LATE = datetime(2026, 12, 31, 18, tzinfo=UTC)
"""The new year at Shanghai, the old one in London."""
WEST = SiteId("west")


def _sites(work: Work) -> None:
    a_site(work.session)
    add_site(work.session, site_id=WEST, name_zh="西院", name_en="West", timezone="Europe/London")


def _clerk(*sites: SiteId) -> Principal:
    grants = frozenset(Grant(Role.CLERK, site) for site in sites)
    return Principal(id=UserId(new_id()), name="chen", grants=grants)


def test_each_site_has_its_own_day(registry_store: Store) -> None:
    with registry_store.begin(LATE) as work:
        _sites(work)
        assert str(local_day(work.session, {OC1}, LATE)) == "2027-01-01"
        assert str(local_day(work.session, {WEST}, LATE)) == "2026-12-31"
        zone = zone_of(work.session, {WEST})
        day = local_day(work.session, {WEST}, LATE)
        assert day_ends(day, zone) == datetime(2027, 1, 1, tzinfo=UTC)
        assert day_ends(day, zone) - day_begins(day, zone) == timedelta(days=1)


def test_a_clerk_reads_days_and_standings_of_the_sites_that_they_are_of(registry_store: Store) -> None:
    with registry_store.begin(LATE) as work:
        _sites(work)
        scenes = {site: scene_of(work.session, _clerk(site), LATE) for site in (OC1, WEST)}
        assert {site: scene.today.year for site, scene in scenes.items()} == {OC1: 2027, WEST: 2026}
        standings = {
            site: scenes[OC1].standing_of_permit(a_permit(work.session, plate, sites=(site,)), LATE)
            for site, plate in ((OC1, "鄂E12345"), (WEST, "鄂E54321"))
        }
        assert standings == {OC1: "over", WEST: "valid"}
        assert permit_period(2026, "Europe/London", {})[1] == datetime(2027, 1, 1, tzinfo=UTC)


def test_what_is_refused_names_the_sites_day(registry_store: Store) -> None:
    with registry_store.begin(LATE) as work:
        a_site(work.session)
        card = a_card(work.session, revoked=True, at=LATE)
        with pytest.raises(StepNotPossible, match="2027-01-01"):
            change_card(work.session, card.id, Step.SUSPEND, within={OC1}, reason="x", by="chen", now=LATE)
        a_deny_entry(work.session, "鄂E99999", at=LATE)
        again = NewDenial(kind=DenyKind.PLATE, key="鄂E99999", sites=frozenset({OC1}), words="x")
        with pytest.raises(AlreadyDenied, match="2027-01-01"):
            deny(work.session, again, by="chen", now=LATE)


def test_a_child_born_today_is_born(registry_store: Store) -> None:
    born_today = NewPerson(site=OC1, name="王", id_number=_number("11010520270101002"))
    with registry_store.begin(LATE) as work:
        _sites(work)
        with pytest.raises(NotANumber):
            register_person(
                work.session,
                IDENTITY,
                NewPerson(site=WEST, name="王", id_number=born_today.id_number),
                within={WEST},
                by="chen",
                now=LATE,
            )
        register_person(work.session, IDENTITY, born_today, within={OC1}, by="chen", now=LATE)
        assert work.session.scalars(select(Person.name)).all() == ["王"]


def _number(first: str) -> str:
    """A resident's number with the check digit of GB 11643."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return first + "10X98765432"[sum(w * int(digit) for w, digit in zip(weights, first, strict=True)) % 11]
