"""What a camera posts, taken apart: each text is one message, pictures are left out. Pure, and it never raises but `TooManyParts`."""

import re
from collections.abc import Mapping
from typing import NamedTuple

import orjson

from registry.problems import TooLarge

MAX_PARTS = 100
"""Of one body; an alert with its pictures has fewer than ten."""
_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;,]{1,200}))', re.IGNORECASE)
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8")
"""How a picture begins, whatever it is called."""


class TooManyParts(TooLarge):
    slug = "too-many-parts"
    title = f"More than {MAX_PARTS} parts in one body"


class Part(NamedTuple):
    """A text of a body."""

    payload: bytes
    content_type: str


class Body(NamedTuple):
    """A body taken apart. `pictures`: how many were left out."""

    parts: tuple[Part, ...]
    pictures: int


def taken_apart(body: bytes, content_type: str) -> Body:
    """Split a body by its boundary, if it has one.

    Raises:
        TooManyParts: more than `MAX_PARTS`.

    """
    pieces = _pieces(body, content_type) or [(content_type, body)]
    texts = [Part(payload, kind) for kind, payload in pieces if payload.strip() and not _is_picture(payload, kind)]
    return Body(tuple(texts), sum(_is_picture(payload, kind) for kind, payload in pieces))


def of_query(query: Mapping[str, str]) -> Body:
    """What stands in an address alone, as a JSON object of its names and values."""
    told = {name: value for name, value in query.items() if name != "key"}
    return Body((Part(_json(told), "application/json"),) if told else (), 0)


def _json(told: Mapping[str, str]) -> bytes:
    return orjson.dumps({_clean(name): _clean(value) for name, value in told.items()})


def _clean(text: str) -> str:
    return text.encode(errors="replace").decode()


def _pieces(body: bytes, content_type: str) -> list[tuple[str, bytes]]:
    """Type and payload of each part; empty: it is not in parts."""
    if not content_type.strip().lower().startswith("multipart/"):
        return []
    named = _BOUNDARY.search(content_type)
    # Some firmware names its boundary with the two dashes that begin each line of it, some names none.
    boundary = (named[1] or named[2]).encode(errors="replace").lstrip(b"-") if named else b""
    first = body.lstrip().split(b"\n", 1)[0].strip()
    line = re.compile(rb"(?:^|\r?\n)-+" + re.escape(boundary or first.lstrip(b"-")) + rb"(?:--)?[ \t]*(?=\r?\n|$)")
    if not (boundary or first.startswith(b"--")):
        return []
    between = line.split(body, maxsplit=MAX_PARTS + 2)[1:]
    if len(between) > MAX_PARTS + 1:
        raise TooManyParts
    return [_piece(each) for each in between if each.strip(b"\r\n- \t")]


def _piece(text: bytes) -> tuple[str, bytes]:
    head, blank, payload = text.lstrip(b"\r\n").replace(b"\r\n\r\n", b"\n\n", 1).partition(b"\n\n")
    if not blank:
        return "", text
    kinds = [line.partition(b":")[2] for line in head.splitlines() if line.lower().startswith(b"content-type:")]
    return kinds[0].decode("latin-1").strip()[:100] if kinds else "", payload.strip(b"\r\n")


def _is_picture(payload: bytes, content_type: str) -> bool:
    return content_type.strip().lower().startswith(("image/", "video/", "audio/")) or payload.startswith(_PICTURES)
