"""How many rows a list has, counted no further than is worth its time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Select, func, literal_column, select
from sqlalchemy.orm import Session

MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Total:
    """So many rows, or, with `is_more`, more than so many."""

    count: int
    is_more: bool = False


def counted(session: Session, rows: Select[*tuple[Any, ...]]) -> Total:
    """Count the rows of a statement without loader options, up to `MOST_COUNTED`."""
    one = literal_column("1", Integer)
    some = rows.with_only_columns(one, maintain_column_froms=True).order_by(None).limit(MOST_COUNTED + 1)
    found = session.scalar(select(func.count()).select_from(some.subquery())) or 0
    return Total(min(found, MOST_COUNTED), is_more=found > MOST_COUNTED)


def total_of(found: int, page: int, *, is_first: bool, words: str, count: Callable[[], Total]) -> Total:
    """How many rows a list has that was asked for `page` rows and one more, of which `found` were there.

    What words find is not counted beyond a page: to ask of a thousand rows whether a common word fits costs 20 to 200 ms
    (SQLite, 100,000 people), after every letter that is typed.
    """
    if is_first and found <= page:
        return Total(found)
    return Total(page, is_more=True) if words else count()
