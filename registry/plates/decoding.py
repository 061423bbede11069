"""Turns what the recogniser saw into texts that a plate may have.

The recogniser gives, for each of about thirty columns of the picture, a probability for every character and for "no
character here" (the blank). A text is spelled by many ways through these columns (connectionist temporal
classification). We walk them with a beam that leaves the grammar nowhere, and then weigh each text against all looks.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from registry.plates.grammar import FORMS

Columns = NDArray[np.float32]
"""(time, 1 + len(ALPHABET)) probabilities; the blank stands first."""

ALPHABET: Final = "".join(sorted({sign for form in FORMS for place in form.places for sign in place}))
BLANK: Final = 0
BEAM_WIDTH: Final = 12
LEAST_LIKELY: Final = 1e-3
"""A character with less than this share of a column is not tried there (unless nothing else can be)."""
FLOOR: Final = 1e-6
"""Probability of what a recogniser rules out: one look may be wrong about one character without deciding alone."""

_INDEX = {sign: place for place, sign in enumerate(ALPHABET, start=1)}
_LENGTHS = tuple(len(form.places) for form in FORMS)
_ALL_FORMS = (1 << len(FORMS)) - 1


def candidates(columns: Columns, *, tries: int) -> list[str]:
    """Likeliest texts of one look that a plate may have, best first; may be empty."""
    # A way is (characters so far, forms still possible); it carries its probability with and without a closing blank.
    ways: dict[tuple[int, ...], tuple[float, float, int]] = {(): (1.0, 0.0, _ALL_FORMS)}
    for column in columns:
        blank = max(float(column[BLANK]), FLOOR)
        likely = [int(sign) for sign in np.flatnonzero(column[1:] >= LEAST_LIKELY) + 1]
        chances = [(sign, float(column[sign])) for sign in likely]
        grown: dict[tuple[int, ...], tuple[float, float, int]] = {}
        for text, (closed, open_, forms) in ways.items():
            last = text[-1] if text else BLANK
            was = grown.get(text, (0.0, 0.0, forms))
            again = open_ * max(float(column[last]), FLOOR) if last else 0.0
            grown[text] = (was[0] + (closed + open_) * blank, was[1] + again, forms)
            following = _following(forms, len(text))
            for sign, chance in chances:
                left = following.get(sign)
                if left is None:
                    continue
                longer = (*text, sign)
                before = closed if sign == last else closed + open_
                was = grown.get(longer, (0.0, 0.0, left))
                grown[longer] = (was[0], was[1] + before * chance, left)
        best = sorted(grown.items(), key=lambda way: -(way[1][0] + way[1][1]))[:BEAM_WIDTH]
        largest = best[0][1][0] + best[0][1][1]
        ways = {text: (closed / largest, open_ / largest, forms) for text, (closed, open_, forms) in best}
    whole = [text for text, (_, _, forms) in ways.items() if _is_whole(forms, len(text))]
    return ["".join(ALPHABET[sign - 1] for sign in text) for text in whole[:tries]]


def log_likelihoods(columns: Columns, texts: Sequence[str]) -> NDArray[np.float64]:
    """Natural logarithm of the probability that this look spells each text, all ways summed."""
    longest = max(len(text) for text in texts)
    states = np.zeros((len(texts), 2 * longest + 1), np.intp)
    for row, text in enumerate(texts):
        states[row, 1 : 2 * len(text) : 2] = [_INDEX[sign] for sign in text]
    skips = np.zeros(states.shape, bool)
    skips[:, 2:] = (states[:, 2:] != BLANK) & (states[:, 2:] != states[:, :-2])
    spelled = np.maximum(columns, FLOOR).astype(np.float64)[:, states]
    forward = np.zeros(states.shape)
    forward[:, :2] = spelled[0, :, :2]
    scale = np.zeros(len(texts))
    for column in spelled[1:]:
        stepped = forward.copy()
        stepped[:, 1:] += forward[:, :-1]
        stepped[:, 2:] += forward[:, :-2] * skips[:, 2:]
        forward = stepped * column
        total = forward.sum(axis=1, keepdims=True)
        forward /= total
        scale += np.log(total[:, 0])
    ends = 2 * np.array([len(text) for text in texts])
    rows = np.arange(len(texts))
    closing = forward[rows, ends] + forward[rows, ends - 1]
    return np.asarray(scale + np.log(np.maximum(closing, FLOOR**2)), np.float64)


@lru_cache(maxsize=4096)
def _following(forms: int, place: int) -> dict[int, int]:
    """Characters that may come next at this place, each with the forms (a bit each) that are left after it."""
    left: dict[int, int] = {}
    for number, form in enumerate(FORMS):
        if forms >> number & 1 and place < len(form.places):
            for sign in form.places[place]:
                left[_INDEX[sign]] = left.get(_INDEX[sign], 0) | 1 << number
    return left


def _is_whole(forms: int, length: int) -> bool:
    return any(forms >> number & 1 and _LENGTHS[number] == length for number in range(len(FORMS)))
