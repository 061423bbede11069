"""The line between whoever asks for plates and the process that reads them: a Unix socket, one picture a connection.

Both sides send 4 bytes of length, big endian, and then so many bytes: the picture one way, an `Answer` as JSON the other.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from registry.plates.reading import PlateReading

LENGTH_BYTES: Final = 4


class Answer(BaseModel):
    """The plates in a picture, or the problem's slug and what it says."""

    model_config = ConfigDict(frozen=True)

    plates: tuple[PlateReading, ...] = ()
    problem: str = ""
    detail: str = ""


def framed(content: bytes) -> bytes:
    """The bytes as they go over the line."""
    return len(content).to_bytes(LENGTH_BYTES) + content


@contextmanager
def address_of(socket: Path) -> Iterator[str]:
    """Give an address of the socket that fits: the kernel takes 107 bytes, and a data folder may lie deeper than that.

    Raises:
        OSError: its folder is not there.

    """
    folder = os.open(socket.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{socket.name}"
    finally:
        os.close(folder)
