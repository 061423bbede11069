"""A door is tried once: who answers something else than a broker is told apart from nobody."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest

from registry.bus import BrokerAddress, Door, try_door
from tests.ports import free_port

Answering = Callable[[bytes], int]
PASSWORD = "never-told"


@pytest.fixture
def answering() -> Iterator[Answering]:
    """`answering(what)`: the port of a server that says this to the first who speaks, and hangs up."""
    with ExitStack() as ends:

        def serve(answer: bytes) -> int:
            listening = ends.enter_context(socket.create_server(("127.0.0.1", 0)))

            def once() -> None:
                with suppress(OSError):
                    line, _ = listening.accept()
                    with line:
                        line.recv(1000)
                        line.sendall(answer)

            thread = threading.Thread(target=once)
            thread.start()
            ends.callback(thread.join)
            ends.callback(listening.shutdown, socket.SHUT_RDWR)
            port: int = listening.getsockname()[1]
            return port

        yield serve


def _address(port: int, *, tls: bool = False) -> BrokerAddress:
    return BrokerAddress(host="127.0.0.1", port=port, username="monitor", password=PASSWORD, tls=tls)


@pytest.mark.parametrize(
    ("answer", "door", "why"),
    [
        (b"\x20\x02\x00\x00", Door.OPEN, ""),
        (b"\x20\x02\x00\x03", Door.CLOSED, "not ready"),
        (b"\x20\x02\x00\x04", Door.REFUSED, "does not take the user monitor"),
        (b"\x20\x02\x00\x05", Door.REFUSED, "does not take the user monitor"),
        (b"\x20\x02\x00\x01", Door.REFUSED, "code 1"),
        (b"\x20\x02\x00", Door.REFUSED, "without an answer"),
        (b"", Door.REFUSED, "without an answer"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Door.REFUSED, "without an answer"),
    ],
)
def test_each_answer_has_its_meaning(answering: Answering, answer: bytes, door: Door, why: str) -> None:
    found, told = try_door(_address(answering(answer)))
    assert (found, why in told, PASSWORD in told) == (door, True, False)


def test_a_server_without_tls_is_no_broker_of_ours(answering: Answering) -> None:
    door, why = try_door(_address(answering(b"HTTP/1.1 400 Bad Request\r\n\r\n"), tls=True))
    assert door is Door.REFUSED
    assert "TLS" in why


def test_where_nobody_listens_somebody_may_still_come() -> None:
    assert try_door(_address(free_port())) == (Door.CLOSED, "nothing listens there")


def test_who_does_not_answer_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert try_door(_address(silent.getsockname()[1]), seconds=0.1) == (Door.CLOSED, "it does not answer")
