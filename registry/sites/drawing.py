"""Cleaning the drawing of a compound that somebody uploads: shapes and words come out, whatever could act is refused by name.

The output is written anew from what was understood, so nothing that is not listed here can be in it.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import NoReturn
from xml.parsers import expat

from registry.problems import TooLarge, Unprocessable

MAX_BYTES = 1024 * 1024
MAX_ELEMENTS = 20_000
MAX_DEPTH = 60
MAX_SIDE = 1e6
"""In the drawing's own units."""
MAX_PROPORTION = 8.0
"""How many times wider than high, or higher than wide, a plan may be."""
SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"

SHAPES = frozenset({"g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan"})
_WITHOUT_USE = frozenset(
    {"title", "desc", "metadata", "defs", "linearGradient", "radialGradient", "stop", "clipPath", "mask", "filter"}
    | {"pattern", "marker", "symbol", "view"}
)
"""Left out with all that is in them: a plan is as good without."""

_LENGTH = re.compile(r"\s*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?:px|pt|mm|cm|in|em|%)?\s*")
_LENGTHS = re.compile(r"[0-9eE+\-.,\s%pxtmcin]*")
_NUMBERS = re.compile(r"[0-9eE+\-.,\s]*")
_PATH = re.compile(r"[MmZzLlHhVvCcSsQqTtAa0-9eE+\-.,\s]*")
_TRANSFORM = re.compile(r"\s*(?:(?:matrix|translate|scale|rotate|skewX|skewY)\s*\([0-9eE+\-.,\s]*\)[\s,]*)*")
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}|[a-zA-Z]{1,30}|(?:rgb|hsl)a?\([0-9.,%\s/]*\)")
_WORD = re.compile(r"[a-z-]{1,30}")
_FONT = re.compile(r"[\w\s,'\"-]{1,200}")
_GEOMETRY: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(("x", "y", "dx", "dy", "rotate"), _LENGTHS),
    **dict.fromkeys(("width", "height", "rx", "ry", "r", "cx", "cy", "x1", "y1", "x2", "y2"), _LENGTH),
    "d": _PATH,
    "points": _NUMBERS,
    "transform": _TRANSFORM,
}
"""Where something is. What cannot be read here would put it elsewhere, so it is refused."""
_LOOKS: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(("fill", "stroke", "color"), _COLOUR),
    **dict.fromkeys(("opacity", "fill-opacity", "stroke-opacity", "stroke-miterlimit"), _LENGTH),
    **dict.fromkeys(("stroke-width", "stroke-dashoffset", "font-size", "letter-spacing"), _LENGTH),
    **dict.fromkeys(("fill-rule", "stroke-linecap", "stroke-linejoin", "text-anchor", "dominant-baseline"), _WORD),
    **dict.fromkeys(("display", "visibility", "font-style", "writing-mode", "vector-effect"), _WORD),
    "font-weight": re.compile(r"[a-z]{1,10}|\d{3}"),
    "font-family": _FONT,
    "stroke-dasharray": re.compile(r"none|[0-9.,\s]+"),
}
"""How it looks; also read from `style`. What cannot be read here is left out."""
_SHOWN = 60
"""So much of what somebody wrote is told back."""


class DrawingRefused(Unprocessable):
    """`fault` says why, `thing` names what is in the way."""

    slug = "drawing-refused"
    title = "The drawing cannot be used as it is"


