"""The network thread hears its line wherever it stands among the files of the process."""

import fcntl
import resource
import socket
from collections.abc import Iterator
from typing import cast

import pytest

from registry.bus.buffering import BufferedClient, BufferedSocket
from registry.bus.network import Network

BEYOND_SELECT = 1500


class QuietClient:
    """A client that has nothing to say."""

    on_socket_register_write: object = None

    def want_write(self) -> bool:
        return False


@pytest.fixture
def many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * BEYOND_SELECT), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
def test_a_line_beyond_the_thousandth_file_is_heard() -> None:
    network = Network(cast("BufferedClient", QuietClient()), "a client", published=print, ended=lambda: None)
    ours, theirs = socket.socketpair()
    with ours, theirs, socket.socket(fileno=fcntl.fcntl(ours, fcntl.F_DUPFD, BEYOND_SELECT)) as far:
        line = BufferedSocket(far)
        theirs.send(b"!")
        assert network._readable(line)
        assert line.recv(10) == b"!"
