"""A gateway of the tests: its store, a registry by hand, and a desk that runs."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.desk import SWEEP_SECONDS, Desk
from gateway.plates.client import PlateClient
from gateway.room import ROOM
from registry.qr.passes import load_key, new_signing_key, verifying_keys
from registry.store import Store
from registry.store.migrating import migrate
from tests.fakes.clock import FixedClock
from tests.makers.gateway import RegistryByHand


@pytest.fixture
def signing_key() -> Ed25519PrivateKey:
    """The key with which the registry signs QR passes."""
    return load_key(new_signing_key())


@pytest.fixture
def store(new_store: Callable[..., Store]) -> Store:
    """The gateway's store, migrated as in use."""
    return new_store(ROOM, migrate)


@pytest.fixture
def register() -> RegistryByHand:
    return RegistryByHand()


@pytest.fixture
def make_desk(
    store: Store, register: RegistryByHand, clock: FixedClock, signing_key: Ed25519PrivateKey, tmp_path: Path
) -> Iterator[Callable[..., Desk]]:
    """Makes desks that are not started; those that a test starts are stopped after it."""
    desks: list[Desk] = []

    def made(*, sweep_seconds: float = SWEEP_SECONDS) -> Desk:
        desk = Desk(
            store=store,
            feed=register,
            clock=clock,
            pass_keys=verifying_keys(signing_key),
            plates=PlateClient(tmp_path / "plates.sock"),
            attempt_key=b"k" * 32,
            pin_key=b"p" * 32,
            sweep_seconds=sweep_seconds,
        )
        desks.append(desk)
        return desk

    yield made
    for desk in desks:
        desk.stop()


@pytest.fixture
def desk(make_desk: Callable[[], Desk]) -> Desk:
    """A desk that runs, on what `register` holds when the test first asks for it."""
    running = make_desk()
    running.start()
    return running
