"""An engine that is dead or deaf is told as such, whatever it said before."""

from datetime import timedelta

import pytest

from monitor.pulse import queries
from monitor.pulse.rules import SILENCE, Pulse, fault_of_engine, fault_of_path
from registry.store import Store
from tests.fakes.clock import NOON
from tests.makers.pulse import a_pulse


def test_an_engine_that_lives_and_hears_everything_has_no_fault() -> None:
    assert fault_of_engine(a_pulse(), NOON) is None
    assert fault_of_engine(a_pulse(), NOON + SILENCE) is None


@pytest.mark.parametrize(
    ("pulse", "words"),
    [
        (None, "no sign of life yet"),
        (a_pulse(NOON - SILENCE - timedelta(milliseconds=1)), "no sign of life"),
        (a_pulse(NOON + timedelta(days=1)), "no sign of life"),
        (a_pulse(connected=False, hears_devices=False, unheard=4), "no connection"),
        (a_pulse(hears_devices=False, unheard=4), "hear the devices"),
        (a_pulse(unsent_seconds=10.1), "do not reach the broker"),
    ],
)
def test_a_dead_or_deaf_engine_breaks_the_path(pulse: Pulse | None, words: str) -> None:
    fault = fault_of_path(pulse, NOON)
    assert fault is not None
    assert words in fault
    assert fault_of_engine(pulse, NOON) == fault


def test_a_refused_foreign_topic_is_a_fault_but_the_path_of_our_devices_works() -> None:
    assert fault_of_path(a_pulse(unheard=1), NOON) is None
    assert "refuses 1" in (fault_of_engine(a_pulse(unheard=1), NOON) or "")


def test_the_newest_sign_is_kept(monitor_store: Store) -> None:
    with monitor_store.read() as session:
        assert queries.last_pulse(session) is None
    newer = a_pulse(NOON + timedelta(seconds=1), hears_devices=False, unheard=2)
    for pulse in (a_pulse(), newer):
        with monitor_store.begin(NOON) as work:
            queries.beat(work.session, pulse)
    with monitor_store.read() as session:
        assert queries.last_pulse(session) == newer
