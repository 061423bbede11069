"""Foreign bytes as JSON, XML, moments and plain values. Bounded, and it never raises."""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from xml.parsers import expat
from zoneinfo import ZoneInfo

import orjson

from monitor.adapters.told import Scalar, Unreadable
from monitor.signals.reasons import DeadReason
from registry.clock import Instant

MAX_DEPTH = 64
"""Levels of lists, objects or elements."""
MAX_ELEMENTS = 5_000
"""Of one XML document; an alert of a recorder has a few hundred."""
MAX_PROPERTIES = 200
MAX_NAME = 120
MAX_TEXT = 1_000
_MILLISECONDS = 10_000_000_000
"""A time since 1970 above this is in milliseconds: in seconds it would lie in the year 2286."""
_COMMENTED = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*')
_COMMA_TOO_MANY = re.compile(r'("(?:[^"\\\n]|\\.)*")|,(?=\s*[}\]])')
_YES = frozenset({"1", "true", "on", "yes", "active", "start", "open", "high"})
_NO = frozenset({"0", "false", "off", "no", "inactive", "stop", "closed", "low"})


class Element:
    """An XML element without its namespace."""

    __slots__ = ("attributes", "children", "tag", "text")

    def __init__(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.tag = local(tag)
        self.attributes = {local(name): value for name, value in attributes.items()}
        self.children: list[Element] = []
        self.text = ""

    def every(self, tag: str | None = None) -> "Iterator[Element]":
        """This element and all below it, in the order of the document; `tag`: only those of that name."""
        if tag is None or self.tag == tag:
            yield self
        for child in self.children:
            yield from child.every(tag)

    def first(self, *tags: str) -> str:
        """The text of the first element below that has one of the names, or ""."""
        for tag in tags:
            for found in self.every(tag):
                if found.text.strip():
                    return found.text.strip()
        return ""


class _Refused(Exception):
    """The document does what no device does."""


def local(name: str) -> str:
    """A name without its namespace."""
    return name.rsplit("}", 1)[-1].rsplit(":", 1)[-1]


def text_of(payload: bytes) -> str:
    """What is written; bytes that are no UTF-8 are tried as GB 18030, as old devices write it."""
    try:
        return payload.decode("utf-8-sig")
    except UnicodeDecodeError:
        return payload.decode("gb18030", errors="replace")


def json_of(payload: bytes) -> Any:
    """JSON, with the comments and last commas of a handbook where it has them; `Unreadable` when it is none."""
    try:
        body = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        try:
            bare = _COMMENTED.sub(lambda found: found.group(1) or "", text_of(payload))
            body = orjson.loads(_COMMA_TOO_MANY.sub(lambda found: found.group(1) or "", bare))
        except (orjson.JSONDecodeError, UnicodeEncodeError):
            deep = "depth" in str(error) or "recursion" in str(error).lower()
            return Unreadable(DeadReason.TOO_DEEP if deep else DeadReason.BAD_JSON, str(error))
    if _is_deep(body):
        return Unreadable(DeadReason.TOO_DEEP, f"more than {MAX_DEPTH} levels")
    return body


def object_of(payload: bytes) -> dict[str, Any] | Unreadable:
    """A JSON object."""
    body = json_of(payload)
    if isinstance(body, dict | Unreadable):
        return body
    return Unreadable(DeadReason.BAD_DATA, "not an object")


def xml_of(payload: bytes) -> Element | Unreadable:
    """An XML document without a document type, so without entities of its own."""
    stack: list[Element] = []
    roots: list[Element] = []
    count = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(stack) >= MAX_DEPTH or count > MAX_ELEMENTS:
            raise _Refused("too deep or too large")
        element = Element(tag, attributes)
        (stack[-1].children if stack else roots).append(element)
        stack.append(element)

    def end(_: str) -> None:
        stack.pop()

    def text(data: str) -> None:
        if stack:
            stack[-1].text += data

    def refuse(*_: object) -> None:
        raise _Refused("a document type")

    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(payload.strip(), True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        return Unreadable(DeadReason.BAD_DATA, f"XML: {error}")
    except _Refused as refused:
        return Unreadable(DeadReason.BAD_DATA, f"XML: {refused}")
    return roots[0]


def instant_of(value: object, timezone: ZoneInfo) -> Instant | None:
    """A moment: ISO 8601 or seconds or milliseconds since 1970; one without an offset is the site's. None: it is none."""
    try:
        if isinstance(value, str) and not re.fullmatch(r"\d{9,13}(\.\d+)?", value):
            moment = datetime.fromisoformat(value.strip())
            return (moment if moment.tzinfo else moment.replace(tzinfo=timezone)).astimezone(UTC)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        seconds = float(value)
        return datetime.fromtimestamp(seconds / 1000 if seconds > _MILLISECONDS else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def number_of(value: object) -> float | None:
    """A finite number, quoted or bare."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def is_on(value: object) -> bool | None:
    """Yes or no, however it is written; None: neither."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str | int):
        word = str(value).strip().lower()
        return True if word in _YES else False if word in _NO else None
    return None


def short(value: object) -> str:
    """A text that every store takes."""
    return str(value).replace("\x00", "\N{REPLACEMENT CHARACTER}")[:MAX_TEXT]


def flat(value: object, name: str = "value") -> dict[str, Scalar]:
    """Everything in a JSON value as properties with dotted names, `MAX_PROPERTIES` at most."""
    properties: dict[str, Scalar] = {}
    _flatten(value, "" if isinstance(value, dict | list) else name, properties)
    return properties


def _flatten(value: object, name: str, into: dict[str, Scalar]) -> None:
    if len(into) >= MAX_PROPERTIES:
        return
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, child in pairs:
            _flatten(child, f"{name}.{key}" if name else str(key), into)
    elif value is None or isinstance(value, bool | int | float):
        into[short(name)[:MAX_NAME]] = value
    else:
        into[short(name)[:MAX_NAME]] = short(value)


def _is_deep(body: object) -> bool:
    level = [body]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return False
    return True
