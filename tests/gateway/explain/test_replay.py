"""Ten thousand past entries, asked again after the rules were changed twice, are told what they were told."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from gateway.checks.attempts import Attempt
from gateway.checks.circumstances import Closed
from gateway.checks.rules import Decision
from gateway.checks.shown import PassShown, PermitShown
from gateway.checks.snapshot import Snapshot
from gateway.entries.models import Entry
from gateway.explain.replaying import replay
from gateway.explain.world import World
from gateway.journal.batch import write
from gateway.journal.forms import Forms
from gateway.room import Audit
from gateway.web import routers
from registry.access.facts import AccessFacts, CredentialStatus, Direction, Ground, Passback, RestsOn
from registry.auth.permissions import Role
from registry.messages.reasons import Reason, Verdict
from registry.plates.grammar import PlateKind
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.gateway import (
    CARD,
    INSIDE,
    OC1,
    OC2,
    PLATE,
    YEAR_BEGINS,
    GateHouse,
    RegistryByHand,
    a_card,
    a_deny_entry,
    a_gate,
    a_gate_house,
    a_holder,
    a_permit,
    access_facts,
    an_attempt,
    card_shown,
    hears,
    plate_shown,
)
from tests.makers.journal import answer
from tests.makers.levels import a_calendar, a_level_fact
from tests.makers.web import a_browser, a_token

ENTRIES = 10_000
TOGETHER = 250
LEVEL = a_level_fact()


def the_facts(*, version: int = 7) -> AccessFacts:
    """A compound in which there is somebody for every reason that turns on the register."""
    over = RestsOn(ground=Ground.TENANCY, over_from=NOON)
    cards = [a_card(f"0A{number:04}", holder=a_holder(f"人{number}")) for number in range(200)]
    cards += [
        replace(a_card(f"0B{number:04}", holder=a_holder(f"级{number}")), levels=(LEVEL.id,)) for number in range(100)
    ]
    cards += [
        a_card("0C01", status=CredentialStatus.REPORTED_LOST),
        a_card("0C02", status=CredentialStatus.REVOKED),
        a_card("0C03", status=CredentialStatus.SUSPENDED),
        a_card("0C04", valid_until=NOON),
        a_card("0C05", valid_from=NOON + timedelta(days=9), valid_until=NOON + timedelta(days=10)),
        a_card("0C06", sites=[OC2]),
        a_card("0C07", gates=[]),
        a_card("0C08", rests_on=over),
        replace(a_card("0C09"), entries_allowed=1),
    ]
    facts = access_facts(*cards, a_permit(), a_permit("鄂E66666"), denied=(a_deny_entry("鄂E66666"),), version=version)
    return replace(facts, levels={LEVEL.id: LEVEL}, calendars={OC1: a_calendar({})})


def changed_once(facts: AccessFacts) -> AccessFacts:
    """Every level closed, every other card suspended, no anti-passback."""
    shut = replace(LEVEL, gates=frozenset())
    cards = tuple(
        replace(one, status=CredentialStatus.SUSPENDED) if number % 2 else one
        for number, one in enumerate(facts.credentials)
    )
    areas = {area: replace(one, passback_people=Passback.OFF) for area, one in facts.areas.items()}
    return replace(facts, credentials=cards, areas=areas, levels={LEVEL.id: shut})


def changed_again(facts: AccessFacts) -> AccessFacts:
    """Everything that was valid this year has never been, the deny list is empty, and people come by twos."""
    cards = tuple(replace(one, valid_from=YEAR_BEGINS, valid_until=YEAR_BEGINS) for one in facts.credentials)
    areas = {area: replace(one, two_person=True) for area, one in facts.areas.items()}
    return replace(facts, credentials=cards, areas=areas, denied=())


def some_attempts(chance: random.Random) -> Iterator[Attempt]:
    shown: list[Callable[[], Any]] = [
        lambda: card_shown(f"0A{chance.randrange(200):04}"),
        lambda: card_shown(f"0B{chance.randrange(100):04}"),
        lambda: card_shown(f"0C0{chance.randrange(1, 10)}"),
        lambda: card_shown("FFFF"),
        lambda: plate_shown(chance.choice([PLATE, "鄂E66666", "鄂E99999"])),
        lambda: plate_shown("鄂A1234警", form=PlateKind.POLICE),
        lambda: plate_shown("糊", form=None),
        lambda: PassShown(raw="x", key="x", signed=False),
        lambda: PermitShown(raw="2026-0001", key="2026-0001"),
    ]
    weights = [50, 25, 10, 3, 6, 2, 2, 1, 1]
    while True:
        direction = Direction.IN if chance.random() < 0.6 else Direction.OUT
        yield an_attempt(chance.choices(shown, weights)[0](), direction=direction)


def test_ten_thousand_entries_are_told_again_what_they_were_told(store: Store) -> None:
    facts = the_facts()
    snapshot, forms, attempts = Snapshot.of(facts), Forms(b"k" * 32), some_attempts(random.Random(1))
    for number in range(ENTRIES // TOGETHER):
        now = NOON + number * timedelta(hours=1, minutes=7)
        with store.begin_bare() as connection:
            write(connection, [next(attempts) for _ in range(TOGETHER)], snapshot, forms, now)
    later = World(
        snapshot=Snapshot.of(changed_again(changed_once(facts))),
        closed={INSIDE: Closed(area=INSIDE, lockdown=True, threat_level=0)},
    )
    reasons: Counter[Reason] = Counter()
    otherwise = 0
    with store.read() as session:
        for verdict, reason, question in session.execute(select(Entry.verdict, Entry.reason, Entry.question)):
            replayed = replay(question, later)
            assert replayed.again == Decision(verdict, reason)
            reasons[reason] += 1
            otherwise += replayed.today != replayed.again
    assert reasons.total() == ENTRIES
    assert set(reasons) >= {
        Reason.DENIED_LIST,
        Reason.BAD_SIGNATURE,
        Reason.UNKNOWN_CREDENTIAL,
        Reason.PLATE_AMBIGUOUS,
        Reason.REPORTED_LOST,
        Reason.REVOKED,
        Reason.SUSPENDED,
        Reason.LEASE_ENDED,
        Reason.NOT_YET_VALID,
        Reason.EXPIRED,
        Reason.WRONG_SITE,
        Reason.NO_LEVEL,
        Reason.OUTSIDE_HOURS,
        Reason.PASSBACK,
        Reason.ALREADY_USED,
        Reason.OK,
        Reason.OK_SOFT_PASSBACK,
        Reason.OK_EMERGENCY,
    }
    assert otherwise > ENTRIES / 3, "the rules of today are others"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[GateHouse]:
    level = replace(LEVEL, gates=frozenset(the_facts().gates))
    facts = access_facts(a_card(), replace(a_card("0B"), levels=(level.id,)), a_permit())
    facts = replace(facts, levels={level.id: level}, calendars={OC1: a_calendar({})})
    with a_gate_house(tmp_path, RegistryByHand(facts), {}) as house:
        yield house


AsRole = Callable[..., TestClient]


@pytest.fixture
def as_role(house: GateHouse) -> Iterator[AsRole]:
    with ExitStack() as opened:

        def signed_in(role: Role, **where: Any) -> TestClient:
            token = a_token(house.parts, role, name=f"{role}-{where}", **where)
            return opened.enter_context(a_browser(house.parts, *routers(), bearer=token))

        yield signed_in


def test_an_entry_is_replayed_beside_what_today_would_say(house: GateHouse, as_role: AsRole) -> None:
    entry = answer(house.desk, an_attempt())["entry_id"]
    guard = as_role(Role.GUARD)
    ok = {"verdict": "granted", "reason": "ok"}
    path = f"/api/gateway/entries/{entry}/replay"
    replayed = {"entry_id": entry, "told": ok, "again": ok, "same": True, "today": ok}
    assert guard.post(path).json() == replayed
    hears(house, access_facts(a_card(status=CredentialStatus.REVOKED), version=9))
    revoked = {"verdict": "denied", "reason": "revoked"}
    assert guard.post(path).json() == replayed | {"today": revoked}
    hears(house, access_facts(gates=(a_gate("oc1-other"),)))  # type: ignore[arg-type]
    assert guard.post(path).json() == replayed | {"today": None}
    assert as_role(Role.GUARD, site=OC2).post(path).status_code == 404
    assert guard.post(f"/api/gateway/entries/{uuid4()}/replay").status_code == 404


def test_who_asked_whom_a_gate_lets_in_stands_in_the_audit(house: GateHouse, as_role: AsRole) -> None:
    clerk = as_role(Role.CLERK)
    clerk.get("/api/gateway/who-can?gate=oc1-north&q=王")
    clerk.post("/api/gateway/what-if", json={"change": {"kind": "denial", "credential": "card", "value": CARD}})
    with house.desk.store.read() as session:
        acts = session.execute(select(Audit.action, Audit.facts).order_by(Audit.position)).all()
    assert [act.action for act in acts] == ["who-can-listed", "what-if-listed"]
    assert "王" not in acts[0].facts


def test_who_could_pass_is_counted_searched_and_paged(as_role: AsRole) -> None:
    clerk = as_role(Role.CLERK)
    asked = "/api/gateway/who-can?gate=oc1-north&at=2026-11-23T13:00:00Z"
    told = clerk.get(asked).json()
    assert (told["people"], told["vehicles"], told["found"], told["next"]) == (1, 1, 3, None)
    assert told["verdicts"] == {"granted": 2, "denied": 1}
    assert told["reasons"] == {"outside_hours": 1}
    granted = clerk.get(f"{asked}&verdict=granted&q=王建国").json()
    assert [one["credential"]["key"] for one in granted["items"]] == [CARD]
    first = clerk.get(f"{asked}&limit=2").json()
    assert (len(first["items"]), first["next"], first["found"]) == (2, 2, 3)
    assert len(clerk.get(f"{asked}&limit=2&after=2").json()["items"]) == 1
    assert as_role(Role.CLERK, site=OC2).get(asked).status_code == 404
    assert as_role(Role.GUARD).get(asked).status_code == 403
    assert clerk.get("/api/gateway/who-can?gate=oc1-north&at=1999-11-23T13:00:00Z").status_code == 422


GROUP = {"site": "oc1", "kind": "card"}
HOURS = ["08:00-12:00"] * 5 + ["", ""]


@pytest.mark.parametrize(
    ("change", "gains", "loses"),
    [
        ({"kind": "level", "level": str(LEVEL.id), "hours": HOURS, "gates": ["oc1-north"]}, 0, 1),
        ({"kind": "level_given", "level": str(LEVEL.id), "group": GROUP}, 0, 1),
        ({"kind": "level_taken", "level": str(LEVEL.id), "group": GROUP}, 0, 1),
        ({"kind": "day", "site": "oc1", "day": "2026-11-24", "day_kind": "holiday"}, 0, 1),
        ({"kind": "denial", "credential": "plate", "value": "鄂E·12345"}, 0, 1),
        ({"kind": "denial", "credential": "card", "value": CARD, "sites": ["oc1"]}, 0, 1),
        ({"kind": "area", "site": "oc1", "area": "oc1-inside", "lockdown": True}, 0, 3),
    ],
)
def test_a_change_says_who_gains_and_loses_before_it_is_made(
    as_role: AsRole, change: dict[str, Any], gains: int, loses: int
) -> None:
    told = as_role(Role.SECURITY_OFFICER).post("/api/gateway/what-if", json={"change": change})
    assert told.status_code == 200, told.text
    assert (told.json()["gains"]["credentials"], told.json()["loses"]["credentials"]) == (gains, loses)
    assert told.json()["day"] == "2026-11-23"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"kind": "level", "level": str(uuid4())}, 404),
        ({"kind": "level", "level": str(LEVEL.id), "hours": ["immer"] * 7}, 422),
        ({"kind": "denial", "credential": "plate", "value": "??"}, 422),
        ({"kind": "area", "site": "oc1", "area": "nowhere"}, 404),
        ({"kind": "day", "site": "oc1", "day": "2199-01-01", "day_kind": None}, 422),
        ({"kind": "day", "site": "oc2", "day": "2026-11-24", "day_kind": None}, 404),
        ({"kind": "miracle"}, 422),
    ],
)
def test_a_change_that_cannot_be_is_told_so(as_role: AsRole, change: dict[str, Any], status: int) -> None:
    assert as_role(Role.CLERK).post("/api/gateway/what-if", json={"change": change}).status_code == status


def test_a_refusal_by_the_guard_is_no_matter_of_the_replay(house: GateHouse, as_role: AsRole) -> None:
    """What is replayed is what the gate told; what the guard decided then is his."""
    told = answer(house.desk, an_attempt(plate_shown("鄂E00000")))
    guard = as_role(Role.GUARD)
    decision = {"verdict": "granted", "reason": "host_confirmed"}
    guard.post(f"/api/gateway/entries/{told['entry_id']}/decision", json=decision)
    again = guard.post(f"/api/gateway/entries/{told['entry_id']}/replay").json()
    assert again["again"] == {"verdict": Verdict.REFER, "reason": Reason.UNKNOWN_CREDENTIAL}
    assert again["same"] is True
