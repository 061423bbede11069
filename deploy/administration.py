"""The commands that look after an installation: stores, settings, devices, audit."""

import argparse
import time

from rich.console import Console
from rich.table import Table

from deploy.anchor import kept_heads
from deploy.configuration import Configuration, printed
from deploy.folder import DataFolder
from deploy.house import closed_afterwards, existing_stores, newest_stores, stores_as_they_are
from registry.audit import Broken, verify
from registry.clock import SystemClock
from registry.devices.reading import load_register
from registry.devices.service import set_source as service_set_source
from registry.ids import DeviceAddress
from registry.problems import Refusal
from registry.store import Store
from registry.store.migrating import Step, lacking, migrate
from registry.video.address import shown_source

_BY = "command line"
_WIDE = 400
"""Columns; more than any setting takes."""
_BROKEN = 1
_SOMETHING_TO_DO = 1


def migrate_stores(options: argparse.Namespace, configuration: Configuration) -> int:
    """Exit code 1 with --check, when there is something to do."""
    if options.check:
        return _what_lacks(configuration)
    with closed_afterwards(newest_stores(configuration.settings, _tell_and_migrate)):
        return 0


def _tell_and_migrate(store: Store) -> None:
    """Say each step when it begins, for one on a full store takes its time."""
    began = time.monotonic()
    made = 0

    def told(step: Step) -> None:
        nonlocal made
        made += 1
        print(f"{store.room.name}: {step.revision} {step.words} …", flush=True)  # noqa: T201 - the command's own voice

    revision = migrate(store, told)
    took = f"{made} steps, {time.monotonic() - began:.1f} s" if made else "nothing to do"
    print(f"{store.room.name}: newest schema {revision}, {took}")  # noqa: T201


def _what_lacks(configuration: Configuration) -> int:
    with closed_afterwards(stores_as_they_are(configuration.settings)) as stores:
        steps = {name: lacking(store) for name, store in stores.items()}
    for name, lacks in steps.items():
        for step in lacks:
            print(f"{name}: lacks {step.revision} {step.words}")  # noqa: T201
        if not lacks:
            print(f"{name}: newest schema, nothing to do")  # noqa: T201
    return _SOMETHING_TO_DO if any(steps.values()) else 0


def print_settings(_options: argparse.Namespace, configuration: Configuration) -> int:
    table = Table("setting", "value", "from", "meaning", box=None)
    for row in printed(configuration):
        table.add_row(*row)
    _whole(table)
    return 0


def _whole(table: Table) -> None:
    """Print a table with nothing cut off: a terminal folds what is long, in a file or a pipe each row is one line."""
    for column in table.columns:
        column.overflow = "fold"
    console = Console()
    (console if console.is_terminal else Console(width=_WIDE)).print(table)


def list_devices(_options: argparse.Namespace, configuration: Configuration) -> int:
    with closed_afterwards(existing_stores(configuration.settings)) as stores, stores["registry"].read() as session:
        register = load_register(session)
    table = Table("device", "name", "", "source", box=None)
    for device in register.devices.values():
        state = "" if device.enabled else "shut out"
        table.add_row(str(device.address), f"{device.name_zh} · {device.name_en}", state, shown_source(device.source))
    _whole(table)
    return 0


def set_source(options: argparse.Namespace, configuration: Configuration) -> int:
    """Give a camera its source; a running `dayuan up` follows within a second."""
    try:
        address = DeviceAddress.parse(options.device)
    except ValueError as error:
        raise Refusal(f"{error}.") from None
    source = None if options.source == "-" else options.source
    now = SystemClock().now()
    with closed_afterwards(existing_stores(configuration.settings)) as stores, stores["registry"].begin(now) as work:
        service_set_source(work.session, address, source, by=_BY, now=work.now)
    print(f"{address} shows {shown_source(source) or 'nothing'} now.")  # noqa: T201
    return 0


def verify_audit(_options: argparse.Namespace, configuration: Configuration) -> int:
    """Exit code 1 when a chain is broken."""
    code = 0
    announced = kept_heads(DataFolder(configuration.settings.data_dir).audit_heads)
    with closed_afterwards(existing_stores(configuration.settings)) as stores:
        for room, store in stores.items():
            with store.read() as session:
                found = verify(session, announced=announced)
            if isinstance(found, Broken):
                print(f"{room}: BROKEN at record {found.position} of site {found.site}: {found.why}")  # noqa: T201
                code = _BROKEN
            else:
                print(f"{room}: {found.rows} records, intact")  # noqa: T201
    return code
