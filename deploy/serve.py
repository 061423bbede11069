"""`dayuan serve`: one room's processes, or the broker alone, for a house whose services run apart."""

import argparse
import threading
import time

import structlog

from deploy.configuration import Configuration
from deploy.forms import FORMS, MONITOR, Form, ServiceName
from deploy.house import is_newest, open_house
from deploy.running import Running, running
from deploy.second_engine import refuse_second_engine
from registry.problems import Refusal
from registry.store import Store
from registry.store.migrating import migrate

log = structlog.get_logger()

PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.5


def serve(options: argparse.Namespace, configuration: Configuration) -> int:
    """Run until SIGTERM or SIGINT; everything that was started is ended before it returns."""
    form = FORMS[ServiceName(options.serve_command)]
    with running(configuration, form) as run:
        stores = _opened(run, form)
        if run.stop.is_set():
            return 0
        if MONITOR in form.rooms:
            refuse_second_engine(stores[MONITOR], run.stop)
        home = run.home(stores["registry"])
        run.tend(home, lambda: print(f"Dayuan's {form.name} runs at {home.url}", flush=True))  # noqa: T201
    return 0


def _opened(run: Running, form: Form) -> dict[str, Store]:
    """The stores of this service: its own are brought to the newest schema, the registry's is waited for."""

    def bring(store: Store) -> None:
        if store.room.name in form.rooms:
            migrate(store)
        else:
            wait_for_schema(store, run.stop)

    stores = open_house(run.settings, form.stores, bring)
    for store in stores.values():
        run.ends.callback(store.close)
    return stores


def wait_for_schema(store: Store, stop: threading.Event, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until the service whose store this is has brought it to the newest schema, or we are told to stop.

    Raises:
        Refusal: it has not done so in time, or the database cannot be used.
    """
    room = store.room.name
    deadline = time.monotonic() + patience_seconds
    if not is_newest(store):
        log.info("waiting-for-schema", room=room, seconds=patience_seconds)
    while not is_newest(store) and not stop.is_set():
        if time.monotonic() > deadline:
            raise Refusal(
                f"The tables of the {room} are not there yet, or of another version: start 'dayuan serve {room}' first, "
                "or run 'dayuan migrate'."
            )
        stop.wait(_LOOK_SECONDS)
