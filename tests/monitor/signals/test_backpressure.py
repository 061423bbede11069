"""When the store is slower than the network, the network waits: memory does not grow."""

import threading
from collections.abc import Callable

from monitor.signals.inbox import BATCH, WAITING_LIMIT, Inbox
from registry.bus import BrokerAddress, Bus, Received, Ticket
from registry.store import Store
from tests.fakes.clock import FixedClock
from tests.makers.register import a_register

BUS = Bus(BrokerAddress(host="127.0.0.1", port=1, username="monitor", password="x"))
MESSAGE = Received("dayuan/v1/oc1/beam/north-01/hb", b"", retain=False, ticket=Ticket(1, 1, 0), bus=BUS)


def an_inbox(store: Store, clock: FixedClock) -> Inbox:
    """An inbox whose writer and client are not started."""
    return Inbox(store=store, bus=BUS, register=a_register, clock=clock)


def network(inbox: Inbox, messages: int) -> None:
    for _ in range(messages):
        inbox._arrived(MESSAGE)


def test_the_network_waits_while_too_much_waits_to_be_stored(
    monitor_store: Store, clock: FixedClock, eventually: Callable[..., None]
) -> None:
    inbox = an_inbox(monitor_store, clock)
    thread = threading.Thread(target=network, args=(inbox, WAITING_LIMIT + 2), daemon=True)
    thread.start()
    eventually(lambda: inbox.waiting == WAITING_LIMIT + 1)
    assert thread.is_alive()
    while len(inbox._take()) == BATCH:
        pass
    thread.join(60)
    assert not thread.is_alive()


def test_the_network_rests_while_the_store_is_blocked(
    monitor_store: Store, clock: FixedClock, eventually: Callable[..., None]
) -> None:
    inbox = an_inbox(monitor_store, clock)
    inbox._arrived(MESSAGE)
    inbox._take()  # there was room once; now the writer is with the store and takes nothing more
    thread = threading.Thread(target=network, args=(inbox, WAITING_LIMIT + 1), daemon=True)
    thread.start()
    eventually(lambda: inbox.waiting == WAITING_LIMIT + 1 and not inbox._room.is_set())
    while len(inbox._take()) == BATCH:
        pass
    thread.join(60)
    assert not thread.is_alive()
