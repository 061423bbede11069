from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.plates.decoding import ALPHABET, Columns, candidates, log_likelihoods
from registry.plates.grammar import Plate, parse_plate
from registry.plates.reader import LEAST_SCORE


def seen(*columns: dict[str, float]) -> Columns:
    """What a recogniser saw, a column each: probabilities by character, the rest is blank."""
    told = np.zeros((len(columns), 1 + len(ALPHABET)), np.float32)
    for row, column in enumerate(columns):
        for sign, chance in column.items():
            told[row, 1 + ALPHABET.index(sign)] = chance
        told[row, 0] = max(0.0, 1 - sum(column.values()))
    return told


def spelled(text: str) -> Columns:
    """A recogniser that is sure of each character, with a blank between."""
    return seen(*(column for sign in text for column in ({sign: 1.0}, {})))


@pytest.mark.parametrize("text", ["鄂E12345", "鄂E88888", "鄂ED12345", "皖Q0686学", "粤OA2160", "皖1149885"])
def test_a_plate_that_is_plainly_seen_is_read(text: str) -> None:
    assert candidates(spelled(text), tries=1) == [text]


@pytest.mark.parametrize("text", ["", "警警警", "12345", "鄂E1234", "鄂E123456"])
def test_what_no_plate_may_be_is_at_most_a_guess_too_poor_to_tell(text: str) -> None:
    told = spelled(text) if text else seen({})
    texts = candidates(told, tries=4)
    assert all(likelihood < log(LEAST_SCORE) * 7 for likelihood in log_likelihoods(told, [*texts, "鄂E12345"]))


def test_the_grammar_decides_what_the_recogniser_cannot() -> None:
    unsure = seen(
        {"鄂": 1}, {}, {"8": 0.7, "B": 0.3}, {}, *(column for sign in "12345" for column in ({sign: 1.0}, {}))
    )
    assert candidates(unsure, tries=1) == ["鄂B12345"]


def test_the_likelier_text_has_the_greater_likelihood() -> None:
    told = seen(*({sign: 0.9} for sign in "鄂E1234"), {"5": 0.6, "S": 0.3})
    five, letter = log_likelihoods(told, ["鄂E12345", "鄂E1234S"])
    assert five > letter


def test_likelihood_sums_every_way_to_spell() -> None:
    told = seen(*({sign: 1.0} for sign in "鄂E1234"), {"5": 0.5}, {"5": 0.5})
    (likelihood,) = log_likelihoods(told, ["鄂E12345"])
    assert np.exp(likelihood) == pytest.approx(0.75, abs=1e-4)


@settings(max_examples=30)
@given(data=st.data(), columns=st.integers(1, 24))
def test_noise_gives_plates_or_nothing(data: st.DataObject, columns: int) -> None:
    noise = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    told = noise.dirichlet(np.full(1 + len(ALPHABET), 0.05), size=columns).astype(np.float32)
    for text in candidates(told, tries=4):
        assert isinstance(parse_plate(text), Plate)
