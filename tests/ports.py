"""Ports for servers that are stopped and come back, and must find their port free then."""

import itertools
import os
import socket

# Below the ports that systems lend to clients on their own (Linux from 32768, IANA from 49152): one of those may be
# lent to somebody else while the server that had it is away.
_FIRST, _LAST = 20_000, 32_000
_STRIDE = 7  # shares no factor with the span, so each process walks over all of them, from a place of its own
_order = itertools.count()


def free_port() -> int:
    """A port of the loopback that nobody listens on, and that this process has not handed out lately."""
    for step in _order:
        port = _FIRST + (os.getpid() * 613 + step * _STRIDE) % (_LAST - _FIRST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError
