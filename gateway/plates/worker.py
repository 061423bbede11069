"""The one thread that reads plates: it keeps the networks open, and the web answers others meanwhile."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from registry.plates.pictures import decode_picture
from registry.plates.reader import PlateReader, PlateReading
from registry.plates.weights import Missing, Weights
from registry.problems import Unavailable

MOST_WAITING = 8
"""Pictures that may wait, at a tenth of a second each; a guard who waits longer has typed the plate by then."""


class WeightsMissing(Unavailable):
    slug = "plate-weights-missing"
    title = "Plates cannot be read from pictures here"


class TooManyPictures(Unavailable):
    slug = "too-many-pictures"
    title = "Too many pictures are waiting to be read"


class PlateWorker:
    """Reads plates with the networks of a folder; they are opened at the first picture."""

    def __init__(self, models_dir: Path) -> None:
        self._models_dir = models_dir
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="plates")
        self._reader: PlateReader | None = None
        self._waiting = 0

    async def read(self, content: bytes) -> Sequence[PlateReading]:
        """Read the plates in a JPEG, PNG or WebP, best first. Called from one event loop.

        Raises:
            UnreadablePicture: it is no picture, or a broken one.
            WeightsMissing: the networks are not there; the problem says how to get them.
            TooManyPictures: others wait already.

        """
        if self._waiting >= MOST_WAITING:
            raise TooManyPictures("Other pictures are being read. Type the plate, or try again in a second.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._read, content)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Finish the picture in hand and take no more."""
        self._thread.shutdown(cancel_futures=True)

    def _read(self, content: bytes) -> Sequence[PlateReading]:
        picture = decode_picture(content)
        if self._reader is None:
            weights = Weights.load(self._models_dir)
            if isinstance(weights, Missing):
                raise WeightsMissing(weights.sentence)
            self._reader = PlateReader(weights)
        return self._reader.read(picture)
