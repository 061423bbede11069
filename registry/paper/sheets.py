"""Drawing on paper. All lengths are millimetres from the upper left corner; type is measured in points."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, cast
from weakref import finalize

from fpdf import FPDF
from fpdf.fonts import TTFFont

from registry.clock import Instant
from registry.paper.fonts import Face, installed_faces
from registry.problems import Unprocessable
from registry.qr.codes import qr_modules

A4: Final = (210.0, 297.0)
_FAMILY: Final = "type"
_INK: Final = (20, 24, 30)
_MARK: Final = 4.0
_POINT: Final = 25.4 / 72

_PIECES: Final = re.compile(r"[!-~]+[，。；、）]*\s*|.[，。；、）]*\s*", re.DOTALL)
"""What stays on one line: a word of Latin letters, or a Chinese character; and the sign after it."""

Colour = tuple[int, int, int]


class NoSuchCharacter(Unprocessable):
    """`characters` are those that are lacking."""

    slug = "no-such-character"
    title = "The type on paper has not all of these characters"


class Paper:
    """A document that is being drawn. The same drawing at the same moment gives the same bytes."""

    def __init__(
        self, size: tuple[float, float], *, title: str, now: Instant, faces: Sequence[Face] | None = None
    ) -> None:
        self._pdf = FPDF(unit="mm", format=size)
        self._pdf.set_margin(0)
        self._pdf.set_auto_page_break(False)
        self._pdf.set_title(title)
        self._pdf.set_creation_date(now)
        self._has: dict[str, frozenset[int]] = {}
        for face in installed_faces() if faces is None else faces:
            self._pdf.add_font(_FAMILY, face.style, face.file, collection_font_number=face.number)
            font = cast("TTFFont", self._pdf.fonts[_FAMILY + face.style])
            finalize(self, font.ttfont.close)  # fpdf2 leaves the file open
            self._has[face.style] = frozenset(font.cmap)

    def page(self) -> None:
        """Begin a new page."""
        self._pdf.add_page()

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        points: float,
        width: float | None = None,
        bold: bool = False,
        colour: Colour = _INK,
        centred: bool = False,
    ) -> None:
        """Write one line whose letters stand from `y` on; what is wider than `width` is written smaller, down to a third.

        Raises:
            NoSuchCharacter: the font has one of the characters not; a box in its place would be worth nothing.

        """
        style = "B" if bold else ""
        if lacking := sorted({each for each in text if ord(each) not in self._has[style]}):
            raise NoSuchCharacter(f"{' '.join(lacking)} cannot be printed.", characters=lacking)
        self._pdf.set_font(_FAMILY, style, points)
        wide = self._pdf.get_string_width(text)
        if width is not None and wide > width:
            points = max(points * width / wide * 0.99, points / 3)
            self._pdf.set_font(_FAMILY, style, points)
            wide = self._pdf.get_string_width(text)
        self._pdf.set_text_color(*colour)
        left = x + (width - wide) / 2 if centred and width is not None else x
        self._pdf.text(left, y + points * _POINT * 0.88, text)

    def block(self, x: float, y: float, text: str, *, points: float, width: float) -> float:
        """Write text in lines of at most `width`, broken at blanks and between Chinese characters; the height that it took."""
        self._pdf.set_font(_FAMILY, "", points)
        lines, line = [], ""
        for piece in _PIECES.findall(text):
            if line and self._pdf.get_string_width((line + piece).rstrip()) > width:
                lines.append(line)
                line = ""
            line += piece
        step = points * _POINT * 1.55
        for number, one in enumerate([*lines, line]):
            self.text(x, y + number * step, one.rstrip(), points=points, width=width)
        return (len(lines) + 1) * step

    def field(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Fill a rectangle."""
        self._pdf.set_fill_color(*colour)
        self._pdf.rect(x, y, width, height, style="F")

    def frame(self, x: float, y: float, width: float, height: float, *, colour: Colour = _INK) -> None:
        """Draw the edge of a rectangle, a third of a millimetre thick."""
        self._pdf.set_draw_color(*colour)
        self._pdf.set_line_width(0.3)
        self._pdf.rect(x, y, width, height)

    def line(self, x: float, y: float, to_x: float, to_y: float, *, colour: Colour = _INK) -> None:
        self._pdf.set_draw_color(*colour)
        self._pdf.set_line_width(0.2)
        self._pdf.line(x, y, to_x, to_y)

    def code(self, x: float, y: float, side: float, text: str) -> None:
        """Draw a QR code on white, its quiet zone within `side`."""
        modules = qr_modules(text)
        one = side / len(modules)
        self.field(x, y, side, side, (255, 255, 255))
        self._pdf.set_fill_color(0, 0, 0)
        for row, line in enumerate(modules):
            for first, length in _runs(line):
                self._pdf.rect(x + first * one, y + row * one, length * one, one, style="F")

    def cut_marks(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        """Mark where to cut, at the edges of the page: at each of these columns and rows."""
        width, height = self._pdf.w, self._pdf.h
        for x in xs:
            for top in (min(ys) - _MARK - 1, max(ys) + 1):
                self.line(x, max(top, 0), x, min(top + _MARK, height))
        for y in ys:
            for left in (min(xs) - _MARK - 1, max(xs) + 1):
                self.line(max(left, 0), y, min(left + _MARK, width), y)

    def finished(self) -> bytes:
        """The PDF."""
        return bytes(self._pdf.output())


def _runs(line: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Where dark modules stand side by side: first and number."""
    first = None
    for place, dark in enumerate([*line, False]):
        if dark and first is None:
            first = place
        elif not dark and first is not None:
            yield first, place - first
            first = None
