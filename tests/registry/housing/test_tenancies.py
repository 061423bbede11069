"""A tenancy, those who live in it and what rests on it: it all ends together, and comes back together."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from registry.access.facts import CredentialStatus
from registry.credentials.grounds import GroundOver, NotOfGround, OutlivesGround, PrecedesGround
from registry.credentials.rules import Step
from registry.housing.files import FileOpen, NewFile, register_arrival
from registry.housing.models import ResidenceFile, RoomRow, Tenancy
from registry.housing.tenancies import (
    EndsAlready,
    InUse,
    LivesNotThere,
    LivesThereAlready,
    NewTenancy,
    add_occupant,
    begin_tenancy,
    end_tenancy,
    remove_occupant,
    what_ending_takes,
    withdraw_tenancy,
)
from registry.housing.undoing import NotUndone, can_be_undone, undo_ending
from registry.ids import CredentialId, PersonId, TenancyId, new_id
from registry.passes.models import Card
from registry.passes.service import NewCard, NewQrPass, change_card, issue_card, issue_qr_pass
from registry.people.models import Person
from registry.permits.models import PermitPlate
from registry.revisions.service import ChangedMeanwhile
from registry.store import Store, Work
from tests.fakes.clock import NOON
from tests.makers.housing import a_room, a_tenancy
from tests.makers.levels import a_pin
from tests.makers.registry import OC1, a_permit, a_person

pytestmark = pytest.mark.both_stores

HERE = {OC1}
TODAY = date(2026, 11, 23)
SUNDAY = date(2026, 11, 29)
SUNDAY_ENDS = datetime(2026, 11, 29, 16, tzinfo=UTC)
"""In Shanghai."""


def let(work: Work, *, last_day: date | None = None) -> tuple[Tenancy, Person, Person]:
    """A room let to 李娜, who lives there with 李明."""
    tenant, child = a_person(work.session, "李娜"), a_person(work.session, "李明")
    tenancy = a_tenancy(work.session, a_room(work.session), tenant, living=[child], last_day=last_day)
    return tenancy, tenant, child


def card(
    work: Work,
    tenancy: TenancyId,
    person: PersonId,
    number: str = "04A10001",
    *,
    days: int = 30,
    since: datetime = NOON,
) -> CredentialId:
    new = NewCard(
        holder=person,
        number=number,
        valid_from=since,
        valid_until=NOON + timedelta(days=days),
        sites=frozenset(HERE),
        tenancy_id=tenancy,
    )
    return issue_card(work.session, new, within=HERE, by="chen", now=NOON).id


def end(work: Work, tenancy: TenancyId, last_day: date = TODAY, *, read: int | None = None) -> Tenancy:
    return end_tenancy(work.session, tenancy, last_day, reason="搬走", read=read, within=HERE, by="chen", now=NOON)


def status(work: Work, card_id: CredentialId) -> CredentialStatus:
    return work.session.get_one(Card, card_id).status


def test_ending_a_tenancy_ends_its_passes_and_cancels_the_files_and_undoing_brings_them_back(
    registry_store: Store,
) -> None:
    with registry_store.begin(NOON) as work:
        tenancy, tenant, child = let(work)
        mine, childs = card(work, tenancy.id, tenant.id), card(work, tenancy.id, child.id, "04A10002")
        lost = card(work, tenancy.id, child.id, "04A10003")
        for one, step in ((childs, Step.SUSPEND), (lost, Step.REPORT_LOST)):
            change_card(work.session, one, step, within=HERE, reason="查", by="chen", now=NOON)
        new = NewFile(tenancy_id=tenancy.id, person_id=child.id, home="湖北省秭归县", purpose="上学")
        file = register_arrival(work.session, new, within=HERE, by="chen", now=NOON)
        told = what_ending_takes(work.session, tenancy.id, within=HERE)
        assert ({one.row.id for one in told.passes}, [one.id for one in told.files]) == ({mine, childs}, [file.id])
        end(work, tenancy.id)
        assert [status(work, one) for one in (mine, childs, lost)] == [
            CredentialStatus.ENDED,
            CredentialStatus.ENDED,
            CredentialStatus.REPORTED_LOST,
        ]
        assert (file.cancelled_at, tenancy.end_day, tenancy.ended_at) == (NOON, TODAY + timedelta(days=1), NOON)
    with registry_store.begin(NOON) as work:
        with pytest.raises(GroundOver):
            change_card(work.session, lost, Step.REINSTATE, within=HERE, reason="找到", by="chen", now=NOON)
        with pytest.raises(GroundOver):
            card(work, tenancy.id, tenant.id, "04A10004")
        assert can_be_undone(work.session, tenancy.id)
        undo_ending(work.session, tenancy.id, within=HERE, by="chen", now=NOON + timedelta(minutes=1))
        assert [status(work, one) for one in (mine, childs, lost)] == [
            CredentialStatus.ACTIVE,
            CredentialStatus.SUSPENDED,
            CredentialStatus.REPORTED_LOST,
        ]
        assert work.session.get_one(Card, childs).status_reason == "查"
        assert work.session.get_one(ResidenceFile, file.id).cancelled_at is None
        back = work.session.get_one(Tenancy, tenancy.id)
        assert (back.end_day, back.ended_at) == (None, None)
        with pytest.raises(NotUndone):
            undo_ending(work.session, tenancy.id, within=HERE, by="chen", now=NOON)


def test_an_ending_is_not_taken_back_when_the_room_is_let_anew_or_a_card_is_given_away(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        tenancy, tenant, child = let(work)
        card(work, tenancy.id, tenant.id)
        end(work, tenancy.id)

        def undo() -> str:
            with pytest.raises(NotUndone) as told:
                undo_ending(work.session, tenancy.id, within=HERE, by="chen", now=NOON)
            return str(told.value.facts["fault"])

        other, friend, _ = let_again(work, child)
        card(work, other.id, friend.id)
        assert undo() == "number"
        following = NewTenancy(room_id=tenancy.room_id, tenant_id=child.id, first_day=TODAY + timedelta(days=1))
        begin_tenancy(work.session, following, within=HERE, by="chen", now=NOON)
        assert undo() == "let"


def let_again(work: Work, tenant: Person) -> tuple[Tenancy, Person, RoomRow]:
    room = a_room(work.session, "301")
    return a_tenancy(work.session, room, tenant), tenant, room


def test_an_ending_is_not_taken_back_when_a_shared_plate_or_a_pin_is_somebody_elses_by_now(
    registry_store: Store,
) -> None:
    with registry_store.begin(NOON) as work:
        session = work.session
        tenancy, tenant, child = let(work)
        permit, pin = a_permit(session, "鄂E10001", person=tenant), a_pin(session, person=tenant)
        session.flush()
        session.add(PermitPlate(id=new_id(), permit_id=permit.id, plate="鄂E10002", plate_kind="civil", use="shared"))
        permit.tenancy_id = pin.tenancy_id = tenancy.id
        end_tenancy(session, tenancy.id, TODAY, reason="搬走", within=HERE, by="chen", now=NOON)

        def why() -> str:
            with pytest.raises(NotUndone) as told, session.begin_nested():
                undo_ending(session, tenancy.id, within=HERE, by="chen", now=NOON)
            return str(told.value.facts["fault"])

        other = a_permit(session, "鄂E10002", person=child)
        assert why() == "number"
        other.status = CredentialStatus.REVOKED
        taken = a_pin(session, person=child)
        session.flush()
        assert why() == "number"
        taken.status = CredentialStatus.REVOKED
        undo_ending(session, tenancy.id, within=HERE, by="chen", now=NOON)
        assert (permit.status, pin.status) == (CredentialStatus.ACTIVE, CredentialStatus.ACTIVE)


def test_a_pass_may_last_until_the_last_day_and_no_longer(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        tenancy, tenant, _ = let(work, last_day=SUNDAY)
        with pytest.raises(OutlivesGround) as told:
            card(work, tenancy.id, tenant.id)
        assert told.value.facts["last_day"] == "2026-11-29"
        with pytest.raises(PrecedesGround):
            card(work, tenancy.id, tenant.id, days=1, since=datetime(2025, 12, 31, 15, tzinfo=UTC))
        qr = NewQrPass(
            holder=tenant.id,
            valid_from=NOON,
            valid_until=SUNDAY_ENDS,
            sites=frozenset(HERE),
            tenancy_id=tenancy.id,
        )
        assert issue_qr_pass(work.session, qr, by="chen", now=NOON).tenancy_id == tenancy.id
        stranger = a_person(work.session, "赵敏")
        work.session.flush()
        with pytest.raises(NotOfGround):
            card(work, tenancy.id, stranger.id, days=1)


def test_an_earlier_last_day_shortens_the_passes_and_ends_what_would_begin_after_it(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        tenancy, tenant, child = let(work)
        long = card(work, tenancy.id, tenant.id)
        later = card(work, tenancy.id, child.id, "04A10002", since=SUNDAY_ENDS)
        end(work, tenancy.id, SUNDAY)
        assert (tenancy.ended_at, tenancy.end_day) == (None, SUNDAY + timedelta(days=1))
        assert work.session.get_one(Card, long).valid_until == SUNDAY_ENDS
        assert [status(work, one) for one in (long, later)] == [CredentialStatus.ACTIVE, CredentialStatus.ENDED]
        with pytest.raises(EndsAlready):
            end(work, tenancy.id, SUNDAY)
        undo_ending(work.session, tenancy.id, within=HERE, by="chen", now=NOON)
        assert work.session.get_one(Card, long).valid_until == NOON + timedelta(days=30)
        assert status(work, later) is CredentialStatus.ACTIVE
        assert tenancy.end_day is None


def test_who_leaves_a_room_that_stays_let_takes_nothing_along(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        tenancy, tenant, child = let(work)
        mine, childs = card(work, tenancy.id, tenant.id), card(work, tenancy.id, child.id, "04A10002")
        new = NewFile(tenancy_id=tenancy.id, person_id=child.id, home="秭归县")
        file = register_arrival(work.session, new, within=HERE, by="chen", now=NOON)
        with pytest.raises(FileOpen):
            register_arrival(work.session, new, within=HERE, by="chen", now=NOON)
        with pytest.raises(LivesThereAlready):
            add_occupant(work.session, tenancy.id, child.id, within=HERE, by="chen", now=NOON)
        remove_occupant(work.session, tenancy.id, child.id, within=HERE, by="chen", now=NOON)
        assert [status(work, one) for one in (mine, childs)] == [CredentialStatus.ACTIVE, CredentialStatus.REVOKED]
        assert file.cancelled_at == NOON
        with pytest.raises(NotOfGround):
            change_card(work.session, childs, Step.REINSTATE, within=HERE, reason="回来", by="chen", now=NOON)
        with pytest.raises(LivesNotThere):
            remove_occupant(work.session, tenancy.id, child.id, within=HERE, by="chen", now=NOON)
        add_occupant(work.session, tenancy.id, child.id, within=HERE, by="chen", now=NOON)
        change_card(work.session, childs, Step.REINSTATE, within=HERE, reason="回来", by="chen", now=NOON)


def test_what_was_entered_by_mistake_is_withdrawn_until_something_rests_on_it(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        tenancy, tenant, _ = let(work)
        room = tenancy.room_id
        assert withdraw_tenancy(work.session, tenancy.id, within=HERE, by="chen", now=NOON) == room
        assert work.session.scalar(select(Tenancy.id)) is None
        again = NewTenancy(room_id=room, tenant_id=tenant.id, occupants=[tenant.id], first_day=TODAY)
        begun = begin_tenancy(work.session, again, within=HERE, by="chen", now=NOON)
        card(work, begun.id, tenant.id)
        with pytest.raises(InUse):
            withdraw_tenancy(work.session, begun.id, within=HERE, by="chen", now=NOON)


def test_the_later_of_two_clerks_is_told_what_the_other_wrote(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        tenancy, _, child = let(work)
        remove_occupant(work.session, tenancy.id, child.id, within=HERE, by="wang", now=NOON)
        with pytest.raises(ChangedMeanwhile) as told:
            end(work, tenancy.id, read=0)
        assert told.value.facts["by"] == "wang"
        end(work, tenancy.id, read=2)
