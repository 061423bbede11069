"""What the demonstration's units apply for next year."""

from collections import Counter
from datetime import date

import pytest

from deploy.demo.applying import APPLIED, draw_applying
from registry.applications import queries
from registry.applications.many import add_applications, add_batches
from registry.ids import PersonId, UnitId
from registry.permits.models import ApplicationState
from registry.permits.service import NewPermit
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.registry import OC1, a_person, a_site, a_unit

TODAY = date(2026, 11, 23)


def permits(unit: UnitId, holder: PersonId) -> list[NewPermit]:
    return [
        NewPermit(holder=holder, unit_id=unit, plate=f"鄂E{10000 + number}", year=2026, sites=frozenset({OC1}))
        for number in range(APPLIED + 40)
    ]


@pytest.mark.both_stores
def test_a_clerk_finds_applications_in_every_state_with_their_steps(registry_store: Store) -> None:
    with registry_store.begin(NOON) as work:
        session = work.session
        a_site(session)
        unit = UnitId(a_unit(session).id)
        holder = a_person(session).id
        session.flush()
        drawn = draw_applying(20, permits(unit, holder), [unit], TODAY)
        assert drawn == draw_applying(20, permits(unit, holder), [unit], TODAY)
        add_batches(session, drawn.batches, by="demo", now=NOON)
        add_applications(session, drawn.applications, unit_officer="officer", clerk="clerk", now=NOON)
    with registry_store.read() as session:
        found = queries.applications(session, units=frozenset({(None, unit)}), limit=APPLIED + 1)
        count = Counter(listed.application.state for listed in found)
        last = {listed.application.state: queries.steps(session, listed.application.id)[-1] for listed in found}
        batch = queries.batch(session, unit, 2027)
    assert count.total() == APPLIED
    assert set(count) == {
        ApplicationState.DRAFT,
        ApplicationState.APPLIED,
        ApplicationState.REVIEWED,
        ApplicationState.RETURNED,
    }
    assert batch is not None
    assert batch.closing_day == date(2026, 12, 31)
    assert last[ApplicationState.RETURNED].words == "缺行驶证复印件"
    assert (last[ApplicationState.REVIEWED].action, last[ApplicationState.REVIEWED].role) == ("review", "clerk")
