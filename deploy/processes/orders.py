"""What the supervisor tells a child when it starts it: on standard input, so that no secret stands in a process list."""

import signal
import sys
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from deploy.leash import tie_to
from registry import logs


class Orders(BaseModel):
    """The part that all processes share."""

    model_config = ConfigDict(frozen=True)

    process: str
    parent: int
    log_json: bool

    @classmethod
    def received(cls) -> Self:
        """Read the orders, tie this process's life to the supervisor's and set up its log."""
        orders = cls.model_validate_json(sys.stdin.buffer.read())
        if not tie_to(orders.parent, signal.SIGKILL):
            sys.exit("the supervisor is gone")
        logs.configure(process=orders.process, as_json=orders.log_json)
        return orders


class HouseOrders(Orders):
    """For a process that opens stores and speaks to the broker. `brokers`: the MQTT URL of each service, its account in it."""

    data_dir: Path
    stores: dict[str, str]
    brokers: dict[str, str]


def say_ready() -> None:
    """Tell the supervisor that this process does its work from now on."""
    print("ready", flush=True)  # noqa: T201 - standard output is the line to the supervisor
