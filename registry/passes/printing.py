"""What a QR pass is on paper: a slip with its code, to be folded into a pocket."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from registry.clock import Instant
from registry.i18n import Translator
from registry.paper.fonts import Face
from registry.paper.sheets import Paper

SLIP: Final = (80.0, 130.0)
"""Millimetres: what receipt printers take, too."""
_SOFT: Final = (90, 96, 106)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedPass:
    """What stands on the slip; whoever has `code` can enter with it."""

    number: str
    code: str
    holder: str
    unit: str
    sites: Sequence[str]
    first_day: date
    last_day: date
    entries_allowed: int | None


def pass_slip(shown: PrintedPass, t: Translator, *, now: Instant, faces: Sequence[Face] | None = None) -> bytes:
    """One slip."""
    paper = Paper(SLIP, title=t("printing.slip", number=shown.number), now=now, faces=faces)
    paper.page()
    inside = SLIP[0] - 10
    paper.text(5, 6, t("printing.slip_title"), points=16, bold=True, width=inside, centred=True)
    paper.line(5, 15, SLIP[0] - 5, 15)
    paper.text(5, 18, shown.holder, points=16, bold=True, width=inside, centred=True)
    paper.text(5, 26, shown.unit, points=10, width=inside, centred=True)
    paper.code(10, 32, 60, shown.code)
    paper.text(5, 94, shown.number, points=14, bold=True, width=inside, centred=True)
    days = t("printing.from_to", first=shown.first_day, last=shown.last_day)
    paper.text(5, 102, days, points=10, width=inside, centred=True)
    paper.text(5, 108, t("registry.comma").join(shown.sites), points=10, width=inside, centred=True)
    if shown.entries_allowed is not None:
        paper.text(5, 114, t("printing.entries", n=shown.entries_allowed), points=10, width=inside, centred=True)
    paper.text(5, 121, t("printing.show_at_gate"), points=8.5, colour=_SOFT, width=inside, centred=True)
    return paper.finished()
