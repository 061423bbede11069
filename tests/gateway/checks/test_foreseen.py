"""What is foreseen at a gate is what its rules say when they are asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from gateway.checks import rules
from gateway.checks.circumstances import NOTHING_PARTICULAR
from gateway.checks.question import Question
from gateway.checks.rules import Decision
from gateway.checks.snapshot import Snapshot
from registry.access.facts import AccessChanges, CredentialStatus
from registry.clock import Instant
from registry.messages.reasons import Reason, Verdict
from tests.gateway.checks.test_oracle import asked
from tests.makers.oracle import Case
from tests.makers.random_cases import SITES, cases

CLOCKS_CHANGE = {
    "Europe/Berlin": ((2028, 3, 26, 1), (2028, 10, 29, 1)),
    "Australia/Lord_Howe": ((2028, 4, 1, 15), (2028, 9, 30, 15)),
    "America/St_Johns": ((2028, 3, 12, 5), (2028, 11, 5, 4)),
}
"""Zones, one of which moves by half an hour and one that is half an hour off, and the hours (UTC) in which they do."""


def calm(case: Case) -> Case:
    return replace(case, inside=None, circumstances=NOTHING_PARTICULAR)


def foreseen(snapshot: Snapshot, question: Question) -> Decision | None:
    return snapshot.foreseen.verdict(question.shown, question.gate, question.now)


def test_what_is_foreseen_is_what_the_rules_say_and_much_is_foreseen() -> None:
    snapshots: dict[int, Snapshot] = {}
    told = {True: 0, False: 0}
    for case in map(calm, cases(seed=5, count=20_000)):
        snapshot = snapshots.get(id(case.facts))
        if snapshot is None:
            snapshots = {id(case.facts): (snapshot := Snapshot.of(case.facts))}
        question = asked(case, snapshot)
        verdict = foreseen(snapshot, question)
        told[verdict is not None] += 1
        assert verdict in (None, rules.decide(question)), case
    assert told[True] > 8_000, told


@pytest.mark.parametrize("zone", CLOCKS_CHANGE)
def test_clocks_that_are_put_forward_or_back_are_foreseen(zone: str) -> None:
    draw = Random(zone)
    some = [calm(case) for case in cases(seed=6, count=1_500)]
    snapshots = {id(one.facts): Snapshot.of(in_zone(one, zone).facts) for one in some}
    for case in some:
        snapshot = snapshots[id(case.facts)]
        for now in {around(draw.choice(CLOCKS_CHANGE[zone]), draw) for _ in range(4)}:
            question = asked(replace(in_zone(case, zone), now=now), snapshot)
            assert foreseen(snapshot, question) in (None, rules.decide(question)), case


def test_what_changes_is_not_foreseen_as_it_was() -> None:
    """Each credential is asked about, then taken back, then its levels open no more gate; the others stay as they are."""
    some = [calm(case) for case in cases(seed=7, count=250)]
    snapshot = Snapshot.of(some[0].facts)
    for case in some:
        snapshot.foreseen.verdict(case.shown, case.gate.id, case.now)
    revoked = [replace(one, status=CredentialStatus.REVOKED) for one in list(snapshot.credentials.values())[::2]]
    changed = AccessChanges(
        versions={},
        credentials=tuple(revoked),
        removed_credentials=frozenset(),
        denied=tuple(replace(line, valid_until=None) for line in snapshot.denied.values()),
        removed_denied=frozenset(),
        structure_changed=False,
    )
    without_levels = {level.id: replace(level, gates=frozenset()) for level in snapshot.facts.levels.values()}
    after = snapshot.apply(changed)
    for known in (after, after.apply(replace(changed, levels=without_levels))):
        said = set()
        for case in some:
            question = asked(case, known)
            said.add(verdict := foreseen(known, question))
            assert verdict in (None, rules.decide(question)), case
        assert Decision(Verdict.DENIED, Reason.REVOKED) in said


def in_zone(case: Case, zone: str) -> Case:
    return replace(case, facts=replace(case.facts, timezones=dict.fromkeys(SITES, zone)))


def around(hour: tuple[int, int, int, int], draw: Random) -> Instant:
    minutes = draw.choice((draw.randrange(-90, 150), draw.randrange(-1440, 1440)))
    return datetime(*hour, tzinfo=UTC) + timedelta(minutes=minutes, seconds=draw.choice((0, 0, 59)))
