"""Makers of what a site says in a while, and of the ways in which it arrives."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from monitor.anomalies.signals import Signal
from tests.makers.monitor import a_beam, a_motion, a_scan, a_try, seconds
from tests.makers.patrols import TAGS, minutes


def a_log_of_the_wall(seed: int) -> list[Signal]:
    """Half an hour at the north wall: passers-by, bursts, quiet; motions that last, beams that stay blocked, lost pictures."""
    chance = random.Random(seed)
    signals: list[Signal] = []
    signals += [
        a_motion(seconds(chance.uniform(0, 1800)), event_id=f"l{number}", what="signal_lost", state="start")
        for number in range(chance.randint(0, 2))
    ]
    for number in range(chance.randint(2, 14)):
        at = chance.uniform(0, 1800) if chance.random() < 0.5 else chance.uniform(0, 300)
        make = chance.choice([a_beam, a_motion])
        if chance.random() < 0.5:
            signals.append(make(seconds(at), event_id=f"i{number}"))
        else:
            lasting = {"activity": f"a{number}"}
            lasts = chance.uniform(1, 90)
            signals.append(make(seconds(at), event_id=f"s{number}", state="start", **lasting))
            if chance.random() < 0.8:  # an end may get lost with its camera
                signals.append(make(seconds(at + lasts), event_id=f"e{number}", state="end", **lasting))
    return signals


def a_log_of_a_patrol(seed: int) -> list[Signal]:
    """Scans about the noon round of `a_planned_tour`: early, at the last moment, too late, twice, or not at all."""
    chance = random.Random(seed)
    signals: dict[str, Signal] = {}
    for number in range(2):
        missed_at = 17 + 10 * number
        for _ in range(chance.randint(0, 3)):
            at = missed_at + chance.uniform(-0.2, 0.2) if chance.random() < 0.6 else chance.uniform(-10, 90)
            scan = a_scan(TAGS[number], minutes(at))
            signals[scan.key.id] = scan
    return list(signals.values())


def a_log_of_the_gate(seed: int) -> list[Signal]:
    """Two vehicles that try their luck in an hour, and are let in now and then."""
    chance = random.Random(seed)
    return [
        a_try(
            seconds(chance.uniform(0, 600) + 1800 * chance.randint(0, 1)),
            event_id=f"t{number}",
            plate=chance.choice(["鄂E12345", "鄂E54321"]),
            verdict=chance.choice(["denied", "denied", "denied", "granted"]),
        )
        for number in range(chance.randint(0, 10))
    ]


def a_log_of_a_site(seed: int) -> list[Signal]:
    """All that a compound says in an afternoon, in the order of its arrival: late, kept offline, and some of it twice."""
    chance = random.Random(seed)
    at_once = arrivals([*a_log_of_the_wall(seed), *a_log_of_the_gate(seed)], chance)
    late = kept_offline(a_log_of_a_patrol(seed), chance)
    return sorted([*at_once, *late], key=lambda signal: signal.received_at)


def arrivals(log: Sequence[Signal], chance: random.Random) -> list[Signal]:
    """Each signal up to ten seconds late, and every twentieth twice; in the order of arrival."""
    delayed = [_later(signal, chance.uniform(0, 10)) for signal in log]
    delayed += [_later(signal, chance.uniform(0, 60)) for signal in delayed if chance.random() < 0.05]
    return sorted(delayed, key=lambda signal: signal.received_at)


def kept_offline(log: Sequence[Signal], chance: random.Random) -> list[Signal]:
    """Every other signal comes up to an hour late; in the order of arrival."""
    delayed = [_later(signal, chance.choice([0, chance.uniform(0, 3600)])) for signal in log]
    return sorted(delayed, key=lambda signal: signal.received_at)


def _later(signal: Signal, delay: float) -> Signal:
    return replace(signal, received_at=signal.received_at + timedelta(seconds=delay))
