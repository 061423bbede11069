"""The commands that look after an installation: stores, settings, devices, audit."""

import argparse

from rich.console import Console
from rich.table import Table

from deploy.anchor import kept_heads
from deploy.configuration import Configuration, printed
from deploy.folder import DataFolder
from deploy.house import existing_stores, newest_stores
from registry.audit import Broken, verify
from registry.clock import SystemClock
from registry.devices.reading import load_register
from registry.devices.service import set_source as service_set_source
from registry.ids import DeviceAddress
from registry.problems import Refusal
from registry.video.address import shown_source

_BY = "command line"
_BROKEN = 1


def migrate_stores(_options: argparse.Namespace, configuration: Configuration) -> int:
    for room, store in newest_stores(configuration.settings).items():
        print(f"{room}: newest schema")  # noqa: T201 - the command's own voice
        store.close()
    return 0


def print_settings(_options: argparse.Namespace, configuration: Configuration) -> int:
    table = Table("setting", "value", "from", "meaning", box=None)
    for row in printed(configuration):
        table.add_row(*row)
    Console().print(table)
    return 0


def list_devices(_options: argparse.Namespace, configuration: Configuration) -> int:
    with existing_stores(configuration.settings)["registry"].read() as session:
        register = load_register(session)
    table = Table("device", "name", "", "source", box=None)
    for device in register.devices.values():
        state = "" if device.enabled else "shut out"
        table.add_row(str(device.address), f"{device.name_zh} · {device.name_en}", state, shown_source(device.source))
    Console().print(table)
    return 0


def set_source(options: argparse.Namespace, configuration: Configuration) -> int:
    """Give a camera its source; a running `dayuan up` follows within a second."""
    try:
        address = DeviceAddress.parse(options.device)
    except ValueError as error:
        raise Refusal(f"{error}.") from None
    source = None if options.source == "-" else options.source
    with existing_stores(configuration.settings)["registry"].begin(SystemClock().now()) as work:
        service_set_source(work.session, address, source, by=_BY, now=work.now)
    print(f"{address} shows {shown_source(source) or 'nothing'} now.")  # noqa: T201
    return 0


def verify_audit(_options: argparse.Namespace, configuration: Configuration) -> int:
    """Exit code 1 when a chain is broken."""
    code = 0
    announced = kept_heads(DataFolder(configuration.settings.data_dir).audit_heads)
    for room, store in existing_stores(configuration.settings).items():
        with store.read() as session:
            found = verify(session, announced=announced)
        if isinstance(found, Broken):
            print(f"{room}: BROKEN at record {found.position} of site {found.site}: {found.why}")  # noqa: T201
            code = _BROKEN
        else:
            print(f"{room}: {found.rows} records, intact")  # noqa: T201
    return code
