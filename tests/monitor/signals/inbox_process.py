"""The inbox as a process of its own, so that a test can kill it: `inbox_process.py PORT STORE`."""

import signal
import sys
from collections.abc import Sequence

from monitor.room import ROOM
from monitor.signals.inbox import Inbox
from registry.bus import BrokerAddress, Bus
from registry.clock import SystemClock
from registry.store import Store
from tests.makers.register import PASSWORD, a_device, a_register


def main(arguments: Sequence[str]) -> None:
    port, url = arguments
    register = a_register(a_device())
    inbox = Inbox(
        store=Store.open(ROOM, url),
        bus=Bus(BrokerAddress(host="127.0.0.1", port=int(port), username="monitor", password=PASSWORD)),
        register=lambda: register,
        clock=SystemClock(),
    )
    inbox.start()
    signal.sigwait({signal.SIGTERM})
    inbox.stop()


main(sys.argv[1:])
