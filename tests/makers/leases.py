"""Makers of engines' processes that want a lease."""

from monitor.lease.rules import Holder


def a_holder(pid: int = 1001, *, host: str = "server-a") -> Holder:
    return Holder(host=host, machine=f"kernel of {host}", pid=pid, started=7)
