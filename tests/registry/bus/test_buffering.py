"""A socket that reads ahead and writes together gives the same bytes in the same order."""

import socket
from collections.abc import Iterator

import pytest

from registry.bus.buffering import BufferedSocket


@pytest.fixture
def ends() -> Iterator[tuple[BufferedSocket, socket.socket]]:
    here, there = socket.socketpair()
    line = BufferedSocket(here)
    line.setblocking(False)
    with here, there:
        yield line, there


def test_what_came_in_is_given_in_pieces_of_the_size_asked_for(ends: tuple[BufferedSocket, socket.socket]) -> None:
    line, there = ends
    there.sendall(b"abcdef")
    assert (line.recv(1), line.recv(2), line.pending()) == (b"a", b"bc", 3)
    assert (line.recv(100), line.pending()) == (b"def", 0)


def test_nothing_more_is_said_as_a_socket_says_it(ends: tuple[BufferedSocket, socket.socket]) -> None:
    line, there = ends
    with pytest.raises(BlockingIOError):
        line.recv(1)
    there.close()
    assert line.recv(1) == b""


def test_what_is_written_leaves_together_and_in_order(ends: tuple[BufferedSocket, socket.socket]) -> None:
    line, there = ends
    there.setblocking(False)
    assert line.send(b"one ") == 4
    line.send(b"two")
    with pytest.raises(BlockingIOError):
        there.recv(100)
    line.flush()
    assert there.recv(100) == b"one two"
    assert not line.has_unsent


def test_what_the_system_does_not_take_yet_waits_and_leaves_later(ends: tuple[BufferedSocket, socket.socket]) -> None:
    line, there = ends
    much = bytes(range(256)) * 40_000
    line.send(much)
    line.flush()
    assert line.has_unsent
    arrived = bytearray()
    while len(arrived) < len(much):
        arrived += there.recv(1_000_000)
        line.flush()
    assert bytes(arrived) == much


def test_the_last_words_are_said_before_it_closes(ends: tuple[BufferedSocket, socket.socket]) -> None:
    line, there = ends
    line.send(b"goodbye")
    line.close()
    assert there.recv(100) == b"goodbye"


def test_a_line_that_is_gone_is_told_when_it_is_written_to(ends: tuple[BufferedSocket, socket.socket]) -> None:
    line, there = ends
    there.close()
    line.send(b"hello")
    with pytest.raises(OSError, match="pipe"):
        line.flush()
    line.close()
