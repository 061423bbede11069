"""A process that lost a thread it cannot do without is ended, and says that it failed."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Any

import pytest

from deploy.assembly import WebHouse
from deploy.processes.watch import Watch


@dataclass(slots=True)
class Part:
    alive: bool = True


def test_a_process_ends_when_one_of_its_parts_does(eventually: Callable[..., None]) -> None:
    parts, ended = [Part(), Part()], Event()
    watch = Watch(parts, ended.set)
    watch.start()
    parts[1].alive = False
    eventually(ended.is_set)
    watch.stop()
    assert watch.failed


def test_a_process_whose_parts_live_is_left_alone() -> None:
    ended = Event()
    watch = Watch([Part()], ended.set)
    watch.start()
    watch.stop()
    assert not ended.is_set()
    assert not watch.failed


@dataclass(slots=True)
class Parts:
    directory: Part


@pytest.mark.parametrize("dead", ["directory", "desk", "register"])
def test_the_pages_process_ends_when_its_gateway_register_or_sign_ins_do(
    dead: str, eventually: Callable[..., None]
) -> None:
    threads: dict[str, Any] = {name: Part(alive=name != dead) for name in ("directory", "desk", "register")}
    app: Any = None
    parts: Any = Parts(threads["directory"])
    house = WebHouse(app=app, parts=parts, desk=threads["desk"], register=threads["register"])
    ended = Event()
    watch = Watch(house.living, ended.set)
    watch.start()
    eventually(ended.is_set)
    watch.stop()
    assert watch.failed
