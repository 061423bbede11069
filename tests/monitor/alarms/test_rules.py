"""What may be done with an alarm, in every state."""

from collections.abc import Callable

import pytest

from monitor.alarms.rules import (
    Closing,
    Moved,
    Refusal,
    acknowledge,
    advance,
    assign,
    close,
    leaves_by_itself,
    merged_state,
)
from registry.messages.alarms import AlarmState, AlarmVerdict

NEW, ACK, VER, DIS, CON, END = AlarmState
REAL = Closing(verdict=AlarmVerdict.REAL, cause="有人翻墙")

OUTCOMES: dict[tuple[AlarmState, str], AlarmState | Refusal] = {
    (NEW, "acknowledge"): ACK,
    (ACK, "acknowledge"): Refusal.ACKNOWLEDGED_ALREADY,
    (VER, "acknowledge"): Refusal.ACKNOWLEDGED_ALREADY,
    (DIS, "acknowledge"): Refusal.ACKNOWLEDGED_ALREADY,
    (CON, "acknowledge"): Refusal.ACKNOWLEDGED_ALREADY,
    (END, "acknowledge"): Refusal.CLOSED_ALREADY,
    (NEW, "assign"): NEW,
    (ACK, "assign"): ACK,
    (VER, "assign"): VER,
    (DIS, "assign"): DIS,
    (CON, "assign"): CON,
    (END, "assign"): Refusal.CLOSED_ALREADY,
    (NEW, "verify"): Refusal.NOT_ACKNOWLEDGED,
    (ACK, "verify"): VER,
    (VER, "verify"): Refusal.STEP_BACK,
    (DIS, "verify"): Refusal.STEP_BACK,
    (CON, "verify"): Refusal.STEP_BACK,
    (END, "verify"): Refusal.CLOSED_ALREADY,
    (NEW, "dispatch"): Refusal.NOT_ACKNOWLEDGED,
    (ACK, "dispatch"): DIS,
    (VER, "dispatch"): DIS,
    (DIS, "dispatch"): Refusal.STEP_BACK,
    (CON, "dispatch"): Refusal.STEP_BACK,
    (END, "dispatch"): Refusal.CLOSED_ALREADY,
    (NEW, "contain"): Refusal.NOT_ACKNOWLEDGED,
    (ACK, "contain"): CON,
    (VER, "contain"): CON,
    (DIS, "contain"): CON,
    (CON, "contain"): Refusal.STEP_BACK,
    (END, "contain"): Refusal.CLOSED_ALREADY,
    (NEW, "close"): Refusal.NOT_ACKNOWLEDGED,
    (ACK, "close"): END,
    (VER, "close"): END,
    (DIS, "close"): END,
    (CON, "close"): END,
    (END, "close"): Refusal.CLOSED_ALREADY,
}
ACTIONS: dict[str, Callable[[AlarmState], Moved | Refusal]] = {
    "acknowledge": acknowledge,
    "assign": assign,
    "verify": lambda state: advance(state, VER),
    "dispatch": lambda state: advance(state, DIS),
    "contain": lambda state: advance(state, CON),
    "close": lambda state: close(state, priority=3, closing=REAL, by_officer=False),
}


def test_every_state_and_every_action_has_an_outcome() -> None:
    assert set(OUTCOMES) == {(state, action) for state in AlarmState for action in ACTIONS}


@pytest.mark.parametrize(("state", "action"), OUTCOMES)
def test_an_alarm_moves_as_the_table_says(state: AlarmState, action: str) -> None:
    expected = OUTCOMES[state, action]
    outcome = ACTIONS[action](state)
    assert outcome == (expected if isinstance(expected, Refusal) else Moved(state=expected))


@pytest.mark.parametrize("step", [NEW, ACK, END])
def test_acknowledging_and_closing_are_no_steps_in_between(step: AlarmState) -> None:
    with pytest.raises(ValueError, match="no step between"):
        advance(ACK, step)


@pytest.mark.parametrize(("priority", "refused"), [(1, True), (2, False), (3, False), (4, False)])
def test_a_priority_1_alarm_is_closed_by_an_officer(priority: int, *, refused: bool) -> None:
    outcome = close(ACK, priority=priority, closing=REAL, by_officer=False)
    assert (outcome is Refusal.OFFICER_NEEDED) is refused
    assert close(ACK, priority=priority, closing=REAL, by_officer=True) == Moved(state=END)


@pytest.mark.parametrize(("priority", "refused"), [(1, True), (2, True), (3, False), (4, False)])
def test_a_serious_alarm_is_closed_with_words(priority: int, *, refused: bool) -> None:
    blank = Closing(verdict=AlarmVerdict.NUISANCE, cause="  ", evidence=None)
    outcome = close(ACK, priority=priority, closing=blank, by_officer=True)
    assert outcome == (Refusal.WORDS_NEEDED if refused else Moved(state=END))


@pytest.mark.parametrize("closing", [REAL, Closing(verdict=AlarmVerdict.FAULT, evidence="录像 14:02")])
def test_a_cause_or_evidence_are_words_enough(closing: Closing) -> None:
    assert close(CON, priority=2, closing=closing, by_officer=False) == Moved(state=END)


@pytest.mark.parametrize("state", AlarmState)
def test_an_intrusion_never_leaves_by_itself(state: AlarmState) -> None:
    assert not leaves_by_itself(state, latched=True, returned=True)


@pytest.mark.parametrize("state", AlarmState)
def test_what_is_over_leaves_once_it_was_acknowledged_and_not_while_people_are_on_their_way(state: AlarmState) -> None:
    assert leaves_by_itself(state, latched=False, returned=True) is (state is ACK)
    assert not leaves_by_itself(state, latched=False, returned=False)


def test_what_nobody_acknowledged_stays_unacknowledged_when_incidents_become_one() -> None:
    assert merged_state(DIS, NEW) is NEW
    assert merged_state(ACK, VER) is ACK
