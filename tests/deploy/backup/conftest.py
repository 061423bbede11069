"""Places for houses, on either kind of store."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.makers.houses import House
from tests.postgres import Postgres

NewHouse = Callable[..., House]


@pytest.fixture
def new_house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewHouse]:
    """`new_house("old")`: a place for a house in files; `new_house("old", "postgresql")`: with an empty database."""
    lent: list[str] = []

    def new(name: str, kind: str = "sqlite") -> House:
        if kind == "sqlite":
            return House(tmp_path / name)
        server: Postgres = request.getfixturevalue("postgres")
        lent.append(server.empty())
        return House(tmp_path / name, lent[-1])

    yield new
    for url in lent:
        request.getfixturevalue("postgres").give_back(url)
