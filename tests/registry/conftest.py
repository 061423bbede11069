"""What tests of the ground share."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture
def in_threads() -> Callable[[int, Callable[[int], None]], None]:
    """`in_threads(n, act)`: `act(0)` … `act(n - 1)` at the same time; fails when one fails."""

    def run(count: int, act: Callable[[int], None]) -> None:
        with ThreadPoolExecutor(count) as pool:
            for done in [pool.submit(act, number) for number in range(count)]:
                done.result()

    return run
