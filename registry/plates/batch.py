"""Reads many picture files one after the other and prints what was found, for the command line."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TextIO, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from registry.media.problems import UnreadablePicture
from registry.plates.pictures import Picture, open_picture

ALL_READ: Final = 0
SOME_UNREADABLE: Final = 2

Found = TypeVar("Found")


@dataclass(frozen=True, kw_only=True)  # without slots: Python 3.11 cannot call a frozen generic that has them
class Kind(Generic[Found]):
    """What is looked for in the pictures."""

    field: str
    """Name of the list in a JSON line; also the word of the summary."""
    read: Callable[[Picture], Sequence[Found]]
    as_json: Callable[[Found], object]
    as_text: Callable[[Found], str]


def read_files(files: Sequence[Path], kind: Kind[Found], *, as_json: bool, out: TextIO, err: TextIO) -> int:
    """Print a line for each file; give the exit code.

    A file that cannot be read is told in its line and does not stop the others; the exit code is then 2. A bar runs on
    `err` when that is a terminal; otherwise one line there sums up, unless the lines are JSON.
    """
    found_in_all = unreadable = 0
    began = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=err), transient=True, disable=not err.isatty()) as progress:
        bar = progress.add_task(kind.field, total=len(files))
        for file in files:
            line, found = _read_one(file, kind)
            found_in_all += len(found)
            unreadable += "error" in line
            if as_json:
                print(json.dumps(line, ensure_ascii=False), file=out, flush=True)
            else:
                said = line.get("error") or ", ".join(kind.as_text(each) for each in found) or "-"
                print(f"{file}: {said}", file=out, flush=True)
            progress.advance(bar)
    if not as_json and not err.isatty():
        took = time.monotonic() - began
        words = f"{len(files)} pictures, {found_in_all} {kind.field}, {unreadable} unreadable, {took:.1f} s"
        print(words, file=err)
    return SOME_UNREADABLE if unreadable else ALL_READ


def _read_one(file: Path, kind: Kind[Found]) -> tuple[Mapping[str, object], Sequence[Found]]:
    started = time.perf_counter()
    try:
        found = kind.read(open_picture(file))
    except UnreadablePicture as problem:
        return {"file": str(file), kind.field: [], "error": problem.detail, "ms": _since(started)}, ()
    return {"file": str(file), kind.field: [kind.as_json(each) for each in found], "ms": _since(started)}, found


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
