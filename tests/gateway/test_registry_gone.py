"""The registry's store is gone: a gate goes on with whom it knows, and says that it cannot know whom it does not."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from gateway.web import routers
from registry.auth.directory import TRUSTED_FOR, Directory
from registry.auth.permissions import Role
from registry.store import Store
from tests.makers.gateway import CARD, GateHouse, RegistryByHand, a_card, a_gate_house, access_facts
from tests.makers.web import a_browser, a_token

PATH = "/api/gateway/checks"
WAYS = ("application/json", "application/json; charset=utf-8")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[GateHouse]:
    with a_gate_house(tmp_path, RegistryByHand(access_facts(a_card())), {}) as house:
        yield house


def cut_off(store: Store) -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("connect", None, ConnectionError("gone"))

    store.engine.dispose()
    event.listen(store.engine, "do_connect", refuse)


def check(client: TestClient, way: str, bearer: str) -> int:
    shown = {"kind": "card", "value": CARD}
    asked = {"attempt_id": str(uuid4()), "gate": "oc1-north", "direction": "in", "credential": shown}
    headers = {"Content-Type": way, "Authorization": f"Bearer {bearer}"}
    return client.post(PATH, json=asked, headers=headers).status_code


def test_a_gate_goes_on_and_ends_when_it_can_no_longer_know_what_was_revoked(house: GateHouse) -> None:
    known = a_token(house.parts, Role.GUARD)
    directory = house.parts.directory
    with a_browser(house.parts, *routers()) as client:
        cut_off(house.parts.stores["registry"])
        directory.follow()
        assert [check(client, way, known) for way in WAYS] == [200, 200]
        assert [check(client, way, "dy_unknown") for way in WAYS] == [503, 503]
        assert client.get("/gate", headers={"Authorization": "Bearer dy_unknown"}).status_code == 503
        assert client.get("/nowhere", headers={"Authorization": "Bearer dy_unknown"}).status_code == 404
        _age(directory, TRUSTED_FOR.total_seconds() + 1)
        assert [check(client, way, known) for way in WAYS] == [503, 503]
        auth = client.get("/readyz").json()["parts"]["auth"]
        assert (auth["ready"], auth["lag_seconds"] > TRUSTED_FOR.total_seconds()) == (False, True)


def _age(directory: Directory, seconds: float) -> None:
    """Let so much time pass on the clock that nobody sets."""
    real = directory.monotonic
    directory.monotonic = lambda: real() + seconds
