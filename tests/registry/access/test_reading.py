"""What gateways are told: everything once, then what changed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, select

from registry.access.facts import (
    AccessChanges,
    AccessFacts,
    CredentialKind,
    CredentialStatus,
    Direction,
    Ground,
    Passback,
    RestsOn,
)
from registry.access.reading import access_changes, load_access
from registry.credentials.period import EARLIEST
from registry.credentials.rules import Step
from registry.denylist.service import take_off
from registry.ids import AreaId, GateId, LaneId, SiteId
from registry.passes.service import NewCard, change_card, issue_cards
from registry.people.models import Person
from registry.people.service import NewPerson, register_people
from registry.permits.service import NewPermit, issue_permits
from registry.sites.service import NewLane
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.housing import a_room, a_tenancy
from tests.makers.projects import a_project, a_worker
from tests.makers.registry import (
    IDENTITY,
    OC1,
    a_card,
    a_deny_entry,
    a_gate,
    a_permit,
    a_person,
    a_qr_pass,
    a_site,
    a_unit,
)

pytestmark = pytest.mark.both_stores

OC2 = SiteId("oc2")


def _facts(store: Store) -> AccessFacts:
    with store.read() as session:
        return load_access(session)


def _changes(store: Store, since: AccessFacts) -> AccessChanges:
    with store.read() as session:
        return access_changes(session, since.versions)


def test_a_plate_brings_last_years_and_this_years_permit(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        holder = a_person(work.session, "王建国", unit=a_unit(work.session))
        a_permit(work.session, "鄂E·12345", year=2025, person=holder)
        a_permit(work.session, "鄂E·12345", year=2026, person=holder)
    facts = {fact.permit_year: fact for fact in _facts(registry_store).credentials}
    assert facts.keys() == {2025, 2026}
    this_year = facts[2026]
    assert (this_year.kind, this_year.key, this_year.permit_number) == (CredentialKind.PLATE, "鄂E12345", "2026-0001")
    assert this_year.valid_from == facts[2025].valid_until == datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert this_year.holder is not None
    assert (this_year.holder.name, this_year.holder.unit_zh) == ("王建国", "档案局")


def test_a_card_says_its_sites_gates_and_state(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_gate(work.session, "oc1-north")
        a_card(work.session, "04:A1:b2:c3", sites=("oc1", "oc2"), gates=("oc1-north",), revoked=True)
        a_card(work.session, "04A1B2C4")
    narrow, wide = sorted(_facts(registry_store).credentials, key=lambda fact: fact.key)
    assert narrow.key == "04A1B2C3"
    assert narrow.sites == frozenset({OC1, OC2})
    assert narrow.gates == frozenset({GateId("oc1-north")})
    assert narrow.status is CredentialStatus.REVOKED
    assert wide.sites == frozenset({OC1})
    assert (wide.gates, wide.status) == (None, CredentialStatus.ACTIVE)


def test_a_qr_pass_is_looked_up_by_its_id(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        qr_pass = a_qr_pass(work.session)
    (fact,) = _facts(registry_store).credentials
    assert (fact.kind, fact.key) == (CredentialKind.QR, str(qr_pass.id))


def test_a_credential_says_what_it_rests_on_and_until_when_that_and_the_training_hold(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        tenancy = a_tenancy(work.session, a_room(work.session), last_day=date(2026, 11, 30))
        project = a_project(work.session, last_day=date(2026, 12, 31))
        trained, untrained = (
            a_worker(work.session, project, training_last_day=day).person_id for day in (date(2026, 12, 1), None)
        )
        people = list(work.session.scalars(select(Person).where(Person.id.in_([trained, untrained]))))
        a_card(work.session, "AAAA", tenancy_id=tenancy.id)
        for number, person in zip(("BBBB", "CCCC"), sorted(people, key=lambda one: one.id != trained), strict=True):
            a_card(work.session, number, person=person, project_id=project.id)
        a_card(work.session, "DDDD")
    facts = {fact.key: fact.rests_on for fact in _facts(registry_store).credentials}
    december = datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert facts == {
        "AAAA": RestsOn(ground=Ground.TENANCY, over_from=december),
        "BBBB": RestsOn(
            ground=Ground.PROJECT,
            over_from=datetime(2026, 12, 31, 16, tzinfo=UTC),
            training_until=december + timedelta(days=1),
        ),
        "CCCC": RestsOn(
            ground=Ground.PROJECT, over_from=datetime(2026, 12, 31, 16, tzinfo=UTC), training_until=EARLIEST
        ),
        "DDDD": None,
    }


def test_gates_come_with_their_lanes_in_order_and_areas_with_their_passback(registry_store: Store) -> None:
    lanes = [
        NewLane(
            id=LaneId(f"oc1-south-{name}"),
            direction=direction,
            from_area=AreaId("oc1-outside"),
            to_area=AreaId("oc1-inside"),
            manned=False,
        )
        for name, direction in (("b", Direction.IN), ("a", Direction.OUT))
    ]
    with registry_store.begin(NOON) as work:
        a_site(work.session, passback_people=Passback.HARD, passback_vehicles=Passback.SOFT)
        a_gate(work.session, "oc1-south", lanes=lanes)
    facts = _facts(registry_store)
    assert [lane.id for lane in facts.gates[GateId("oc1-south")].lanes] == ["oc1-south-b", "oc1-south-a"]
    inside = facts.areas[AreaId("oc1-inside")]
    assert (inside.passback_people, inside.passback_vehicles) == (Passback.HARD, Passback.SOFT)
    assert facts.timezones == {OC1: "Asia/Shanghai"}


def test_a_revoked_card_is_the_only_thing_that_changed(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        card = a_card(work.session)
        a_permit(work.session)
    before = _facts(registry_store)
    with registry_store.begin(NOON) as work:
        change_card(work.session, card.id, Step.REVOKE, within={OC1}, reason="离职", by="chen", now=NOON)
    changes = _changes(registry_store, before)
    assert [(fact.id, fact.status) for fact in changes.credentials] == [(card.id, CredentialStatus.REVOKED)]
    assert not changes.structure_changed
    assert changes.versions[OC1] == before.versions[OC1] + 1


def test_after_the_changes_there_are_none(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        a_card(work.session)
    changes = _changes(registry_store, _facts(registry_store))
    assert (changes.credentials, changes.denied, changes.structure_changed) == ((), (), False)


def test_the_deny_list_says_what_came_and_what_went(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        old = a_deny_entry(work.session, "鄂E11111")
    before = _facts(registry_store)
    assert [(entry.key, entry.words) for entry in before.denied] == [("鄂E11111", old.words)]
    with registry_store.begin(NOON) as work:
        new = a_deny_entry(work.session, "鄂E22222", sites=None)
        take_off(work.session, old.id, within={OC1}, reason="查清", by="chen", now=NOON)
    changes = _changes(registry_store, before)
    assert [(entry.id, entry.sites) for entry in changes.denied] == [(new.id, None)]
    assert changes.removed_denied == {old.id}


def test_a_new_gate_site_or_crowd_of_permits_means_to_read_all_anew(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        holder = a_person(work.session)
    before = _facts(registry_store)
    with registry_store.begin(NOON) as work:
        a_gate(work.session)
    assert _changes(registry_store, before).structure_changed
    before = _facts(registry_store)
    with registry_store.begin(NOON) as work:
        a_site(work.session, "oc2")
    assert _changes(registry_store, before).structure_changed
    before = _facts(registry_store)
    with registry_store.begin(NOON) as work:
        new = NewPermit(holder=holder.id, plate="鄂E12345", year=2026, sites=frozenset({OC1}))
        issue_permits(work.session, [new], now=NOON)
    assert _changes(registry_store, before).structure_changed


def test_changes_lead_to_what_a_fresh_reading_gives(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        cards = [a_card(work.session) for _ in range(4)]
    before = _facts(registry_store)
    with registry_store.begin(NOON) as work:
        for card, step in zip(cards, (Step.REVOKE, Step.SUSPEND, Step.REPORT_LOST), strict=False):
            change_card(work.session, card.id, step, within={OC1}, reason="x", by="chen", now=NOON)
        a_permit(work.session)
    changes = _changes(registry_store, before)
    patched = {fact.id: fact for fact in before.credentials} | {fact.id: fact for fact in changes.credentials}
    after = _facts(registry_store)
    assert patched == {fact.id: fact for fact in after.credentials}
    assert changes.versions == after.versions


def test_however_much_there_is_it_takes_the_same_few_statements(registry_store: Store) -> None:
    told: list[str] = []
    event.listen(registry_store.engine, "before_cursor_execute", lambda *of: told.append(of[2]))

    def statements() -> list[str]:
        told.clear()
        _facts(registry_store)
        return list(told)

    fill(registry_store, range(1), permits_each=1)
    of_one = statements()
    fill(registry_store, range(1, 200), permits_each=10)
    assert len(_facts(registry_store).credentials) == 2 + 199 * 11
    assert statements() == of_one


def fill(store: Store, numbers: range, *, permits_each: int) -> None:
    """People with a card and some permits each."""
    with store.begin(NOON) as work:
        a_site(work.session)
        people = [NewPerson(site=OC1, name=f"职工{number}") for number in numbers]
        register_people(work.session, IDENTITY, people, now=NOON)
        plates = (numbers.start * permits_each + number for number in range(len(people) * permits_each))
        permits = [
            NewPermit(holder=people[place % len(people)].id, plate=f"鄂E{number:05}", year=2026, sites=frozenset({OC1}))
            for place, number in enumerate(plates)
        ]
        issue_permits(work.session, permits, now=NOON)
        cards = [
            NewCard(
                holder=person.id,
                number=f"{number:08}",
                valid_from=NOON,
                valid_until=NOON + timedelta(days=1),
                sites=frozenset({OC1}),
            )
            for person, number in zip(people, numbers, strict=True)
        ]
        issue_cards(work.session, cards, now=NOON)
