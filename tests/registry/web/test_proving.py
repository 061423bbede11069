"""Proving that it is still oneself, while others change the same password."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.requests import Request

from registry.auth.changing_password import WrongPassword
from registry.auth.principal import Principal
from registry.clock import Instant
from registry.web.app import create_app
from registry.web.proving import prove, proven_user
from tests.fakes.clock import FixedClock
from tests.makers.signing_in import actions, reset_password
from tests.makers.web import PASSWORD, a_user, some_parts

DRAWN = "k7qm-2f9a-xw4d-hp3e"


@dataclass(slots=True)
class MeanwhileClock(FixedClock):
    """Something is done before the moment is told for the `at`-th time: each transaction begins with that."""

    at: int = 0
    act: Callable[[], None] = lambda: None

    def now(self) -> Instant:
        self.at -= 1
        if self.at == 0:
            self.act()
        return self.moment


def test_a_password_reset_while_it_is_looked_at_proves_nothing(tmp_path: Path) -> None:
    clock = MeanwhileClock()
    parts = some_parts(tmp_path, clock=clock)
    person = Principal(id=a_user(parts, "guard"), name="guard", grants=frozenset())
    request = Request({"type": "http", "app": create_app(parts, []), "client": ("10.0.0.7", 1), "headers": []})
    store = parts.stores["registry"]
    proof = prove(request, person, password=PASSWORD)
    clock.at, clock.act = 2, lambda: reset_password(store, "guard", DRAWN)
    with pytest.raises(WrongPassword):
        prove(request, person, password=PASSWORD)
    assert actions(store)[-2:] == ["password-reset", "sign-in-failed"]
    with store.read() as session, pytest.raises(WrongPassword):
        proven_user(session, person, proof)
