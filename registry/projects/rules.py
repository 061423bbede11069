"""Reading a pasted list of workers, line by line."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

_SEPARATOR = re.compile(r"\t|[,，;；|]")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_HEADINGS = frozenset({"姓名", "name"})
FIELDS = ("name", "id_number", "phone", "trade", "training")
_YEARS = (2000, 2200)
MOST_WORKERS = 500
"""On one list pasted at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A worker as a line says it; `row` counts the lines of the text from 1."""

    row: int
    name: str
    id_number: str
    phone: str | None
    trade: str | None
    training_last_day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a line: a field of `FIELDS`, or None for the whole line, and the key of the words for it."""

    row: int
    field: str | None
    slug: str


def read_day(text: str) -> date | None:
    """A day as people write it: 2026-12-31, 2026/12/31, 2026年12月31日. None: it is none."""
    found = _DAY.fullmatch(text.strip())
    if found is None:
        return None
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    return day if _YEARS[0] <= day.year < _YEARS[1] else None


def is_same_name(one: str, other: str) -> bool:
    """Whether two names differ in nothing but blanks, dots, wide letters and capitals."""
    first, second = (
        [each for each in unicodedata.normalize("NFKC", name).casefold() if each.isalnum()] for name in (one, other)
    )
    return first == second


def read_list(text: str) -> tuple[Sequence[Line], Sequence[Fault]]:
    """The workers of a list, a line each: name, ID number, phone, trade, last day of the training.

    Columns are split by tabs, as a spreadsheet gives them, or by commas; a heading and empty lines are passed over.
    """
    lines: list[Line] = []
    faults: list[Fault] = []
    for row, raw in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in _SEPARATOR.split(raw)]
        if not any(cells) or cells[0].casefold() in _HEADINGS:
            continue
        read = _read_line(row, cells)
        if isinstance(read, Fault):
            faults.append(read)
        else:
            lines.append(read)
    if len(lines) > MOST_WORKERS:
        faults.append(Fault(row=lines[MOST_WORKERS].row, field=None, slug="list-too-long"))
    return lines, faults


def _read_line(row: int, cells: Sequence[str]) -> Line | Fault:
    if len(cells) > len(FIELDS):
        return Fault(row=row, field=None, slug="line-too-many")
    name, id_number, phone, trade, training = (*cells, *[""] * (len(FIELDS) - len(cells)))
    if not name or len(name) > 80:  # noqa: PLR2004 - of the column
        return Fault(row=row, field="name", slug="name-missing")
    if not id_number:
        return Fault(row=row, field="id_number", slug="line-no-id-number")
    day = read_day(training) if training else None
    if training and day is None:
        return Fault(row=row, field="training", slug="line-no-day")
    return Line(
        row=row,
        name=name,
        id_number=id_number,
        phone=phone or None,
        trade=trade[:40] or None,
        training_last_day=day,
    )
