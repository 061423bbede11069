"""What each test here has: one running broker, of the one kind and of the other, and callers that leave when the test ends."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from registry.settings import BrokerKind
from tests.brokers import RealBroker, a_broker, why_not
from tests.fakes.caller import Caller
from tests.ports import free_port

NewCaller = Callable[..., Caller]


@pytest.fixture(params=list(BrokerKind), ids=str)
def kind(request: pytest.FixtureRequest) -> BrokerKind:
    found: BrokerKind = request.param
    missing = why_not(found)
    if missing is not None:
        pytest.skip(missing)
    return found


@pytest.fixture
def house(kind: BrokerKind, tmp_path: Path) -> Iterator[RealBroker]:
    """A broker that knows our services and the device `oc1/beam/north-01`."""
    running = a_broker(kind, tmp_path / "broker", free_port())
    running.start()
    yield running
    running.child.stop()


@pytest.fixture
def call(house: RealBroker, eventually: Callable[..., None]) -> Iterator[NewCaller]:
    """`call(username)`: a connected client of this account; with `hears` it has been let listen."""
    callers: list[Caller] = []

    def new(username: str, *, hears: tuple[str, ...] = (), client_id: str | None = None, **facts: object) -> Caller:
        caller = Caller(house.address(username), client_id=client_id or f"of-{username.replace('.', '-')}", **facts)  # type: ignore[arg-type]
        callers.append(caller)
        caller.start(hears)
        eventually(lambda: caller.is_hearing if hears else caller.connected)
        return caller

    yield new
    for caller in callers:
        caller.stop()
