"""What the gates know, and how it becomes what they know next."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.checks.snapshot import NothingKnown, Snapshot, SnapshotKeeper
from registry.access.facts import CredentialFacts, CredentialKind, CredentialStatus, Passback
from registry.ids import AreaId
from tests.fakes.clock import FixedClock
from tests.makers.gateway import (
    CARD,
    INSIDE,
    NORTH,
    OC1,
    PLATE,
    RegistryByHand,
    a_card,
    a_deny_entry,
    a_gate,
    a_permit,
    access_facts,
    changes,
)

KEYS = ("1111", "2222", "3333")


def known(snapshot: Snapshot, *keys: str) -> dict[str, set[CredentialFacts]]:
    return {key: set(snapshot.with_key(CredentialKind.CARD, key)) for key in keys}


def test_permits_of_several_years_are_found_under_one_plate() -> None:
    last, this = a_permit(year=2025), a_permit(year=2026)
    assert set(Snapshot.of(access_facts(last, this)).with_key(CredentialKind.PLATE, PLATE)) == {last, this}


def test_a_number_of_one_kind_is_not_found_as_another_kind() -> None:
    assert Snapshot.of(access_facts(a_card())).with_key(CredentialKind.QR, CARD) == ()


def test_a_card_that_got_another_number_is_no_longer_found_under_the_old_one() -> None:
    card = a_card("1111")
    after = Snapshot.of(access_facts(card)).apply(changes(replace(card, key="2222")))
    assert known(after, "1111", "2222") == {"1111": set(), "2222": {replace(card, key="2222")}}


def test_a_change_leaves_the_snapshot_before_it_whole() -> None:
    before = Snapshot.of(access_facts(a_card()))
    after = before.apply(changes(a_card(status=CredentialStatus.REVOKED)))
    assert before.with_key(CredentialKind.CARD, CARD) == (a_card(),)
    assert after.with_key(CredentialKind.CARD, CARD) == (a_card(status=CredentialStatus.REVOKED),)
    assert (before.version(OC1), after.version(OC1)) == (7, 8)


def test_the_deny_list_follows_its_changes() -> None:
    first, second = a_deny_entry("鄂E11111"), a_deny_entry("鄂E22222")
    snapshot = Snapshot.of(access_facts(denied=(first,))).apply(changes(denied=(second,)))
    assert snapshot.denied_with_key(CredentialKind.PLATE, "鄂E11111") == (first,)
    snapshot = snapshot.apply(changes(removed_denied=[first.id]))
    assert snapshot.denied_with_key(CredentialKind.PLATE, "鄂E11111") == ()
    assert snapshot.denied_with_key(CredentialKind.PLATE, "鄂E22222") == (second,)


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(KEYS), st.sampled_from([*CredentialStatus, None]), st.sampled_from(KEYS)), max_size=12
    )
)
def test_changes_one_by_one_end_where_loading_all_anew_ends(
    steps: list[tuple[str, CredentialStatus | None, str]],
) -> None:
    snapshot = Snapshot.of(access_facts())
    register: dict[str, CredentialFacts] = {}
    for number, status, key in steps:
        card = a_card(number)
        if status is None:
            register.pop(number, None)
            snapshot = snapshot.apply(changes(removed=[card.id]))
        else:
            register[number] = replace(card, status=status, key=key)
            snapshot = snapshot.apply(changes(register[number]))
    assert known(snapshot, *KEYS) == known(Snapshot.of(access_facts(*register.values())), *KEYS)


def test_vehicles_and_people_have_each_their_own_anti_passback() -> None:
    snapshot = Snapshot.of(access_facts(people=Passback.HARD, vehicles=Passback.SOFT))
    assert snapshot.passback(INSIDE, CredentialKind.CARD) is Passback.HARD
    assert snapshot.passback(INSIDE, CredentialKind.QR) is Passback.HARD
    assert snapshot.passback(INSIDE, CredentialKind.PLATE) is Passback.SOFT
    assert snapshot.passback(AreaId("nowhere"), CredentialKind.CARD) is Passback.OFF


def test_before_the_registry_has_answered_nothing_is_known(clock: FixedClock) -> None:
    keeper = SnapshotKeeper(RegistryByHand(), clock)
    with pytest.raises(NothingKnown):
        _ = keeper.snapshot
    assert keeper.heard_at is None


def test_a_registry_that_falls_silent_leaves_what_is_known_and_since_when(clock: FixedClock) -> None:
    registry = RegistryByHand(access_facts(a_card()))
    keeper = SnapshotKeeper(registry, clock)
    keeper.poll()
    heard = clock.now()
    registry.failure = ConnectionError("cut")
    with pytest.raises(ConnectionError):
        keeper.poll()
    assert keeper.snapshot.with_key(CredentialKind.CARD, CARD) == (a_card(),)
    assert keeper.heard_at == heard


def test_nothing_new_makes_no_new_snapshot(clock: FixedClock) -> None:
    keeper = SnapshotKeeper(RegistryByHand(), clock)
    keeper.poll()
    before = keeper.snapshot
    keeper.poll()
    assert keeper.snapshot is before


def test_a_revoked_card_is_known_after_the_next_poll(clock: FixedClock) -> None:
    registry = RegistryByHand(access_facts(a_card()))
    keeper = SnapshotKeeper(registry, clock)
    keeper.poll()
    registry.pending = changes(a_card(status=CredentialStatus.REVOKED))
    keeper.poll()
    assert keeper.snapshot.with_key(CredentialKind.CARD, CARD)[0].status is CredentialStatus.REVOKED


def test_a_new_gate_is_known_because_all_is_loaded_anew(clock: FixedClock) -> None:
    registry = RegistryByHand(access_facts(gates=()))
    keeper = SnapshotKeeper(registry, clock)
    keeper.poll()
    assert keeper.snapshot.gate(NORTH) is None
    registry.facts = access_facts(gates=(a_gate(),))
    registry.pending = changes(structure_changed=True)
    keeper.poll()
    assert keeper.snapshot.gate(NORTH) == a_gate()


def test_when_many_have_changed_the_roll_is_read_anew(clock: FixedClock) -> None:
    registry = RegistryByHand(access_facts(a_card("1111"), a_card("2222")))
    keeper = SnapshotKeeper(registry, clock, most_changed=1)
    keeper.poll()
    both = (a_card("1111", status=CredentialStatus.REVOKED), a_card("2222", status=CredentialStatus.REVOKED))
    registry.facts, registry.pending = access_facts(*both), changes(*both)
    keeper.poll()
    assert keeper.snapshot.credentials.changes == 0
    assert known(keeper.snapshot, "1111", "2222") == {"1111": {both[0]}, "2222": {both[1]}}
