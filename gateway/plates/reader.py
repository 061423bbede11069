"""The side of the line that reads: it keeps the networks open, which takes the memory that the web is spared."""

import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import Final

import structlog

from gateway.plates.line import LENGTH_BYTES, Answer, address_of, framed
from gateway.plates.problems import WeightsMissing
from registry.media.problems import UnreadablePicture
from registry.plates.pictures import decode_picture
from registry.plates.reader import PlateReader
from registry.plates.reading import PlateReading
from registry.plates.weights import Missing, Weights
from registry.problems import Problem

log = structlog.get_logger()

MOST_IN_LINE: Final = 64
LOOK_SECONDS: Final = 0.25
"""How often it looks whether it shall stop."""
PATIENCE_SECONDS: Final = 5.0
"""How long a picture may take to arrive, or an answer to be taken."""


class Reader:
    """Reads one picture after the other with the networks of a folder; they are opened at the first picture."""

    def __init__(self, models_dir: Path) -> None:
        self._models_dir = models_dir
        self._reader: PlateReader | None = None

    def serve(self, line: Path, *, ready: Callable[[], None], stop: Event) -> None:
        """Answer on the Unix socket `line`, which only our own user may reach, until `stop` is set."""
        line.unlink(missing_ok=True)  # left over by one that was killed
        with socket.socket(socket.AF_UNIX) as listener:
            with address_of(line) as address:
                listener.bind(address)
            line.chmod(0o600)
            listener.listen(MOST_IN_LINE)
            listener.settimeout(LOOK_SECONDS)
            ready()
            while not stop.is_set():
                try:
                    asker, _ = listener.accept()
                except TimeoutError:
                    continue
                with asker:
                    self._attend(asker)
        line.unlink(missing_ok=True)

    def answer(self, content: bytes) -> Answer:
        """Read a picture, or say why that cannot be."""
        try:
            return Answer(plates=tuple(self._read(content)))
        except (UnreadablePicture, WeightsMissing) as problem:
            return Answer(problem=problem.slug, detail=problem.detail)
        except Exception as error:
            log.exception("picture-not-read", bytes=len(content))
            return Answer(problem=Problem.slug, detail=type(error).__name__)

    def _attend(self, asker: socket.socket) -> None:
        asker.settimeout(PATIENCE_SECONDS)
        try:
            length = int.from_bytes(_exactly(asker, LENGTH_BYTES))
            asker.sendall(framed(self.answer(_exactly(asker, length)).model_dump_json().encode()))
        except (EOFError, OSError) as error:  # who asked has gone, or only looked whether anybody is here
            log.debug("asker-gone", error=type(error).__name__)

    def _read(self, content: bytes) -> Sequence[PlateReading]:
        picture = decode_picture(content)
        if self._reader is None:
            weights = Weights.load(self._models_dir)
            if isinstance(weights, Missing):
                raise WeightsMissing(weights.sentence)
            self._reader = PlateReader(weights)
        return self._reader.read(picture)


def _exactly(asker: socket.socket, count: int) -> bytes:
    content = bytearray()
    while len(content) < count:
        part = asker.recv(min(count - len(content), 1 << 16))
        if not part:
            raise EOFError
        content += part
    return bytes(content)
