"""Every (state, action, role) of a permit's life: what is not in the table is refused and changes nothing."""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from registry.access.facts import CredentialStatus
from registry.applications import service as applications
from registry.applications.service import NewApplication
from registry.auth.permissions import TABLE, Permission, Role
from registry.clock import Instant
from registry.credentials.rules import Step
from registry.ids import ApplicationId, CredentialId, UnitId, new_id
from registry.people.models import Person
from registry.permits import service as permits
from registry.permits.lifecycle import (
    APPROVED_CLASSES,
    WAYS,
    PermitAction,
    PermitState,
    permit_state,
    table_as_text,
    way,
)
from registry.permits.models import ApplicationState, PermitApplication, PermitClass, VehiclePermit
from registry.permits.service import NewPermit
from registry.permits.substitutes import name_substitute
from registry.problems import Problem
from registry.store import Store
from registry.tables import Base
from tests.fakes.clock import NOON
from tests.makers.permits import a_batch, a_doer, an_application
from tests.makers.registry import OC1, a_permit, a_person, a_unit

GOLDEN = Path(__file__).parents[2] / "golden" / "permit_lifecycle.txt"
STATUS = {
    PermitState.ISSUED: CredentialStatus.ACTIVE,
    PermitState.SUSPENDED: CredentialStatus.SUSPENDED,
    PermitState.REPORTED_LOST: CredentialStatus.REPORTED_LOST,
    PermitState.REPLACED: CredentialStatus.REPLACED,
    PermitState.REVOKED: CredentialStatus.REVOKED,
    PermitState.ENDED: CredentialStatus.ENDED,
}
APPLIED_FOR = {str(state) for state in ApplicationState} - {"issued"}
STEPS = {str(step) for step in Step}
CLASSES = (PermitClass.PRIVATE, PermitClass.OFFICIAL)
"""One that is reviewed, one that is approved."""
NEXT_YEAR = datetime(2027, 1, 2, tzinfo=UTC)


def test_the_table_is_what_was_agreed() -> None:
    if os.environ.get("DAYUAN_WRITE_GOLDEN"):
        GOLDEN.write_text(table_as_text(), encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == table_as_text()


def test_one_step_leads_to_one_state() -> None:
    for one, other in product(WAYS, WAYS):
        if one is not other and (one.state, one.action) == (other.state, other.action):
            assert {one.approved, other.approved} == {True, False}


def test_every_state_is_one_of_an_application_or_of_a_permit() -> None:
    found = {permit_state(None)}
    found |= {permit_state(state) for state in ApplicationState}
    found |= {
        permit_state(ApplicationState.ISSUED, status, is_over=over)
        for status in CredentialStatus
        for over in (False, True)
    }
    assert found == set(PermitState)
    assert {one.to for one in WAYS} | {PermitState.NONE, PermitState.ENDED, PermitState.EXPIRED} == set(PermitState)


def test_what_is_over_was_in_use_until_then() -> None:
    for status in CredentialStatus:
        is_final = status in {CredentialStatus.REVOKED, CredentialStatus.REPLACED, CredentialStatus.ENDED}
        before = permit_state(ApplicationState.ISSUED, status)
        after = permit_state(ApplicationState.ISSUED, status, is_over=True)
        assert after == (before if is_final else PermitState.EXPIRED)


Rows = Mapping[str, list[tuple[object, ...]]]


def everything(session: Session) -> Rows:
    """All rows of the store."""
    tables: list[Table] = Base.metadata.sorted_tables
    return {table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr) for table in tables}


