"""Reads strips of characters: gives for each column of a strip the probability of every character a plate may hold."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from registry.plates.decoding import ALPHABET, Columns
from registry.plates.looks import STRIP_HEIGHT
from registry.plates.pictures import Picture
from registry.plates.sessions import open_session

INPUT_WIDTH: Final = 240
"""Pixels; the strip stands at the left and the rest is empty, as the network was trained. With the strip stretched over
the whole width it read 93 of 100 plates in street scenes, this way 96."""
CHARACTERS_KEY: Final = "character"
"""Where the network's own metadata lists its characters, one a line; the blank comes before, the space after them."""
SEPARATORS: Final = "·.-•:*,'：。，—_~`、\" "
"""What a recogniser sees in a plate's dot, its screws and its frame: to a plate all this is no character."""
TWINS: Final = {
    "0": "Oo", "1": "Il|i", "C": "c", "S": "s", "V": "v", "W": "w", "X": "x", "Z": "z", "K": "k", "P": "p", "U": "u",
    "M": "m", "Y": "y", "T": "t", "J": "j", "F": "f", "H": "h", "A": "a", "B": "b", "D": "d", "E": "e", "G": "g",
    "N": "n", "R": "r",
}  # fmt: skip
"""What a general recogniser may say for a character of a plate; which of them it is, the grammar knows."""
ZERO_AS: Final = {"O": 0.5, "Q": 0.1}
"""Share of a read 0 that counts for a letter too: in second place only letters stand, and there an O looks like a 0."""


class Recogniser:
    """Runs the text recogniser on strips of a plate."""

    def __init__(self, model: Path) -> None:
        self._session = open_session(model)
        listed = self._session.get_modelmeta().custom_metadata_map[CHARACTERS_KEY].splitlines()
        self._columns, self._shares, self._begins = _folding(["", *listed, " "])

    def read(self, strips: Sequence[Picture]) -> list[Columns]:
        """Read strips of one height; the answers keep their order."""
        batch = np.zeros((len(strips), 3, STRIP_HEIGHT, INPUT_WIDTH), np.float32)
        for row, strip in enumerate(strips):
            batch[row, :, :, : strip.shape[1]] = strip.astype(np.float32).transpose(2, 0, 1) / 127.5 - 1
        (seen,) = self._session.run(None, {"x": batch})
        # A product with a matrix would say the same, but its threads made a reading five times slower on a busy machine.
        folded = np.add.reduceat(seen[:, :, self._columns] * self._shares, self._begins, axis=2)
        return list(np.minimum(folded, 1).astype(np.float32))


def _folding(known: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.intp]]:
    """What means the same on a plate: the network's columns, the share of each that counts, where each sum begins."""
    place = {sign: number for number, sign in enumerate(known)}
    sums = [[(0, 1.0), *((place[sign], 1.0) for sign in SEPARATORS if sign in place)]]
    for sign in ALPHABET:
        twins = [(place[twin], 1.0) for twin in sign + TWINS.get(sign, "") if twin in place]
        sums.append([*twins, (place["0"], ZERO_AS[sign])] if sign in ZERO_AS else twins)
    columns = np.array([column for terms in sums for column, _ in terms], np.intp)
    shares = np.array([share for terms in sums for _, share in terms], np.float32)
    begins = np.cumsum([0, *(len(terms) for terms in sums[:-1])]).astype(np.intp)
    return columns, shares, begins
