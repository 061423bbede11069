"""Whether a port can be had, asked before anything is started."""

import socket

from registry.problems import Refusal


def refuse_taken_port(host: str, port: int, *, option: str) -> None:
    """Make sure that `port` can be listened on.

    Raises:
        Refusal: it is taken, it needs rights that we lack, or `host` is no address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Refusal(
                f"Port {port} on {host} cannot be used: {error.strerror}. "
                f"Stop the program that has it, or choose another with {option}."
            ) from None
