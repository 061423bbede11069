"""When the store is slower than the network, the network waits: memory does not grow."""

import threading
from collections.abc import Callable

from monitor.signals.inbox import BATCH, WAITING_LIMIT, Inbox
from registry.bus import BrokerAddress, Bus, Received
from registry.store import Store
from tests.fakes.clock import FixedClock
from tests.makers.register import a_register


def test_the_network_waits_while_too_much_waits_to_be_stored(
    monitor_store: Store, clock: FixedClock, eventually: Callable[..., None]
) -> None:
    inbox = Inbox(
        store=monitor_store,
        bus=Bus(BrokerAddress(host="127.0.0.1", port=1, username="monitor", password="x")),
        register=a_register,
        clock=clock,
    )
    message = Received("dayuan/v1/oc1/beam/north-01/hb", b"", retain=False, _acknowledge=lambda: None)
    sent = WAITING_LIMIT + 2

    def network() -> None:
        for _ in range(sent):
            inbox._arrived(message)

    thread = threading.Thread(target=network)
    thread.start()
    eventually(lambda: inbox.waiting == WAITING_LIMIT + 1)
    assert thread.is_alive()
    while len(inbox._take()) == BATCH:
        pass
    thread.join(10)
    assert not thread.is_alive()
