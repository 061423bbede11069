"""`dayuan serve`: one room's processes, or the broker alone, for a house whose services run apart."""

import argparse

import structlog

from deploy.configuration import Configuration
from deploy.forms import FORMS, MONITOR, Form, ServiceName
from deploy.house import is_newest, open_stores, store_urls
from deploy.running import Running, running
from deploy.second_engine import refuse_second_engine
from registry.problems import Refusal
from registry.store import Store
from registry.store.migrating import migrate

log = structlog.get_logger()

WAIT_SECONDS = 60.0
_LOOK_SECONDS = 0.5


def serve(options: argparse.Namespace, configuration: Configuration) -> int:
    """Run until SIGTERM or SIGINT; everything that was started is ended before it returns."""
    form = FORMS[ServiceName(options.serve_command)]
    with running(configuration, form) as run:
        stores = _opened(run, form)
        if MONITOR in form.rooms:
            refuse_second_engine(stores[MONITOR], run.stop)
        home = run.home(stores["registry"])
        run.tend(home, lambda: print(f"Dayuan's {form.name} runs at {home.url}", flush=True))  # noqa: T201
    return 0


def _opened(run: Running, form: Form) -> dict[str, Store]:
    """The stores of this service: its own are brought to the newest schema, the registry's is waited for."""
    urls = store_urls(run.settings)
    stores = open_stores({room: urls[room] for room in form.stores}, run.folder.key("audit"))
    for room, store in stores.items():
        run.ends.callback(store.close)
        if room in form.rooms:
            migrate(store)
        else:
            _wait_for(store, run)
    return stores


def _wait_for(store: Store, run: Running) -> None:
    """Wait until the service whose store this is has brought it to the newest schema.

    Raises:
        Refusal: it has not done so within a minute.
    """
    for waited in range(int(WAIT_SECONDS / _LOOK_SECONDS)):
        if is_newest(store) or run.stop.is_set():
            return
        if waited == 0:
            log.info("waiting-for-schema", room=store.room.name, seconds=WAIT_SECONDS)
        run.stop.wait(_LOOK_SECONDS)
    room = store.room.name
    raise Refusal(
        f"The tables of the {room} are not there yet, or of another version: start 'dayuan serve {room}' first, "
        "or run 'dayuan migrate'."
    )
