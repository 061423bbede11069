"""What may be stored as a picture. Pure."""

from enum import StrEnum

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000
"""A picture that unpacks to more is an attack or a mistake: 8K has 33 million."""


class MediaKind(StrEnum):
    """What a picture shows or is for."""

    SNAPSHOT = "snapshot"
    PLATE = "plate"
    PHOTO = "photo"
    EVIDENCE = "evidence"


class Retention(StrEnum):
    """How long a picture is kept; the terms themselves are settings."""

    EVENT = "event"
    PERSON = "person"
    EVIDENCE = "evidence"


RETENTION = {
    MediaKind.SNAPSHOT: Retention.EVENT,
    MediaKind.PLATE: Retention.EVENT,
    MediaKind.PHOTO: Retention.PERSON,
    MediaKind.EVIDENCE: Retention.EVIDENCE,
}


def content_type_of(data: bytes) -> str | None:
    """The picture's type by its first bytes, never by what the sender calls it; None: no picture that we take."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None
