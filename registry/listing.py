"""What every list of the registry's API answers."""

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

Row = TypeVar("Row")
Item = TypeVar("Item", bound=BaseModel)

Words = Annotated[str, Query(max_length=60, description="Words to search for")]
Limit = Annotated[int, Query(ge=1, le=200)]
DEFAULT_LIMIT = 50


class Listing(BaseModel, Generic[Item]):
    """A page of a list; `next` is the `cursor` of the page after it, None at the end."""

    items: list[Item]
    next: str | None


def page_of(
    rows: Sequence[Row], limit: int, *, out: Callable[[Row], Item], cursor: Callable[[Row], str]
) -> Listing[Item]:
    """Make a page of rows that were asked for with `limit + 1`, so that one knows whether there are more."""
    shown = rows[:limit]
    return Listing(items=[out(row) for row in shown], next=cursor(shown[-1]) if len(rows) > limit else None)
