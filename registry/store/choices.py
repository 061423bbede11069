"""Columns that hold one of a closed set of words; the database refuses any other."""

from enum import StrEnum
from typing import TypeVar

from sqlalchemy import Enum

Word = TypeVar("Word", bound=StrEnum)


def choice(words: type[Word], *, check: str | None = None) -> Enum:
    """A text column with a CHECK for the values of `words`; `check` names it where a table has two of the same words."""
    return Enum(
        words,
        name=check or words.__name__.lower(),
        native_enum=False,
        create_constraint=True,
        validate_strings=True,
        length=24,
        values_callable=lambda kind: [str(one) for one in kind],
    )


def word(words: type[Word]) -> Enum:
    """A text column for some of `words`; which ones, the table says."""
    return Enum(
        words,
        native_enum=False,
        create_constraint=False,
        length=24,
        values_callable=lambda kind: [str(one) for one in kind],
    )
