"""A bar on a terminal while something long goes on; silence where nobody watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Begin = Callable[[str], None]
"""Called before each step, with its name."""


@contextmanager
def progress(title: str, steps: int, out: TextIO) -> Iterator[Begin]:
    """Give what is called before each step; the bar is drawn on `out` where that is a terminal, and wiped at the end."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=out), transient=True, disable=not out.isatty()) as bars:
        bar = bars.add_task(title, total=steps)
        begun = 0

        def begin(name: str) -> None:
            nonlocal begun
            bars.update(bar, completed=begun, description=name)
            begun += 1

        yield begin
