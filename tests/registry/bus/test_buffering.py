"""A socket that reads ahead and writes together gives the same bytes in the same order."""

import socket
import struct
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion

from registry.bus.buffering import BufferedClient, BufferedSocket, Publication


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


def a_publish(
    topic: bytes = b"a/b", payload: bytes = b"x", *, qos: int = 1, retain: bool = False, mid: int = 7
) -> bytes:
    number = struct.pack("!H", mid) if qos else b""
    body = struct.pack("!H", len(topic)) + topic + number + payload
    length, left = bytearray(), len(body)
    while left > 127:
        length.append(left & 127 | 128)
        left >>= 7
    return bytes([0x30 | qos << 1 | retain, *length, left]) + body


def taken(line: BufferedSocket, there: socket.socket, data: bytes) -> list[Publication]:
    """What is taken of `data` when paho has read one byte before it."""
    there.sendall(b"\xd0" + data)
    line.recv(1)
    return line.publications()


def test_messages_are_taken_whole_and_in_their_order(ends: tuple[BufferedSocket, socket.socket]) -> None:
    line, there = ends
    said = [(b"a/b", b"", 1, False, 1), ("院".encode(), b"x" * 5000, 0, True, 0), (b"c", b"\x00\xff", 1, True, 65_535)]
    data = b"".join(
        a_publish(topic, payload, qos=qos, retain=retain, mid=mid) for topic, payload, qos, retain, mid in said
    )
    assert taken(line, there, data) == said
    assert line.pending() == 0


@pytest.mark.parametrize(
    "left",
    [
        b"\xd0\x00",
        b"\x40\x02\x00\x07",
        b"\x30",
        a_publish(qos=2),
        a_publish(qos=3),
        a_publish()[:-1],
        a_publish(topic=b""),
        a_publish(payload=b"x" * 20_000),
        b"\x32\x80",
        b"\x32\x00\x00\x00",
        b"\x32\x01\x00\x00",
        b"\x32\x04\x00\xff\x00\x00",
        b"\x32\x03\x00\x01a\x00",
        b"\x32\xff\xff\xff\xff\xff",
    ],
)
def test_whatever_else_comes_is_left_to_paho_with_all_that_follows(
    ends: tuple[BufferedSocket, socket.socket], left: bytes
) -> None:
    line, there = ends
    assert taken(line, there, a_publish() + left) == [(b"a/b", b"x", 1, False, 7)]
    assert line.recv(100_000) == left


def heard(data: bytes, *, by_paho_alone: bool) -> list[Publication]:
    """The messages that a client makes of these bytes, as its network thread reads them."""
    here, there = socket.socketpair()
    with here, there:
        line, found = BufferedSocket(here), list[Publication]()
        line.setblocking(False)
        client = BufferedClient(CallbackAPIVersion.VERSION2, manual_ack=True)
        client._sock = line
        client.on_message = lambda _client, _data, said: found.append(
            Publication(said._topic, bytes(said.payload), said.qos, said.retain, said.mid)
        )
        there.sendall(data)
        with suppress(Exception):  # of paho, at a packet that is none
            client.loop_read()
            while client.buffered() is line and line.pending():
                found += [] if by_paho_alone else client.publications()
                if line.pending():
                    client.loop_read()
        return found


PACKETS = st.one_of(
    st.builds(
        a_publish,
        st.binary(max_size=4),
        st.binary(max_size=300),
        qos=st.integers(0, 3),
        retain=st.booleans(),
        mid=st.integers(0, 65_535),
    ),
    st.lists(st.sampled_from([0x30, 0x32, 0x33, 0x80, 0x81, 0xD0, *range(8)]), max_size=8).map(bytes),
)


@given(st.lists(PACKETS, max_size=6).map(b"".join))
def test_the_same_messages_are_heard_as_by_paho_alone(data: bytes) -> None:
    assert heard(data, by_paho_alone=False) == heard(data, by_paho_alone=True)


def test_nothing_is_taken_while_paho_is_within_a_packet(ends: tuple[BufferedSocket, socket.socket]) -> None:
    line, there = ends
    client = BufferedClient(CallbackAPIVersion.VERSION2)
    client._sock = line
    there.sendall(b"\xd0\x00" + a_publish() + a_publish())
    client._in_packet["command"] = line.recv(1)[0]
    assert client.publications() == []
    client.loop_read()
    assert len(client.publications()) == 2
