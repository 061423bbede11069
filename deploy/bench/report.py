"""What a benchmark says: a table on a terminal or JSON lines, and a bar meanwhile."""

import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console
from rich.table import Table

from deploy.bench.figures import Row, rounded
from deploy.progress import Begin, progress
from registry import logs

_WIDTH = 120
"""Of a table that goes into a file: no row of ours needs more."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: the field of a row, its title, and how a number is written."""

    field: str
    title: str
    form: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Where a benchmark speaks. With `as_json`, `out` gets one object a line and nothing else."""

    bench: str
    as_json: bool
    out: TextIO
    err: TextIO

    def show_machine(self, row: Row) -> None:
        """Tell the machine that the figures are of."""
        if self.as_json:
            self.show("", (), [row])
        else:
            words = ", ".join(f"{field} {value}" for field, value in rounded(row).items() if field != "case")
            print(f"Machine: {words}", file=self.out, flush=True)

    def show(self, title: str, columns: Sequence[Column], rows: Sequence[Row]) -> None:
        """Tell rows that belong together; fields without a column are in the JSON only."""
        if self.as_json:
            for row in rows:
                line = {"bench": self.bench, **rounded(row)}
                print(json.dumps(line, ensure_ascii=False), file=self.out, flush=True)
            return
        table = Table(title=title, title_justify="left", box=None)
        for column in columns:
            table.add_column(column.title, justify="left" if column.form == "" else "right", no_wrap=column.form == "")
        for row in rows:
            table.add_row(*(format(row[one.field], one.form) if one.field in row else "" for one in columns))
        Console(file=self.out, width=None if self.out.isatty() else _WIDTH).print(table)

    @contextmanager
    def progress(self, steps: int) -> Iterator[Begin]:
        """Give what is called before each step, with its name; a bar runs where `err` is a terminal."""
        with progress(self.bench, steps, self.err) as begin:
            yield begin


def opened_report(bench: str, *, as_json: bool) -> Report:
    """The report of a command; from here on the log says only what is wrong, on standard error."""
    logs.configure(process="bench", as_json=False, level=logging.WARNING)
    return Report(bench=bench, as_json=as_json, out=sys.stdout, err=sys.stderr)
