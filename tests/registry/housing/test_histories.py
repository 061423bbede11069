"""Random histories of rooms, tenancies, projects and passes: none leads to a pass that opens on what is over."""

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import select

from gateway.checks.rules import decide
from gateway.checks.shown import CardShown, PassShown, PinShown, Shown
from gateway.checks.snapshot import Snapshot
from gateway.checks.standing import Moment, choose
from registry.access.facts import CredentialFacts, CredentialKind, CredentialStatus, Passback
from registry.access.reading import access_changes, load_access
from registry.credentials.rules import Standing, standing
from registry.ids import GateId, SiteId
from registry.messages.reasons import Reason
from registry.passes.models import Card, Pin, QrPass
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.books import SHANGHAI, Books, Pass, midnight
from tests.makers.gateway import a_question
from tests.makers.histories import Town

IN_SHORT = 60
IN_FULL = 10_000
"""Shows 2 of step 3."""
STEPS = 18
_REASONS = {
    "open": Reason.OK,
    "early": Reason.NOT_YET_VALID,
    "expired": Reason.EXPIRED,
    "untrained": Reason.TRAINING_EXPIRED,
    "lease_ended": Reason.LEASE_ENDED,
    "project_ended": Reason.PROJECT_ENDED,
    "reported_lost": Reason.REPORTED_LOST,
    "revoked": Reason.REVOKED,
    "suspended": Reason.SUSPENDED,
}


class TakenBack(Exception):
    """Ends the transaction of a history."""


def said(facts: CredentialFacts, at: datetime) -> Reason:
    """What the gate says of one credential."""
    shown: Shown
    match facts.kind:
        case CredentialKind.CARD:
            shown = CardShown(raw=facts.key, key=facts.key)
        case CredentialKind.PIN:
            shown = PinShown(raw=facts.key, key=facts.key)
        case _:
            shown = PassShown(raw=facts.key, key=facts.key, signed=True)
    return decide(a_question(shown, facts, now=at, passback=Passback.OFF)).reason


def moments_of(books: Books, now: datetime) -> list[datetime]:
    """Now, and where something may turn: the ends of all days that a ground has, and the moments on both sides."""
    ends = {midnight(ground.last + timedelta(days=1)) for ground in books.grounds.values() if ground.last is not None}
    later = [at for end in sorted(ends) for at in (end - timedelta(microseconds=1), end) if at > now]
    return [now, *later[:4], now + timedelta(days=60)]


def agrees(snapshot: Snapshot, books: Books, now: datetime) -> None:
    """The gate says of every pass what the oracle says, and of what opens that its ground is not over."""
    assert snapshot.credentials.keys() == {one.id for one in books.passes.values()}
    for at in moments_of(books, now):
        for one in books.passes.values():
            facts = snapshot.credentials[one.id]  # type: ignore[index]  # a credential's id is a UUID
            answer = books.answer(one, at)
            assert said(facts, at) is _REASONS[answer], (answer, one, books.grounds[one.ground], at)
        opens_by_key(snapshot, books, at)


def opens_by_key(snapshot: Snapshot, books: Books, at: datetime) -> None:
    """Of several credentials of one number the gate takes one that opens, if any does."""
    moment = Moment(site=SiteId("oc1"), gate=GateId("oc1-north"), now=at, timezone=SHANGHAI)
    by_key: dict[tuple[CredentialKind, str], list[Pass]] = {}
    for one in books.passes.values():
        facts = snapshot.credentials[one.id]  # type: ignore[index]  # a credential's id is a UUID
        by_key.setdefault((facts.kind, facts.key), []).append(one)
    for (kind, key), those in by_key.items():
        taken = choose(snapshot.with_key(kind, key), moment)
        assert taken is not None
        opens = any(books.answer(one, at) == "open" for one in those)
        assert (said(taken, at) is Reason.OK) == opens


def live(store: Store, seed: int) -> None:
    """One history, looked at after every step, and taken back."""
    with pytest.raises(TakenBack), store.begin(NOON) as work:
        town = Town(work.session, Random(seed), NOON)
        town.settle()
        work.session.flush()
        heard = Snapshot.of(load_access(work.session))
        for _ in range(STEPS):
            name = town.step()
            work.session.flush()
            whole = Snapshot.of(load_access(work.session))
            changes = access_changes(work.session, heard.facts.versions)
            heard = whole if changes.structure_changed else heard.apply(changes)
            assert dict(heard.credentials) == dict(whole.credentials), name
            agrees(whole, town.books, town.now)
            nothing_valid_on_what_is_over(town)
        raise TakenBack


def nothing_valid_on_what_is_over(town: Town) -> None:
    """What the registry's own pages would call valid rests on something that is not over."""
    over = {ground.id for ground in town.books.grounds.values() if ground.is_over(town.now)}
    for table in (Card, QrPass, Pin):
        rows = select(table.id, table.tenancy_id, table.project_id, table.status, table.valid_from, table.valid_until)
        for id_, tenancy, project, status, since, until in town.session.execute(rows):
            ground: UUID | None = tenancy or project
            one = town.books.passes[id_]
            assert (status, since, until) == (one.state, one.since, one.until), one
            assert (
                standing(CredentialStatus(status), since, until, town.now) is not Standing.VALID or ground not in over
            )


@pytest.mark.parametrize(
    "seeds",
    [
        *(pytest.param(range(first, first + 30), marks=pytest.mark.timeout(600)) for first in range(0, IN_SHORT, 30)),
        *(
            pytest.param(range(first, first + 500), marks=[pytest.mark.soak, pytest.mark.timeout(3600)])
            for first in range(IN_SHORT, IN_FULL + IN_SHORT, 500)
        ),
    ],
    ids=lambda seeds: f"{seeds.start}-{seeds.stop - 1}",
)
def test_no_history_leads_to_a_valid_pass_on_an_ended_tenancy_or_project(registry_store: Store, seeds: range) -> None:
    for seed in seeds:
        live(registry_store, seed)
