"""A second house on the store of a running one is refused before it touches anything."""

import threading

from deploy.holder import is_gone
from monitor.lease.keeper import LeaseWatch
from monitor.lease.queries import leases
from monitor.lease.rules import told
from registry.problems import Refusal
from registry.store import Store

_LOOK_SECONDS = 0.2


def refuse_second_engine(monitor: Store, stop: threading.Event) -> None:
    """Make sure that no engine acts on this store; takes no longer than a lease lasts.

    One that was killed does not count, whatever it left behind: only a lease that is seen renewed does.

    Raises:
        Refusal: one does; who it is, where it runs and since when.

    """
    watch = LeaseWatch(is_gone)
    while not stop.is_set():
        with monitor.read() as session:
            found = leases(session)
        free = watch.free(found)
        held = [lease for lease in found if lease.site not in free]
        if not held:
            return
        for lease in held:
            if watch.has_seen_renewed(lease):
                raise Refusal(
                    f"Another engine acts on this store: {told(lease)}. Stop that dayuan first, or name another store."
                )
        stop.wait(_LOOK_SECONDS)