class DrawingTooLarge(TooLarge):
    slug = "drawing-too-large"
    title = "A drawing has 1 MB and 20,000 shapes at most"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A cleaned drawing, and its size in its own units."""

    svg: str
    width: float
    height: float


def clean_drawing(data: bytes) -> Drawing:
    """Read an SVG and write it anew with its shapes and words only.

    Raises:
        DrawingTooLarge: more bytes, shapes or levels than a plan has.
        DrawingRefused: no SVG; or it holds what could act or load: a script, an event, a link, a picture, a style sheet, a
            document type with its entities, an instruction to the reader.

    """
    if len(data) > MAX_BYTES:
        raise DrawingTooLarge
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator="\n")
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartDoctypeDeclHandler = reader.refuse_doctype
    parser.EntityDeclHandler = reader.refuse_doctype
    parser.ExternalEntityRefHandler = reader.refuse_doctype
    parser.ProcessingInstructionHandler = reader.refuse_instruction
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.say
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise DrawingRefused("This is no SVG file that can be read.", fault="unreadable") from error
    return reader.drawing()


@dataclass(slots=True)
class _Reader:
    written: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    """The names of the elements that are being read."""
    left_out: int | None = None
    """The depth at which something without use began."""
    elements: int = 0
    box: tuple[float, float, float, float] | None = None

    def refuse_doctype(self, *_: object) -> NoReturn:
        raise DrawingRefused(
            "The drawing has a document type (DTD). Save it as plain SVG without one.", fault="doctype", thing="DOCTYPE"
        )

    def refuse_instruction(self, target: str, _: str) -> None:
        _refuse("instruction", f"<?{target}?>", "an instruction to whoever reads it")

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition("\n")
        self.elements += 1
        if self.elements > MAX_ELEMENTS or len(self.open) >= MAX_DEPTH:
            raise DrawingTooLarge
        if not self.open:
            self._begin_drawing(namespace, local, attributes)
        elif local in SHAPES and namespace == SVG:
            if self.left_out is None:
                self.written.append(f"<{local}{_attributes(attributes)}>")
        elif (namespace == SVG and local not in _WITHOUT_USE) or local.lower() in {"script", "iframe", "foreignobject"}:
            _refuse("element", f"<{local}>", "which could act or load something")
        elif self.left_out is None:
            self.left_out = len(self.open)
        _refuse_events(attributes)
        self.open.append(local)

    def end(self, _: str) -> None:
        local = self.open.pop()
        if self.left_out is None:
            if self.open:
                self.written.append(f"</{local}>")
        elif self.left_out == len(self.open):
            self.left_out = None

    def say(self, text: str) -> None:
        if self.left_out is None and self.open and self.open[-1] in {"text", "tspan"}:
            self.written.append(escape(text))

    def drawing(self) -> Drawing:
        if self.box is None:
            raise DrawingRefused("This is no SVG file that can be read.", fault="unreadable")
        left, top, width, height = self.box
        inside = "".join(self.written)
        box = f"{left:g} {top:g} {width:g} {height:g}"
        whole = f'<svg xmlns="{SVG}" viewBox="{box}" width="{width:g}" height="{height:g}">{inside}</svg>'
        return Drawing(svg=whole, width=width, height=height)

    def _begin_drawing(self, namespace: str, local: str, attributes: Mapping[str, str]) -> None:
        if (namespace, local) != (SVG, "svg"):
            raise DrawingRefused("This is no SVG file that can be read.", fault="unreadable")
        self.box = _box(attributes)


def _box(attributes: Mapping[str, str]) -> tuple[float, float, float, float]:
    """Left, top, width and height, by the `viewBox`, else by the size."""
    sizes = re.split(r"[\s,]+", attributes.get("viewBox", "").strip()) if "viewBox" in attributes else []
    if not sizes:
        sizes = ["0", "0", *(re.sub(r"[a-z%]+$", "", attributes.get(name, "").strip()) for name in ("width", "height"))]
    try:
        left, top, width, height = (float(size) for size in sizes)
    except ValueError:
        left = top = width = height = 0.0
    if not all(map(math.isfinite, (left, top, width, height))) or not (0 < width < MAX_SIDE and 0 < height < MAX_SIDE):
        raise DrawingRefused("The drawing does not say how large it is: give it a viewBox.", fault="no_size")
    if not 1 / MAX_PROPORTION <= width / height <= MAX_PROPORTION:
        raise DrawingRefused("The drawing is a strip: crop it to the compound.", fault="strip")
    return left, top, width, height


def _refuse_events(attributes: Mapping[str, str]) -> None:
    """Refuse what an attribute could do, also on what is left out."""
    for name, value in attributes.items():
        namespace, _, local = name.rpartition("\n")
        squeezed = re.sub(r"[\s\x00-\x1f]+", "", value).lower()
        if local.lower().startswith("on"):
            _refuse("event", f'{local}="{value}"', "which acts by itself")
        if "javascript:" in squeezed or "data:text" in squeezed:
            _refuse("event", f'{local}="{value}"', "which could act")
        if local.lower() in {"href", "src"} and namespace in {"", XLINK} and not squeezed.startswith("#"):
            _refuse("outside", f'{local}="{value}"', "which leads out of the drawing")
        if (
            any(not place.startswith("#") for place in re.findall(r"url\([\"']?(.?)", squeezed))
            or "@import" in squeezed
        ):
            _refuse("outside", f'{local}="{value}"', "which leads out of the drawing")


def _refuse(fault: str, thing: str, why: str) -> NoReturn:
    shown = thing if len(thing) <= _SHOWN else f"{thing[:_SHOWN]}…"
    raise DrawingRefused(
        f"The drawing holds {shown}, {why}. Take it out and upload it again.", fault=fault, thing=shown
    )


def _attributes(attributes: Mapping[str, str]) -> str:
    """The attributes that stay, as they are written; `style` becomes attributes of its own."""
    kept: dict[str, str] = {}
    for name, value in attributes.items():
        if name in _GEOMETRY:
            if not _GEOMETRY[name].fullmatch(value):
                raise DrawingRefused(
                    f"{name}={value[:_SHOWN]!r} places nothing: save the drawing again as plain SVG.",
                    fault="unreadable_place",
                    thing=f'{name}="{value[:_SHOWN]}"',
                )
            kept[name] = value
        elif name in _LOOKS and _LOOKS[name].fullmatch(value.strip()):
            kept[name] = value.strip()
    for declared in attributes.get("style", "").split(";"):
        name, _, value = (part.strip() for part in declared.partition(":"))
        if name in _LOOKS and _LOOKS[name].fullmatch(value):
            kept[name] = value
    return "".join(f' {name}="{escape(value)}"' for name, value in kept.items())
