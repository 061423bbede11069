"""The side of the line that asks: a picture goes out, plates or a problem come back, and the web answers others meanwhile."""

import asyncio
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gateway.plates.line import LENGTH_BYTES, Answer, address_of, framed
from gateway.plates.problems import ReaderAway, TooManyPictures, WeightsMissing
from registry.media.problems import UnreadablePicture
from registry.plates.reading import PlateReading
from registry.problems import Problem
from registry.web.readiness import PartState

MOST_WAITING: Final = 8
"""Pictures that may wait, at a tenth of a second each; a guard who waits longer has typed the plate by then."""
PATIENCE_SECONDS: Final = 15.0
"""Eight pictures and the opening of the networks on a slow machine; after that the reader counts as away."""
_AWAY = "The plate reader is being started anew. Type the plate, or try again in a moment."
_PROBLEMS: Final[dict[str, type[Problem]]] = {kind.slug: kind for kind in (UnreadablePicture, WeightsMissing)}


class PlateClient:
    """Has plates read by the process that listens on a Unix socket."""

    def __init__(self, line: Path, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._line = line
        self._patience_seconds = patience_seconds
        self._waiting = 0

    async def read(self, content: bytes) -> Sequence[PlateReading]:
        """Read the plates in a JPEG, PNG or WebP, best first. Called from one event loop.

        Raises:
            UnreadablePicture: it is no picture, or a broken one.
            WeightsMissing: the networks are not there; the problem says how to get them.
            TooManyPictures: others wait already.
            ReaderAway: the reader is not there, or went away over this picture.

        """
        if self._waiting >= MOST_WAITING:
            raise TooManyPictures("Other pictures are being read. Type the plate, or try again in a second.")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience_seconds):
                answer = await self._ask(content)
        except (OSError, EOFError, TimeoutError, ValueError):  # ValueError: half an answer
            raise ReaderAway(_AWAY) from None
        finally:
            self._waiting -= 1
        if answer.problem:
            raise _PROBLEMS.get(answer.problem, ReaderAway)(answer.detail)
        return answer.plates

    def state(self) -> PartState:
        """Whether the reader is there. A gate works without it, so the house does too."""
        try:
            with address_of(self._line) as address, socket.socket(socket.AF_UNIX) as asker:
                asker.settimeout(1.0)
                asker.connect(address)
        except OSError:
            return PartState(ready=False, detail="the plate reader is not running", vital=False)
        return PartState(ready=True, vital=False)

    async def _ask(self, content: bytes) -> Answer:
        with address_of(self._line) as address:
            coming, going = await asyncio.open_unix_connection(address)
        try:
            going.write(framed(content))
            await going.drain()
            length = int.from_bytes(await coming.readexactly(LENGTH_BYTES))
            return Answer.model_validate_json(await coming.readexactly(length))
        finally:
            going.close()