class Case:
    """One permit in one state, of one class, and how each action is tried on it."""

    def __init__(self, session: Session, state: PermitState, permit_class: PermitClass) -> None:
        self.permit_class = permit_class
        unit = a_unit(session)
        a_batch(session, unit)
        self.unit = UnitId(unit.id)
        self.holder: Person = a_person(session, unit=unit)
        session.flush()
        self.application, self.permit = ApplicationId(new_id()), CredentialId(new_id())
        self.now: Instant = NEXT_YEAR if state is PermitState.EXPIRED else NOON
        if state in APPLIED_FOR:
            row = an_application(
                session, state=ApplicationState(state), unit=unit, person=self.holder, permit_class=permit_class
            )
            self.application = row.id
        elif state is not PermitState.NONE:
            status = STATUS.get(state, CredentialStatus.ACTIVE)
            made = a_permit(session, person=self.holder, permit_class=permit_class, status=status)
            made.unit_id = unit.id
            self.permit = made.id
        self.issued = state is not PermitState.NONE and self.permit_exists(session)
        session.flush()

    def permit_exists(self, session: Session) -> bool:
        return session.get(VehiclePermit, self.permit) is not None

    def attempt(self, session: Session, action: PermitAction, role: Role, state: PermitState) -> None:
        doer = a_doer(session, role, unit=self.unit if role is Role.UNIT_OFFICER else None)
        within = doer.sites[Permission.REGISTRY_WRITE]
        by, now, words = doer.name, self.now, "说明"
        new = NewApplication(
            unit_id=self.unit,
            holder=self.holder.id,
            plate="鄂E12345",
            year=2026,
            permit_class=self.permit_class,
            sites=frozenset({OC1}),
        )
        if state is PermitState.NONE and action is PermitAction.DRAFT:
            applications.draft(session, new, doer, now)
        elif state is PermitState.NONE and action is PermitAction.ISSUE:
            permit = NewPermit(
                holder=self.holder.id,
                plate="鄂E12345",
                year=2026,
                permit_class=self.permit_class,
                sites=frozenset({OC1}),
            )
            approves = doer.sites[Permission.PERMITS_APPROVE]
            permits.issue_permit(session, permit, within=within, approves=approves, by=by, now=now)
        elif self.issued and action in STEPS:
            permits.change_permit(session, self.permit, Step(action), within=within, reason=words, by=by, now=now)
        elif self.issued and action is PermitAction.REPLACE:
            permits.replace_permit(session, self.permit, within=within, by=by, now=now)
        elif self.issued and action is PermitAction.SUBSTITUTE:
            day = now.date()
            name_substitute(
                session, self.permit, "鄂E54321", first_day=day, last_day=day, within=within, by=by, now=now
            )
        elif action is PermitAction.CHANGE:
            applications.change(session, self.application, new, doer, now)
        else:
            applications.take(session, self.application, action, doer, words=words, now=now)

    def state(self, session: Session) -> PermitState:
        application = session.scalar(select(PermitApplication))
        permit = session.scalar(select(VehiclePermit).order_by(VehiclePermit.serial).limit(1))
        return permit_state(
            None if application is None else application.state,
            None if permit is None else permit.status,
            is_over=self.now == NEXT_YEAR,
        )


@pytest.mark.both_stores
@pytest.mark.parametrize("permit_class", CLASSES)
def test_what_is_not_in_the_table_is_refused_and_changes_nothing(
    registry_store: Store, permit_class: PermitClass
) -> None:
    came: dict[tuple[PermitState, PermitAction, Role], object] = {}
    agreed: dict[tuple[PermitState, PermitAction, Role], object] = {}
    with registry_store.begin(NOON) as work:
        for state in PermitState:
            with work.session.begin_nested() as lived:
                case = Case(work.session, state, permit_class)
                refuse_all_that_is_not_agreed(work.session, case, state, permit_class)
                for action, role in those(state, permit_class, agreed=True):
                    agreed[state, action, role] = way(state, action, permit_class).to  # type: ignore[union-attr]
                    came[state, action, role] = state_after(work.session, case, state, action, role)
                lived.rollback()
            work.session.expire_all()
    assert came == agreed
    assert len(came) > 40


def those(state: PermitState, permit_class: PermitClass, *, agreed: bool) -> Iterator[tuple[PermitAction, Role]]:
    """The actions and roles that the table has for a state, or those that it has not."""
    for action, role in product(PermitAction, Role):
        leads = way(state, action, permit_class)
        if (leads is not None and leads.asks in TABLE[role]) is agreed:
            yield action, role


def refuse_all_that_is_not_agreed(session: Session, case: Case, state: PermitState, permit_class: PermitClass) -> None:
    before = everything(session)
    for action, role in those(state, permit_class, agreed=False):
        with pytest.raises(Problem):
            case.attempt(session, action, role, state)
    session.flush()
    session.expire_all()
    assert everything(session) == before


def state_after(session: Session, case: Case, state: PermitState, action: PermitAction, role: Role) -> PermitState:
    with session.begin_nested() as tried:
        case.attempt(session, action, role, state)
        session.flush()
        session.expire_all()
        found = case.state(session)
        tried.rollback()
    session.expire_all()
    return found


def test_the_classes_of_the_test_are_of_both_sorts() -> None:
    assert [each in APPROVED_CLASSES for each in CLASSES] == [False, True]
