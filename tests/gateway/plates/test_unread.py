"""A picture of a plate over HTTP, where nobody can read it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient

from gateway.web import routers
from registry.auth.permissions import Role
from tests.conftest import REPOSITORY
from tests.makers.gateway import PLATE, RegistryByHand, a_gate_house, a_permit, access_facts
from tests.makers.plates import a_plate_reader
from tests.makers.web import a_browser, a_token


@pytest.fixture
def guard(tmp_path: Path) -> Iterator[TestClient]:
    with a_gate_house(tmp_path, RegistryByHand(access_facts(a_permit())), {}) as house:
        token = a_token(house.parts, Role.GUARD, name="guard-1")
        with a_browser(house.parts, *routers(), bearer=token) as client:
            yield client


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[None]:
    with a_plate_reader(tmp_path / "plates.sock", tmp_path / "no-models"):
        yield


def slug(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


def test_while_its_reader_is_away_a_picture_is_refused_in_a_sentence_and_checks_are_answered(guard: TestClient) -> None:
    away = guard.post("/api/gateway/plates/readings", files={"picture": a_jpeg()})
    assert (away.status_code, slug(away)) == (503, "plate-reader-away")
    assert "Type the plate" in away.json()["detail"]
    shown = {"kind": "plate", "value": PLATE}
    asked = {"attempt_id": str(uuid4()), "gate": "oc1-north", "direction": "in", "credential": shown}
    assert guard.post("/api/gateway/checks", json=asked).json()["verdict"] == "granted"


@pytest.mark.usefixtures("reader")
def test_without_its_weights_the_plate_reader_says_how_to_get_them(guard: TestClient) -> None:
    picture = (REPOSITORY / "registry" / "static" / "mark.svg").read_bytes()
    unreadable = guard.post("/api/gateway/plates/readings", files={"picture": picture})
    assert (unreadable.status_code, slug(unreadable)) == (422, "unreadable-picture")
    missing = guard.post("/api/gateway/plates/readings", files={"picture": a_jpeg()})
    assert (missing.status_code, slug(missing)) == (503, "plate-weights-missing")
    assert "dayuan models fetch" in missing.json()["detail"]


def a_jpeg() -> bytes:
    """A grey picture."""
    return bytes(cv2.imencode(".jpg", np.full((120, 160, 3), 128, np.uint8))[1])
