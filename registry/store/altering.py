"""Changing the CHECKs of a table in a migration, on either kind of store."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from alembic import op
from alembic.operations import BatchOperations


@contextmanager
def altered(table: str, checks: Mapping[str, str], *, replaced: Collection[str] = ()) -> Iterator[BatchOperations]:
    """Change a table; `checks` are those that it gets, by the last part of their names.

    `replaced`: those of them that were there with other words. Columns are added in the block, without CHECKs of their own.
    """
    with op.batch_alter_table(table) as batch:
        for name in replaced:
            batch.drop_constraint(batch.f(f"ck_{table}_{name}"), type_="check")
        yield batch
        for name, words in checks.items():
            batch.create_check_constraint(batch.f(f"ck_{table}_{name}"), words)


def one_of(column: str, *words: str) -> str:
    """The CHECK of a column that holds one of these words."""
    return f"{column} IN ({', '.join(repr(word) for word in words)})"
