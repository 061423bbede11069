"""What the supervisor tells a child when it starts it: on standard input, so that no secret stands in a process list.

The orders of all processes stand here, apart from what each process loads, so that the supervisor stays small.
"""

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

import structlog
from pydantic import BaseModel, ConfigDict

from deploy.leash import tie_to
from deploy.stopping import leave_at_once
from monitor.cameras.tasks import CameraGroup
from registry import logs
from registry.clock import Clock, SystemClock
from registry.fast_clock import FastClock
from registry.problems import Refusal

log = structlog.get_logger()

READY: Final = "ready"
REFUSED: Final = "refused: "
_EXIT_REFUSED: Final = 2


class Orders(BaseModel):
    """The part that all processes share."""

    model_config = ConfigDict(frozen=True)

    process: str
    parent: int
    log_json: bool
    fast_clock: FastClock | None = None
    """The clock of a demonstration; None: the machine's."""

    @property
    def clock(self) -> Clock:
        """The house's clock."""
        return self.fast_clock or SystemClock()

    @classmethod
    def received(cls) -> Self:
        """Read the orders, tie this process's life to the supervisor's and set up its log."""
        orders = cls.model_validate_json(sys.stdin.buffer.read())
        if not tie_to(orders.parent, signal.SIGKILL):
            sys.exit("the supervisor is gone")
        logs.configure(process=orders.process, as_json=orders.log_json)
        logs.catch_the_rest()
        return orders


class HouseOrders(Orders):
    """For a process that opens stores and speaks to the broker. `brokers`: the MQTT URL of each service, its account in it."""

    data_dir: Path
    stores: dict[str, str]
    brokers: dict[str, str]


class EngineOrders(HouseOrders):
    """For the engine. `signal_days`: how long signals are kept, by class of device; it looks every `purge_minutes`."""

    signal_days: dict[str, int]
    purge_minutes: int


class WebOrders(HouseOrders):
    """For the process that serves pages and API. `form`: under which supervisor; `rooms`: whose pages they are."""

    form: str
    rooms: tuple[str, ...]
    host: str
    port: int
    public_url: str | None
    default_language: str
    sign_in: dict[str, Any]
    """The settings about signing in, by name; the secret among them in clear."""


class PlateOrders(Orders):
    """For the plate reader: where the networks lie, and in whose data folder it answers."""

    data_dir: Path
    models_dir: Path


class CameraOrders(Orders):
    """The cameras to watch and where they send what they see."""

    group: CameraGroup


def say_ready() -> None:
    """Tell the supervisor that this process does its work from now on."""
    _say(READY)


def run(main: Callable[[], int]) -> None:
    """Run a process's `main` and end with its code; a refusal is told to the supervisor in its own words."""
    try:
        code = main()
    except Refusal as refusal:
        log.error("refused", why=str(refusal))  # noqa: TRY400 - it is a sentence, not a fault of ours
        _say(f"{REFUSED}{refusal}")
        code = _EXIT_REFUSED
    leave_at_once()
    sys.exit(code)


def _say(words: str) -> None:
    print(words, flush=True)  # noqa: T201 - standard output is the line to the supervisor
