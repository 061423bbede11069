"""What a vehicle permit is on paper: the card behind the windscreen, without a name for strangers to read, and the sheet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from registry.clock import Instant
from registry.i18n import Translator
from registry.paper.fonts import Face
from registry.paper.sheets import A4, Colour, Paper
from registry.permits.models import PermitClass

CARD: Final = (90.0, 60.0)
"""Width and height of a windscreen card in millimetres."""
COLUMNS, ROWS = 2, 4
CLASS_COLOURS: Final[Mapping[PermitClass, Colour]] = {
    PermitClass.OFFICIAL: (150, 24, 28),
    PermitClass.PRIVATE: (24, 74, 150),
    PermitClass.BUSINESS: (18, 102, 60),
    PermitClass.TEMPORARY: (168, 84, 0),
}
"""The ground of the card's head, told apart across a car park; the word stands on it too. White on each reads at 5:1 or more."""
_WHITE: Final = (255, 255, 255)
_SOFT: Final = (90, 96, 106)
_MARGIN: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedPermit:
    """What stands on paper, in the words of the reader's language."""

    number: str
    """2026-0001; the code says the same."""
    year: int
    serial: int
    plate: str
    further: Sequence[str]
    """Plates that share it."""
    permit_class: PermitClass
    holder: str
    unit: str
    sites: Sequence[str]
    first_day: date
    last_day: date
    issued_on: date


def windscreen_cards(
    permits: Sequence[PrintedPermit], t: Translator, *, now: Instant, faces: Sequence[Face] | None = None
) -> bytes:
    """Eight cards on each A4 sheet, with marks where to cut."""
    paper = Paper(A4, title=t("printing.cards"), now=now, faces=faces)
    width, height = CARD
    left, top = (A4[0] - COLUMNS * width) / 2, (A4[1] - ROWS * height) / 2
    xs, ys = [left + column * width for column in range(COLUMNS + 1)], [top + row * height for row in range(ROWS + 1)]
    for place, permit in enumerate(permits):
        on_page = place % (COLUMNS * ROWS)
        if not on_page:
            paper.page()
            paper.cut_marks(xs, ys)
        _card(paper, xs[on_page % COLUMNS], ys[on_page // COLUMNS], permit, t)
    return paper.finished()


def permit_sheet(permit: PrintedPermit, t: Translator, *, now: Instant, faces: Sequence[Face] | None = None) -> bytes:
    """The sheet that its holder signs for: everything that the permit says, and what it obliges to."""
    paper = Paper(A4, title=t("printing.sheet", number=permit.number), now=now, faces=faces)
    paper.page()
    inside = A4[0] - 2 * _MARGIN
    paper.field(_MARGIN, 22, inside, 3, CLASS_COLOURS[permit.permit_class])
    paper.text(_MARGIN, 31, t("printing.title"), points=26, bold=True, width=inside, centred=True)
    paper.text(
        _MARGIN, 44, t("printing.of_year", year=permit.year), points=14, width=inside, centred=True, colour=_SOFT
    )
    paper.text(_MARGIN, 60, permit.number, points=40, bold=True)
    paper.text(_MARGIN, 78, permit.plate, points=32, bold=True, width=inside - 50)
    paper.code(A4[0] - _MARGIN - 40, 57, 40, permit.number)
    lines = [
        ("class", t(f"registry.class.{permit.permit_class}")),
        ("holder", permit.holder),
        ("unit", permit.unit or t("registry.no_unit")),
        ("sites", t("registry.comma").join(permit.sites)),
        ("valid", t("printing.from_to", first=permit.first_day, last=permit.last_day)),
        ("shared", t("registry.comma").join(permit.further) or t("printing.none")),
        ("issued", str(permit.issued_on)),
    ]
    y = 102.0
    for name, said in lines:
        paper.line(_MARGIN, y, A4[0] - _MARGIN, y, colour=_SOFT)
        paper.text(_MARGIN + 2, y + 3.4, t(f"printing.line.{name}"), points=11, colour=_SOFT, width=40)
        y += max(11.0, paper.block(_MARGIN + 46, y + 3, said, points=12, width=inside - 48) + 5)
    paper.line(_MARGIN, y, A4[0] - _MARGIN, y, colour=_SOFT)
    paper.text(_MARGIN, y + 8, t("printing.rules_title"), points=12, bold=True)
    y += 16
    for number in range(1, 5):
        y += paper.block(_MARGIN, y, f"{number}. {t(f'printing.rule.{number}')}", points=10.5, width=inside) + 1
    paper.text(_MARGIN, 262, t("printing.signed"), points=11, colour=_SOFT)
    paper.text(_MARGIN + inside / 2, 262, t("printing.sealed"), points=11, colour=_SOFT)
    return paper.finished()


def _card(paper: Paper, x: float, y: float, permit: PrintedPermit, t: Translator) -> None:
    width, height = CARD
    colour = CLASS_COLOURS[permit.permit_class]
    paper.field(x, y, width, 12, colour)
    paper.text(x + 4, y + 2.6, t("printing.title"), points=16, bold=True, colour=_WHITE, width=54)
    paper.text(
        x + 60,
        y + 3,
        t(f"registry.class.{permit.permit_class}"),
        points=14,
        bold=True,
        colour=_WHITE,
        width=26,
        centred=True,
    )
    paper.text(x + 4, y + 14, str(permit.year), points=15, bold=True, colour=colour)
    paper.text(x + 4, y + 19, f"{permit.serial:04}", points=50, bold=True, width=56)
    paper.text(x + 4, y + 37, permit.plate, points=22, bold=True, width=56)
    paper.text(x + 4, y + 47.5, permit.unit, points=9.5, width=56)
    paper.text(x + 4, y + 53, t("registry.comma").join(permit.sites), points=9.5, width=56)
    paper.code(x + 61, y + 15, 25, permit.number)
    paper.text(x + 61, y + 41.5, permit.number, points=10, bold=True, width=25, centred=True)
    paper.text(x + 61, y + 47.5, t("printing.until"), points=8, colour=_SOFT, width=25, centred=True)
    paper.text(x + 61, y + 51.5, str(permit.last_day), points=11, bold=True, width=25, centred=True)
    paper.frame(x, y, width, height, colour=colour)
